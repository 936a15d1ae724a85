"""Functions that are caught by the death of their worker, or cause it."""

# mypy: ignore-errors
# (the durable SDK has no annotations, so each of its decorators would be an error)

import asyncio
import datetime
import sys
import threading

import azure.durable_functions as df
import azure.functions as func

from local.waiting import PATIENCE

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
ran: list = []
"""What activities have done."""

release, entered = threading.Event(), threading.Event()


@app.activity_trigger(input_name="value")
def note(value):
    ran.append(value)
    return value


@app.activity_trigger(input_name="value")
async def note_later(value):
    ran.append(value)
    return value


@app.activity_trigger(input_name="value")
def held(value):
    entered.set()
    release.wait(PATIENCE)
    ran.append(value)
    return value


@app.activity_trigger(input_name="value")
def leaves(value):
    sys.exit(value)


@app.activity_trigger(input_name="value")
async def leaves_later(value):
    sys.exit(value)


@app.orchestration_trigger(context_name="context")
def two(context):
    first = yield context.call_activity("note", "one")
    second = yield context.call_activity("note", "two")
    return [first, second]


@app.orchestration_trigger(context_name="context")
def says(context):
    context.set_custom_status({"at": "the note"})
    yield context.call_activity("note", 1)


@app.orchestration_trigger(context_name="context")
def calls(context):
    name, value = context.get_input()
    return (yield context.call_activity(name, value))


@app.orchestration_trigger(context_name="context")
def tries_again(context):
    try:
        return (yield context.call_activity("note", "first"))
    except Exception as error:
        return [str(error), (yield context.call_activity("note", "second"))]


@app.orchestration_trigger(context_name="context")
def waits_then_ends(context):
    yield context.create_timer(context.current_utc_datetime + datetime.timedelta(minutes=5))
    return "ended"


@app.orchestration_trigger(context_name="context")
def only_waits(context):
    return (yield context.wait_for_external_event("go"))


@app.orchestration_trigger(context_name="context")
def blocks(context):
    release.wait(PATIENCE)
    return "unblocked"
    yield


@app.orchestration_trigger(context_name="context")
def parent(context):
    try:
        return (yield context.call_sub_orchestrator(context.get_input(), None, "child"))
    except Exception as error:
        return str(error)


@app.route(route="held")
def held_request(req: func.HttpRequest) -> str:
    entered.set()
    release.wait(PATIENCE)
    return "late"


@app.route(route="held-loop")
async def held_on_the_loop(req: func.HttpRequest) -> str:
    entered.set()
    await asyncio.to_thread(release.wait, 20)
    return "late"


@app.route(route="leaves")
def leaving_request(req: func.HttpRequest) -> str:
    sys.exit(3)


@app.route(route="leaves-loop")
async def leaving_the_loop(req: func.HttpRequest) -> str:
    sys.exit(3)


@app.event_grid_trigger(arg_name="event")
def on_event(event: func.EventGridEvent) -> None:
    ran.append(event.id)
