"""Finds what is bright in a grey picture: bytes in and bytes out, by the inference server's raw HTTP."""

import json
import os

from azureml_inference_server_http.api.aml_request import rawhttp
from azureml_inference_server_http.api.aml_response import AMLResponse

KIND = "image/x-portable-graymap"


def init():
    """Read from which grey on a point is bright."""
    global threshold
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model", "threshold.json")) as file:
        threshold = json.load(file)["threshold"]


@rawhttp
def run(request):
    """A mask of the picture that was sent: white where it is bright."""
    head = request.get_data().split(b"\n", 3)
    if request.method != "POST" or len(head) < 4 or head[0] != b"P5":
        return AMLResponse(f"send a picture ({KIND}) in binary form\n", 400)
    *lines, pixels = head
    mask = bytes(255 if pixel >= threshold else 0 for pixel in pixels)
    return AMLResponse(b"\n".join([*lines, mask]), 200, {"Content-Type": KIND})
