"""What the recordings in `recorded/first.json` were made with, in its essentials: one orchestration per behaviour."""

# mypy: ignore-errors
# (the durable SDK has no annotations, so each of its decorators would be an error)

from datetime import timedelta

import azure.durable_functions as df

app = df.DFApp()
SECOND = timedelta(seconds=1)


def orchestration(function):
    return app.orchestration_trigger(context_name="context")(function)


@app.activity_trigger(input_name="payload")
def echo(payload):
    return payload


@app.activity_trigger(input_name="payload")
def fail(payload):
    raise ValueError(f"bad {payload}")


@app.activity_trigger(input_name="payload")
def big(payload):
    return "x" * int(payload)


@app.entity_trigger(context_name="context")
def counter(context):
    value = context.get_state(lambda: 0)
    if context.operation_name == "add":
        value += context.get_input()
        context.set_result(value)
    elif context.operation_name == "gone":
        context.destruct_on_exit()
        return
    context.set_state(value)


@orchestration
def chain(context):
    first = yield context.call_activity("echo", "a")
    return [first, (yield context.call_activity("echo", {"b": [1, 2.5, None, "ü"]}))]


@orchestration
def fan_out(context):
    return (yield context.task_all([context.call_activity("echo", number) for number in range(5)]))


@orchestration
def failing(context):
    yield context.call_activity("fail", "input")


@orchestration
def caught(context):
    try:
        yield context.call_activity("fail", "input")
    except Exception as error:
        return str(error)


@orchestration
def raising(context):
    yield context.call_activity("echo", 1)
    raise KeyError("orchestrator raised")


@orchestration
def short_timer(context):
    yield context.create_timer(context.current_utc_datetime + SECOND)
    return "fired"


@orchestration
def past_timer(context):
    yield context.create_timer(context.current_utc_datetime - SECOND)
    return "fired"


@orchestration
def week_timer(context):
    yield context.create_timer(context.current_utc_datetime + timedelta(days=7))


@orchestration
def canceled_timer(context):
    timer = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    winner = yield context.task_any([timer, context.call_activity("echo", "fast")])
    timer.cancel()
    return winner.result


@orchestration
def waits_event(context):
    return (yield context.wait_for_external_event("go"))


@orchestration
def event_or_timer(context):
    timer = context.create_timer(context.current_utc_datetime + timedelta(minutes=2))
    winner = yield context.task_any([context.wait_for_external_event("go"), timer])
    return "timeout" if winner is timer else winner.result


@orchestration
def two_events(context):
    first = yield context.wait_for_external_event("go")
    return [first, (yield context.wait_for_external_event("go"))]


@orchestration
def parent(context):
    return (yield context.call_sub_orchestrator("chain", None, f"{context.instance_id}:child"))


@orchestration
def parent_of_failing(context):
    try:
        yield context.call_sub_orchestrator("failing", None)
    except Exception as error:
        return str(error)


@orchestration
def parent_waiting(context):
    return (yield context.call_sub_orchestrator("waits_event", None, f"{context.instance_id}:child"))


@orchestration
def generations(context):
    count = context.get_input() or 0
    yield context.call_activity("echo", count)
    if count == 3:
        return count
    context.continue_as_new(count + 1)


@orchestration
def status(context):
    context.set_custom_status({"at": "start"})
    yield context.call_activity("echo", 1)
    context.set_custom_status("zweite ü")
    yield context.create_timer(context.current_utc_datetime + SECOND)
    return "done"


@orchestration
def status_too_big(context):
    context.set_custom_status("x" * 20000)
    yield context.call_activity("echo", 1)


@orchestration
def large(context):
    return (yield context.call_activity("big", 100000))


@orchestration
def retried(context):
    try:
        yield context.call_activity_with_retry("fail", df.RetryOptions(1000, 3), "again")
    except Exception as error:
        return str(error)


@orchestration
def retried_child(context):
    try:
        yield context.call_sub_orchestrator_with_retry("failing", df.RetryOptions(1000, 2), None)
    except Exception as error:
        return str(error)


@orchestration
def version(context):
    yield context.call_activity("echo", context.version)
    return [context.version, (yield context.call_sub_orchestrator("version_child", None))]


@orchestration
def version_child(context):
    yield context.call_activity("echo", 1)
    return context.version


@orchestration
def calls_entity(context):
    return (yield context.call_entity(df.EntityId("counter", context.get_input()), "add", 2))


@orchestration
def entity_fails(context):
    yield context.call_entity(df.EntityId("counter", context.get_input()), "explode")


@orchestration
def unknown_activity(context):
    yield context.call_activity("not_there", 1)


@orchestration
def nothing(context):
    return None
    yield


@orchestration
def nan(context):
    return float("nan") if (yield context.call_activity("echo", 1)) else None
