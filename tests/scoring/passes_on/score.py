"""Answers with what it was sent, as it was sent; a chat with what was said before; `fail` makes it fail."""

import json

from azureml_inference_server_http.api.aml_request import rawhttp
from azureml_inference_server_http.api.aml_response import AMLResponse


def init() -> None:
    print("AccountKey=" + "c" * 86 + "==")


@rawhttp
def run(request):
    content = request.get_data()
    if content == b"fail":
        raise ValueError("the model cannot take this input")
    if b"chat_history" in content:
        asked = json.loads(content)
        before = [one["outputs"]["reply"] for one in asked["chat_history"]]
        return {"reply": f"{asked['question']} after {before}"}
    return AMLResponse(content, 200, {"Content-Type": request.headers["Content-Type"]})
