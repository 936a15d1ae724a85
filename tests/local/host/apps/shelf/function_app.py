"""An entity whose state tells in which order it was asked, and an orchestration that asks what it is told to."""

# mypy: ignore-errors
# (the durable SDK has no annotations, so each of its decorators would be an error)

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.entity_trigger(context_name="context")
def shelf(context):
    held = list(context.get_state(list) or [])
    match context.operation_name:
        case "put":
            held.append(context.get_input())
            context.set_result(len(held))
        case "take":
            context.set_result(held.pop(0) if held else None)
        case "break":
            raise RuntimeError("it broke")
        case "clear":
            # The SDK would answer with what the request before it in the batch did.
            context.set_result(None)
            context.destruct_on_exit()
            return
    context.set_state(held)


@app.orchestration_trigger(context_name="context")
def asks(context):
    """Takes steps (`call` or `signal`, key, operation, content); then returns the answers, raises, or goes on anew."""
    request = context.get_input()
    answers = request.get("answers", [])
    for how, key, operation, content in request["steps"]:
        entity = df.EntityId("shelf", key)
        if how == "signal":
            context.signal_entity(entity, operation, content)
            continue
        try:
            answers.append((yield context.call_entity(entity, operation, content)))
        except Exception as error:
            answers.append(str(error))
    if request["end"] == "raises":
        raise ValueError("asked to")
    if request["end"] == "goes on":
        context.continue_as_new({"steps": [], "end": "returns", "answers": answers})
        return None
    return answers
