"""Errors in words that the Functions host takes for credentials."""

# mypy: ignore-errors
# (the durable SDK has no annotations, so each of its decorators would be an error)

import azure.durable_functions as df

app = df.DFApp()


@app.activity_trigger(input_name="text")
def raises(text):
    raise ValueError(text)


@app.activity_trigger(input_name="text")
def key_in_source(text):
    return max([text], key=harmless)


def harmless(text):
    raise ValueError(text)


@app.activity_trigger(input_name="value")
def same(value):
    return value


@app.orchestration_trigger(context_name="context")
def lets_through(context):
    name, text = context.get_input()
    yield context.call_activity(name, text)


@app.orchestration_trigger(context_name="context")
def catches(context):
    name, text = context.get_input()
    try:
        yield context.call_activity(name, text)
    except Exception as error:
        return str(error)


@app.orchestration_trigger(context_name="context")
def raises_itself(context):
    yield context.call_activity("same", 1)
    raise ValueError(context.get_input())


@app.orchestration_trigger(context_name="context")
def says(context):
    context.set_custom_status(context.get_input())
    return (yield context.call_activity("same", context.get_input()))


@app.orchestration_trigger(context_name="context")
def no_generator(context):
    raise ValueError(context.get_input())
