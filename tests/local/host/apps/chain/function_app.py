"""A chain of three activities, started over HTTP."""

# mypy: ignore-errors
# (the durable SDK has no annotations, so each of its decorators would be an error)

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="chains/{name}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    instance_id = await client.start_new("chain", req.route_params["name"], req.get_json())
    return client.create_check_status_response(req, instance_id)


@app.orchestration_trigger(context_name="context")
def chain(context: df.DurableOrchestrationContext):
    text = context.get_input()["text"]
    for letter in "abc":
        text = yield context.call_activity("append", {"text": text, "letter": letter})
    return text


@app.activity_trigger(input_name="request")
def append(request: dict) -> str:
    return request["text"] + request["letter"]
