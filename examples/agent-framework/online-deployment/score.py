"""Serves the workflow: takes and answers what the chat flow of ../chat-flow does, so that callers need not change."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

create_workflow: Callable[[], Any]


def init() -> None:
    global create_workflow
    # The workflow lies above this script's folder, and is imported like any module.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from workflow import create_workflow


def run(raw: str) -> dict[str, str]:
    asked = {"chat_history": [], **json.loads(raw)}
    if not asked.get("question"):
        raise ValueError("the request has no question")
    outputs = asyncio.run(create_workflow().run(asked)).get_outputs()
    if not outputs:
        raise RuntimeError("the workflow has answered nothing")
    # An agent's own answer is an object with a text.
    return {"answer": getattr(outputs[0], "text", outputs[0])}
