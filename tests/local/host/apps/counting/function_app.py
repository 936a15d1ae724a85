"""Entities, and calls with retries."""

# mypy: ignore-errors
# (the durable SDK has no annotations, so each of its decorators would be an error)

import json
import threading

import azure.durable_functions as df
import azure.functions as func

from local.waiting import PATIENCE

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
attempts: dict = {}
release = threading.Event()


@app.entity_trigger(context_name="context")
def counter(context):
    value = context.get_state(lambda: 0)
    operation = context.operation_name
    if operation == "add":
        value += context.get_input()
    elif operation == "explode":
        raise RuntimeError("entity exploded")
    elif operation == "hold":
        release.wait(PATIENCE)
    elif operation == "gone":
        context.destruct_on_exit()
        return
    context.set_result(value)
    context.set_state(value)


@app.activity_trigger(input_name="name")
def fails_at_first(name):
    """Succeeds with its number of attempts once there have been as many as the name's digit says."""
    attempts[name] = attempts.get(name, 0) + 1
    if attempts[name] < int(name[-1]):
        raise ValueError(f"attempt {attempts[name]}")
    return attempts[name]


@app.activity_trigger(input_name="value")
def same(value):
    return value


@app.orchestration_trigger(context_name="context")
def uses(context):
    entity = df.EntityId("Counter", context.get_input())
    context.signal_entity(entity, "add", 5)
    first = yield context.call_entity(entity, "add", 2)
    second = yield context.call_entity(entity, "get")
    return [first, second]


@app.orchestration_trigger(context_name="context")
def adds(context):
    return (yield context.call_entity(df.EntityId("counter", "shared"), "add", 1))


@app.orchestration_trigger(context_name="context")
def fails(context):
    entity = df.EntityId("counter", "fragile")
    yield context.call_entity(entity, "add", 3)
    try:
        yield context.call_entity(entity, "explode")
    except Exception as error:
        return [str(error), (yield context.call_entity(entity, "get"))]


@app.orchestration_trigger(context_name="context")
def unknown(context):
    yield context.call_entity(df.EntityId("nobody", "one"), "add", 1)


@app.orchestration_trigger(context_name="context")
def signals_last(context):
    """Signals in its last turn, which ends as the input says."""
    how = context.get_input()
    context.signal_entity(df.EntityId("counter", "last"), "add", 1)
    if how == "raises":
        raise ValueError("after a signal")
    if how == "goes on":
        context.continue_as_new("ends")
    return None
    yield


@app.orchestration_trigger(context_name="context")
def both_at_once(context):
    entities = [df.EntityId("counter", key) for key in "ab"]
    return (yield context.task_all([context.call_entity(entity, "add", 1) for entity in entities]))


@app.orchestration_trigger(context_name="context")
def retries(context):
    """Calls with so many attempts each, all at once, and one call without; then one more."""
    request = context.get_input()
    options = df.RetryOptions(60_000, request["attempts"])
    calls = [context.call_activity_with_retry("fails_at_first", options, name) for name in request["names"]]
    try:
        ended = yield context.task_all([*calls, context.call_activity("same", "plain")])
    except Exception as error:
        ended = str(error).partition(" \n ")[0]
    return [ended, (yield context.call_activity("same", "after"))]


@app.orchestration_trigger(context_name="context")
def child(context):
    return (yield context.call_activity("fails_at_first", context.get_input()))


@app.orchestration_trigger(context_name="context")
def retries_child(context):
    options = df.RetryOptions(60_000, 3)
    return (yield context.call_sub_orchestrator_with_retry("child", options, context.get_input()))


@app.route(route="entities/{key}/{operation}")
@app.durable_client_input(client_name="client")
async def client_call(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    entity = df.EntityId("counter", req.route_params["key"])
    operation = req.route_params["operation"]
    if operation == "read":
        found = await client.read_entity_state(entity)
        return func.HttpResponse(json.dumps([found.entity_exists, found.entity_state]))
    await client.signal_entity(entity, operation, 10)
    return func.HttpResponse("null")
