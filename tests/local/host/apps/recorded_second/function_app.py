"""What the recordings in `recorded/second.json` were made with, in its essentials: values, groups, entities, waits."""

# mypy: ignore-errors
# (the durable SDK has no annotations, so each of its decorators would be an error)

import threading
from datetime import timedelta

import azure.durable_functions as df

from local.waiting import PATIENCE

app = df.DFApp()
SECOND = timedelta(seconds=1)
release = threading.Event()
ODD_ERROR = {"code": 7, "text": 'quote " and \\ and \n newline ü'}


def orchestration(function):
    return app.orchestration_trigger(context_name="context")(function)


def reason(error):
    """The error's text without the serialized exception."""
    return str(error).partition(" \n ")[0]


@app.activity_trigger(input_name="payload")
def seen(payload):
    return [type(payload).__name__, payload]


@app.activity_trigger(input_name="payload")
def same(payload):
    return payload


@app.activity_trigger(input_name="payload")
def slow(payload):
    release.wait(PATIENCE)
    return payload


@app.activity_trigger(input_name="payload")
def fail(payload):
    raise ValueError(f"bad {payload}")


@app.activity_trigger(input_name="payload")
def unprintable(payload):
    raise ValueError(ODD_ERROR)


@app.entity_trigger(context_name="context")
def counter(context):
    value = context.get_state(lambda: 0)
    operation = context.operation_name
    if operation == "add":
        value += context.get_input()
    elif operation == "explode":
        raise RuntimeError("entity exploded")
    elif operation == "gone":
        context.destruct_on_exit()
        return
    context.set_result(value)
    context.set_state(value)


@orchestration
def echo_input(context):
    value = context.get_input()
    return [type(value).__name__, value]
    yield


@orchestration
def raw_input(context):
    return [type(context._input).__name__, str(context._input)]
    yield


@orchestration
def activity_kinds(context):
    answers = []
    texts = ["text", "", "1", "null", "true", '{"a": 1}']
    for value in [*texts, 1, 2.5, True, None, [1, "b"], {"a": {"b": None}}, 'ü\n"quote"', 2**60]:
        answers.append((yield context.call_activity("seen", value)))
    return answers


@orchestration
def result_kinds(context):
    answers = []
    dates = ["2026-11-26T00:00:00Z", "2026-11-26T00:00:00.1230000+02:00"]
    for value in ["text", "", "1", "null", 1, 2.5, 1e20, True, None, [], {}, *dates, 2**60]:
        answers.append((yield context.call_activity("same", value)))
    return answers


@orchestration
def clock(context):
    moments = [context.current_utc_datetime.isoformat()]
    yield context.call_activity("slow", 1)
    moments.append(context.current_utc_datetime.isoformat())
    replaying = context.is_replaying
    yield context.create_timer(context.current_utc_datetime + SECOND)
    return [*moments, context.current_utc_datetime.isoformat(), replaying, context.is_replaying]


@orchestration
def left_open(context):
    context.call_activity("same", "not awaited")
    context.create_timer(context.current_utc_datetime + timedelta(seconds=8))
    return "ended"
    yield


@orchestration
def raises_with_open(context):
    context.call_activity("slow", 3)
    yield context.call_activity("same", 1)
    raise RuntimeError("with an open task")


@orchestration
def queued(context):
    state = context.get_input() or {"seen": []}
    state["seen"].append((yield context.wait_for_external_event("go")))
    if len(state["seen"]) == 3:
        return state
    context.continue_as_new(state)


@orchestration
def named_twice(context):
    return (yield context.task_all([context.wait_for_external_event("go") for _ in range(2)]))


@orchestration
def unprintable_error(context):
    yield context.call_activity("unprintable", 1)


@orchestration
def own_error(context):
    raise ValueError(ODD_ERROR)
    yield


@orchestration
def wide(context):
    return sum((yield context.task_all([context.call_activity("same", number) for number in range(60)])))


@orchestration
def timer_while_suspended(context):
    yield context.create_timer(context.current_utc_datetime + timedelta(minutes=1))
    return "fired"


@orchestration
def slow_then(context):
    yield context.call_activity("slow", 4)
    return "went on"


@orchestration
def children(context):
    calls = [context.call_sub_orchestrator("echo_input", {"n": number}) for number in range(3)]
    return (yield context.task_all(calls))


@orchestration
def same_child(context):
    first = yield context.call_sub_orchestrator("echo_input", {"n": 1}, "fixed-child")
    return [first, (yield context.call_sub_orchestrator("echo_input", {"n": 2}, "fixed-child"))]


@orchestration
def status_none(context):
    context.set_custom_status({"a": 1})
    yield context.call_activity("same", 1)
    context.set_custom_status(None)
    yield context.call_activity("same", 2)


@orchestration
def ids(context):
    return [context.instance_id, context.parent_instance_id, str(context.new_uuid()), str(context.new_uuid())]
    yield


@orchestration
def uses_entity(context):
    entity = df.EntityId("counter", context.get_input()["key"])
    context.signal_entity(entity, "add", 5)
    first = yield context.call_entity(entity, "add", 2)
    return [first, (yield context.call_entity(entity, "get"))]


@orchestration
def entity_fails(context):
    entity = df.EntityId("counter", context.get_input()["key"])
    try:
        yield context.call_entity(entity, "explode")
    except Exception as error:
        return [str(error), (yield context.call_entity(entity, "get"))]


@orchestration
def all_with_failure(context):
    calls = [("slow", 2), ("fail", "early"), ("same", 3)]
    try:
        yield context.task_all([context.call_activity(*call) for call in calls])
    except Exception as error:
        return reason(error)


@orchestration
def any_with_failure(context):
    winner = yield context.task_any([context.call_activity("slow", 3), context.call_activity("fail", "early")])
    return "error " + reason(winner.result)


@orchestration
def retried_wide(context):
    calls = [context.call_activity_with_retry("fail", df.RetryOptions(1000, 2), number) for number in range(2)]
    try:
        return (yield context.task_all([*calls, context.call_activity("same", 9)]))
    except Exception as error:
        return reason(error)


@orchestration
def retried_one_attempt(context):
    try:
        yield context.call_activity_with_retry("fail", df.RetryOptions(1000, 1), "once")
    except Exception as error:
        return reason(error)
