"""HTTP, Event Grid and timer functions, and a durable client."""

# mypy: ignore-errors
# (the durable SDK has no annotations, so each of its decorators would be an error)

import asyncio
import json
import logging
import threading

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
received: list = []
"""What Event Grid and timer functions were called with."""

entered, gate = threading.Event(), threading.Event()
"""Set by `slow_start` when it begins; set by the test that lets it go on."""


def answer(**values) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(values), mimetype="application/json")


@app.route(route="models/{name}/{version:int?}", methods=["GET"])
def model(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    logging.getLogger("models").info("asked for %s", req.route_params["name"])
    return answer(route=dict(req.route_params), query=dict(req.params), function=context.function_name, url=req.url)


@app.route(route="models/latest", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def latest(req: func.HttpRequest) -> str:
    return "the latest"


@app.route(route="files/{*path}", methods=["PUT"])
async def put_file(req: func.HttpRequest) -> func.HttpResponse:
    headers = {"X-Path": req.route_params["path"], "Set-Cookie": "seen=1"}
    return func.HttpResponse(req.get_body()[::-1], status_code=201, headers=headers)


@app.route(route="broken", auth_level=func.AuthLevel.ADMIN)
def broken(req: func.HttpRequest) -> str:
    raise LookupError("nothing here")


@app.route(route="nothing")
def nothing(req: func.HttpRequest):
    return None


@app.event_grid_trigger(arg_name="event")
def on_event(event: func.EventGridEvent) -> None:
    data = event.get_json()
    if data.get("fail"):
        raise ValueError("this event is refused")
    received.append((event.id, event.event_type, data))


@app.event_grid_trigger(arg_name="event")
@app.durable_client_input(client_name="client")
async def on_cloud_event(event: func.CloudEvent, client: df.DurableOrchestrationClient) -> None:
    await client.start_new("echo", event.id, event.get_json())


@app.timer_trigger(arg_name="timer", schedule="0 0 3 * * *")
def nightly(timer: func.TimerRequest) -> None:
    received.append(timer.past_due)


@app.orchestration_trigger(context_name="context")
def echo(context):
    return context.get_input()


@app.orchestration_trigger(context_name="context")
def shows(context):
    context.set_custom_status(context.get_input())
    return context.get_input()


@app.route(route="client/{action}/{id}", auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
async def client_call(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Every call of the SDK's client, one per action."""
    instance_id = req.route_params["id"]
    try:
        return answer(result=await _client_result(client, req.route_params["action"], instance_id))
    except Exception as error:
        return answer(error=str(error))


async def _client_result(client, action, instance_id):
    if action == "start":
        return await client.start_new("wait_for_go", instance_id, {"a": 1})
    if action == "status":
        status = await client.get_status(instance_id)
        return [status.runtime_status.name, status.output] if status else None
    if action == "list":
        found = await client.get_status_by(instance_id_prefix=instance_id)
        return [status.instance_id for status in found]
    if action == "raise":
        return await client.raise_event(instance_id, "go", {"by": "me"})
    if action == "purge":
        return (await client.purge_instance_history(instance_id)).instances_deleted
    return await getattr(client, action)(instance_id, "because of the test")


@app.route(route="client-base", auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
async def client_base(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> str:
    return client._orchestration_bindings.rpc_base_url


@app.orchestration_trigger(context_name="context")
def wait_for_go(context):
    event = yield context.wait_for_external_event("go")
    return [context.get_input(), event]


@app.route(route="slow-start/{id}", auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
async def slow_start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    entered.set()
    await asyncio.to_thread(gate.wait, 20)
    return answer(result=await client.start_new("echo", req.route_params["id"], "late"))
