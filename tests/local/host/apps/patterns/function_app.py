"""One orchestration per durable pattern; each is as small as the pattern allows."""

# mypy: ignore-errors
# (the durable SDK has no annotations, so each of its decorators would be an error)

import collections
import datetime
import logging
import threading

import azure.durable_functions as df

from local.waiting import PATIENCE

app = df.DFApp()
attempts: collections.Counter = collections.Counter()
release = threading.Event()
"""Set by a test that wants the activity `wait_for_release` to return."""


@app.activity_trigger(input_name="number")
def double(number: int) -> int:
    return 2 * number


@app.activity_trigger(input_name="name")
def fail(name: str) -> None:
    raise ValueError(f"no {name} today")


@app.activity_trigger(input_name="request")
def flaky(request: dict) -> int:
    """Succeed at the attempt `good`, counted per key."""
    attempts[request["key"]] += 1
    if attempts[request["key"]] < request["good"]:
        raise ConnectionError("not yet")
    return attempts[request["key"]]


@app.activity_trigger(input_name="number")
async def double_async(number: int) -> int:
    return 2 * number


@app.activity_trigger(input_name="ignored")
def wait_for_release(ignored: None) -> str:
    release.wait(PATIENCE)
    return "released"


@app.orchestration_trigger(context_name="context")
def fan_out(context):
    numbers = context.get_input()
    calls = [context.call_activity("double_async" if number % 2 else "double", number) for number in numbers]
    return sum((yield context.task_all(calls)))


@app.orchestration_trigger(context_name="context")
def retry_by_timer(context):
    request = context.get_input()
    while True:
        try:
            return (yield context.call_activity("flaky", request))
        except Exception:
            yield context.create_timer(context.current_utc_datetime + datetime.timedelta(minutes=5))


@app.orchestration_trigger(context_name="context")
def parent(context):
    try:
        child = yield context.call_sub_orchestrator(context.get_input()["child"], {"from": "parent"})
    except Exception as error:
        return f"caught: {error}"
    return {"child": child}


@app.orchestration_trigger(context_name="context")
def good_child(context):
    number = yield context.call_activity("double", 21)
    return [number, context.get_input(), context.parent_instance_id]


@app.orchestration_trigger(context_name="context")
def bad_child(context):
    yield context.call_activity("fail", "luck")


@app.orchestration_trigger(context_name="context")
def wait(context):
    """Wait so many minutes, one after the other; the moments at which each wait ended."""
    moments = []
    for minutes in context.get_input():
        yield context.create_timer(context.current_utc_datetime + datetime.timedelta(minutes=minutes))
        moments.append(context.current_utc_datetime.isoformat())
    return moments


@app.orchestration_trigger(context_name="context")
def approval(context):
    context.set_custom_status({"waiting for": "approval"})
    answer = yield context.wait_for_external_event("approval")
    return {"answer": answer}


@app.orchestration_trigger(context_name="context")
def event_after_work(context):
    number = yield context.call_activity("double", 4)
    answer = yield context.wait_for_external_event("late")
    return [number, answer]


@app.orchestration_trigger(context_name="context")
def race(context):
    """A two-minute timer against one of ten; `cancel` says what becomes of the loser."""
    now = context.current_utc_datetime
    short = context.create_timer(now + datetime.timedelta(minutes=2))
    long = context.create_timer(now + datetime.timedelta(minutes=10))
    winner = yield context.task_any([long, short])
    if context.get_input()["cancel"]:
        long.cancel()
    return "short" if winner == short else "long"


@app.orchestration_trigger(context_name="context")
def countdown(context):
    number = context.get_input()["number"]
    if number == 0:
        return "lift-off"
    yield context.call_activity("double", number)
    context.continue_as_new({"number": number - 1})


@app.orchestration_trigger(context_name="context")
def two_steps(context):
    first = yield context.call_activity("wait_for_release", None)
    second = yield context.call_activity("double", 1)
    return [first, second]


@app.orchestration_trigger(context_name="context")
def status_of_size(context):
    context.set_custom_status("x" * context.get_input()["letters"])
    yield context.call_activity("double", 1)
    return "fits"


@app.orchestration_trigger(context_name="context")
def unknown_activity(context):
    yield context.call_activity("nowhere", None)


@app.orchestration_trigger(context_name="context")
def unserializable(context):
    yield context.call_activity("double", 1)
    return {1, 2}


@app.orchestration_trigger(context_name="context")
def raises(context):
    logging.getLogger("runbook").info("about to raise")
    yield context.call_activity("double", 1)
    raise RuntimeError("the reason")


@app.orchestration_trigger(context_name="context")
def version(context):
    yield context.call_activity("double", 1)
    return context.version


@app.orchestration_trigger(context_name="context")
def same_child_twice(context):
    first = context.call_sub_orchestrator("wait", [1], instance_id="only-one")
    second = context.call_sub_orchestrator("wait", [1], instance_id="only-one")
    try:
        yield context.task_all([first, second])
    except Exception as error:
        return str(error)


@app.orchestration_trigger(context_name="context")
def calls_http(context):
    yield context.call_http("GET", "https://example.org")


@app.orchestration_trigger(context_name="context")
def blocks(context):
    """What an orchestrator must never do: hold its thread."""
    release.wait(PATIENCE)
    return "unblocked"
