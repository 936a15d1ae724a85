"""What the Durable extension's own end-to-end app for Python does, in a blueprint as there."""

# mypy: ignore-errors
# (the durable SDK has no annotations, so each of its decorators would be an error)

import datetime
import json
import threading
import typing

import azure.durable_functions as df
import azure.functions as func

from local.waiting import PATIENCE

cases = df.Blueprint()
failed: set = set()
release = threading.Event()


class Parcel:
    """A class of the app's own, as the SDK wants one."""

    def __init__(self, name, weight):
        self.name, self.weight = name, weight

    def to_json(self):
        return json.dumps([self.name, self.weight])

    @staticmethod
    def from_json(text):
        return Parcel(*json.loads(text))


def fail_at_first(key):
    """Whoever asks for the second time succeeds."""
    if key not in failed:
        failed.add(key)
        raise ValueError("it failed\r\nmore of that") from OverflowError("why")
    return "succeeded"


@cases.activity_trigger(input_name="city")
def hello(city: str) -> str:
    return f"Hello {city}!"


@cases.activity_trigger(input_name="key")
def fails(key: str) -> str:
    return fail_at_first(key)


@cases.activity_trigger(input_name="given")
def kind_of(given):
    return f"{type(given).__name__} {given}"


@cases.activity_trigger(input_name="parcel")
def weigh(parcel: Parcel) -> int:
    return parcel.weight


@cases.activity_trigger(input_name="parcels")
def weigh_all(parcels: typing.List[Parcel]) -> int:  # noqa: UP006 - the worker takes no other for a type
    return sum(parcel.weight for parcel in parcels)


@cases.activity_trigger(input_name="ignored")
def long(ignored) -> str:
    release.wait(PATIENCE)
    return "the activity came first"


@cases.activity_trigger(input_name="given")
def switched_off(given):
    return given


@cases.entity_trigger(context_name="context")
def counter(context):
    context.set_result(fail_at_first(context.get_input()))


@cases.entity_trigger(context_name="context")
def keeper(context):
    if context.operation_name == "set":
        state = context.get_state(lambda: {"number": None})
        context.set_state({**state, "number": context.get_input()})
    else:
        context.set_result(context.get_state()["number"])


@cases.entity_trigger(context_name="context")
def switched_off_entity(context):
    context.set_result(None)


@cases.orchestration_trigger(context_name="context", orchestration="HelloCities")
def hello_cities(context):
    at = context.get_input()
    if at:
        yield context.create_timer(datetime.datetime.fromisoformat(at))
    greetings = []
    for city in ("Tokyo", "Seattle", "London"):
        greetings.append((yield context.call_activity("hello", city)))
    return greetings


@cases.orchestration_trigger(context_name="context")
def rethrows(context):
    yield context.call_activity("fails", context.instance_id)


@cases.orchestration_trigger(context_name="context")
def catches(context):
    try:
        yield context.call_activity("fails", context.instance_id)
    except Exception as error:
        return f"Caught: {error}"


@cases.orchestration_trigger(context_name="context")
def retries(context):
    options = df.RetryOptions(first_retry_interval_in_milliseconds=5000, max_number_of_attempts=3)
    return (yield context.call_activity_with_retry("fails", options, context.instance_id))


@cases.orchestration_trigger(context_name="context")
def entity_rethrows(context):
    yield context.call_entity(df.EntityId("counter", "mine"), "get", context.instance_id)


@cases.orchestration_trigger(context_name="context")
def entity_retries(context):
    entity = df.EntityId("counter", "mine")
    try:
        yield context.call_entity(entity, "get", context.instance_id)
    except Exception as error:
        return [str(error), (yield context.call_entity(entity, "get", context.instance_id))]


@cases.orchestration_trigger(context_name="context")
def keeps(context):
    entity = df.EntityId("keeper", "single")
    yield context.call_entity(entity, "set", 42)
    return (yield context.call_entity(entity, "get"))


@cases.orchestration_trigger(context_name="context")
def inputs(context):
    told = []
    for given in ([1, 2], [], 42, "text", {"a": None}, True):
        told.append((yield context.call_activity("kind_of", given)))
    told.append((yield context.call_activity("weigh", Parcel("one", 3))))
    told.append((yield context.call_activity("weigh_all", [Parcel("one", 3), Parcel("two", 4)])))
    return told


@cases.orchestration_trigger(context_name="context")
def looks_whether_it_replays(context):
    seen = [context.is_replaying]
    for number in range(3):
        yield context.call_activity("kind_of", number)
        seen.append(context.is_replaying)
    yield context.task_all([context.call_activity("kind_of", number) for number in range(3)])
    return [*seen, context.is_replaying]


@cases.orchestration_trigger(context_name="context")
def waits_for_nothing(context):
    context.wait_for_external_event("never awaited")
    return "finished"
    yield


@cases.orchestration_trigger(context_name="context")
def large(context):
    yield context.call_activity("hello", "Tokyo")
    return "A" * 1024 * context.get_input()


@cases.orchestration_trigger(context_name="context")
def races(context):
    work = context.call_activity("long", None)
    deadline = context.create_timer(context.current_utc_datetime + datetime.timedelta(minutes=context.get_input()))
    if (yield context.task_any([work, deadline])) == work:
        deadline.cancel()
        return work.result
    return "the deadline came first"


@cases.orchestration_trigger(context_name="context")
def runs_long(context):
    yield context.wait_for_external_event("end")


@cases.orchestration_trigger(context_name="context")
def calls_what_is_switched_off(context):
    if context.get_input() == "entity":
        return (yield context.call_entity(df.EntityId("switched_off_entity", "x"), "any"))
    return (yield context.call_activity("switched_off", "x"))


@cases.route(route="client/{action}/{id}")
@cases.durable_client_input(client_name="client")
async def client_call(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """What the SDK's client makes of what the host answers."""
    action, instance_id = req.route_params["action"], req.route_params["id"]
    try:
        if action == "raise":
            await client.raise_event(instance_id, "any", True)
        elif action == "purge":
            states = [df.OrchestrationRuntimeStatus.Completed, df.OrchestrationRuntimeStatus.Terminated]
            since, until = (datetime.datetime(year, 1, 1, tzinfo=datetime.UTC) for year in (2000, 2100))
            purged = await client.purge_instance_history_by(since, until, states)
            return func.HttpResponse(str(purged.instances_deleted))
        elif action == "running":
            found = await client.get_status_by(runtime_status=[df.OrchestrationRuntimeStatus.Running])
            return func.HttpResponse(" ".join(status.instance_id for status in found))
        elif action == "all":
            return func.HttpResponse(str(len(await client.get_status_all())))
        else:
            await getattr(client, action)(instance_id, "for the test")
    except Exception as error:
        return func.HttpResponse(str(error), status_code=400)
    return func.HttpResponse("")


app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
app.register_blueprint(cases)
