"""A function for each kind of question that a request can put to a host."""

# mypy: ignore-errors
# (the durable SDK has no annotations, so each of its decorators would be an error)

import json
import logging
import threading

import azure.durable_functions as df
import azure.functions as func

from local.waiting import PATIENCE

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
CROWD = 100
together = threading.Barrier(CROWD)
logging.warning("said while the app is loaded")


def told(req: func.HttpRequest, by: str) -> func.HttpResponse:
    """Everything that the host told the function of a request."""
    seen = {
        "by": by,
        "url": req.url,
        "headers": dict(req.headers),
        "query": dict(req.params),
        "route": dict(req.route_params),
        "body": req.get_body().decode("latin-1"),
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json")


@app.route(route="any/{name?}")
def any_method(req: func.HttpRequest) -> func.HttpResponse:
    return told(req, "any_method")


@app.route(route="numbers/{n:int}", methods=["GET"])
def number(req: func.HttpRequest) -> func.HttpResponse:
    return told(req, "number")


@app.route(route="words/fixed", methods=["GET"])
def word_fixed(req: func.HttpRequest) -> func.HttpResponse:
    return told(req, "word_fixed")


@app.route(route="words/{word}", methods=["GET"])
def word(req: func.HttpRequest) -> func.HttpResponse:
    return told(req, "word")


@app.route(route="rest/{*path}", methods=["GET"])
def rest(req: func.HttpRequest) -> func.HttpResponse:
    return told(req, "rest")


@app.route(route="shared", methods=["GET"])
def shared_get(req: func.HttpRequest) -> str:
    return "get"


@app.route(route="shared", methods=["POST"])
def shared_post(req: func.HttpRequest) -> str:
    return "post"


@app.route(route="Shared", methods=["POST", "PUT"])
def shared_twice(req: func.HttpRequest) -> str:
    return "never"


@app.function_name("no name/of a function")
@app.route(route="unnamed")
def unnamed(req: func.HttpRequest) -> str:
    return "never"


@app.route(route="answers", methods=["POST"])
def answers(req: func.HttpRequest) -> func.HttpResponse:
    """Whatever the request's body asks for."""
    asked = req.get_json()
    return func.HttpResponse(asked.get("body"), status_code=asked.get("status", 200), headers=asked.get("headers"))


@app.route(route="says/{what}")
def says(req: func.HttpRequest):
    what = req.route_params["what"]
    if what == "raises":
        raise ValueError("no")
    return {"nothing": None, "text": "plain é", "mapping": {"a": 1}, "number": 5}[what]


@app.route(route="keyed", auth_level=func.AuthLevel.FUNCTION)
def keyed(req: func.HttpRequest) -> str:
    return "keyed"


@app.route(route="guarded", auth_level=func.AuthLevel.ADMIN)
def guarded(req: func.HttpRequest) -> str:
    return "guarded"


@app.route(route="context")
def context_(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    logging.getLogger("of.the.app").warning("said in a function")
    thread = threading.Thread(target=lambda: logging.warning("said in a thread of its own"))
    thread.start()
    thread.join()
    shown = {"folder": context.function_directory, "retry": vars(context.retry_context)}
    return func.HttpResponse(json.dumps(shown))


@app.route(route="together")
def wait_for_the_crowd(req: func.HttpRequest) -> str:
    """Answers once as many calls as the crowd has are being served at the same time."""
    return str(together.wait(PATIENCE) < CROWD)


@app.event_grid_trigger(arg_name="event")
def on_event(event: func.EventGridEvent) -> None:
    if event.subject == "raise":
        raise ValueError("a bad event")


@app.event_grid_trigger(arg_name="event")
def on_text(event: str) -> None:
    json.loads(event)["id"]


@app.event_grid_trigger(arg_name="event")
def on_event_returning(event: func.EventGridEvent):
    return "to nobody"


@app.orchestration_trigger(context_name="context")
def echo(context):
    return context.get_input()


@app.activity_trigger(input_name="payload")
def work(payload):
    return payload
