"""A function of every kind, each of which ends as `how` says: by itself, with its worker, or never."""

# mypy: ignore-errors
# (the durable SDK has no annotations, so each of its decorators would be an error)

import asyncio
import sys
import threading

import azure.durable_functions as df
import azure.functions as func

from local.waiting import PATIENCE

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
how: list = []
"""What the next calls do, one after the other; what nothing is said of ends by itself."""
spinning: list = []
"""Who is in a loop without end."""
gate = threading.Event()


class Untellable(Exception):
    """Has no text."""

    def __str__(self):
        raise ValueError("and neither has this")


def stick(who):
    said = how.pop(0) if how else "ends"
    if said == "exits":
        sys.exit(3)
    if said == "is interrupted":
        raise KeyboardInterrupt
    if said == "is cancelled":
        raise asyncio.CancelledError
    if said == "cannot be told":
        raise Untellable
    if said == "blocks":
        gate.wait(PATIENCE)
    if said == "loops":
        spinning.append(who)
        try:
            while True:
                pass
        finally:
            spinning.remove(who)
    return "ended"


@app.route(route="request")
def request(req: func.HttpRequest) -> str:
    return stick("request")


@app.route(route="request-loop")
async def request_on_the_loop(req: func.HttpRequest) -> str:
    return stick("request-loop")


@app.activity_trigger(input_name="value")
def work(value):
    return stick("work")


@app.activity_trigger(input_name="value")
async def work_on_the_loop(value):
    await asyncio.sleep(0)
    return stick("work-loop")


@app.entity_trigger(context_name="context")
def thing(context):
    context.set_result(stick("thing"))


@app.event_grid_trigger(arg_name="event")
def on_event(event: func.EventGridEvent) -> None:
    stick("event")


@app.timer_trigger(arg_name="timer", schedule="0 0 3 * * *")
def nightly(timer: func.TimerRequest) -> None:
    stick("nightly")


@app.orchestration_trigger(context_name="context")
def turn(context):
    return stick("turn")
    yield


@app.orchestration_trigger(context_name="context")
def calls(context):
    try:
        return (yield context.call_activity(context.get_input(), None))
    except Exception as error:
        return str(error)


@app.orchestration_trigger(context_name="context")
def asks(context):
    try:
        return (yield context.call_entity(df.EntityId("thing", "one"), "any"))
    except Exception as error:
        return str(error)
