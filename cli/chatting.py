"""A conversation with a chat flow: each question goes with what was asked and answered before."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from cli.outcome import NotAccepted, Unreachable
from cli.service import Invoked, Service
from cli.session import Session
from cli.wording import plain, shortened
from contracts.base import Json

PROMPT = "> "


@dataclass(frozen=True)
class Fields:
    """The names of a chat's three fields, as prompt flow has them unless the flow says otherwise."""

    question: str = "question"
    answer: str = "answer"
    history: str = "chat_history"

    @classmethod
    def of(cls, service: Service, endpoint: str, deployment: str | None) -> Fields:
        """As the deployment's own description has them (prompt flow's server: `x-chat-input` and its like)."""
        try:
            swagger = service.consumption(endpoint, deployment, None).value.swagger
        except Unreachable:
            swagger = None
        told = swagger if isinstance(swagger, dict) else {}
        return cls().with_names(
            *(_text(told.get(name)) for name in ("x-chat-input", "x-chat-output", "x-chat-history"))
        )

    def with_names(self, question: str | None, answer: str | None, history: str | None) -> Fields:
        """These, with other names where there are any."""
        given = {"question": question, "answer": answer, "history": history}
        return replace(self, **{name: text for name, text in given.items() if text})


def chat_with(session: Session, ask: Callable[[dict[str, Any]], Invoked], fields: Fields) -> bool:
    """Ask line by line; whether the last question got no answer. One that got none is not part of the conversation."""
    history: list[Json] = []
    failed = False
    for line in _lines():
        said = ask({fields.question: line, fields.history: history})
        failed = said.failed
        answer = None if failed else _answer(said, fields)
        if answer is None:
            told = shortened(said.content.decode(errors="replace"))
            session.err.print(plain(f"the model failed: {told}"), style="red", soft_wrap=True)
            continue
        history.append({"inputs": {fields.question: line}, "outputs": {fields.answer: answer}})
        sys.stdout.write(f"{plain(answer if isinstance(answer, str) else json.dumps(answer))}\n")
        sys.stdout.flush()
    return failed


def _lines() -> Iterator[str]:
    """What is asked; a person is shown where to write, and ends it with Ctrl-D or Ctrl-C."""
    person = sys.stdin.isatty()
    while True:
        try:
            line = input(PROMPT) if person else sys.stdin.readline()
        except (EOFError, KeyboardInterrupt):
            line = ""
            sys.stdout.write("\n")
            return
        if not line and not person:
            return
        if line.strip():
            yield line.strip()


def _answer(said: Invoked, fields: Fields) -> Json:
    try:
        outputs = json.loads(said.content)
    except ValueError:
        outputs = None
    if not isinstance(outputs, dict) or fields.answer not in outputs:
        there = f"it has {', '.join(outputs)}" if isinstance(outputs, dict) else "it is no JSON object"
        raise NotAccepted(f"the answer has no field {fields.answer!r}: {there}; name another with --output")
    return outputs[fields.answer]


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None
