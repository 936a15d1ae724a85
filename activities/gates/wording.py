"""What is told of a model's answer: little, and without secrets; cut last, so that no half of a secret is left."""

from __future__ import annotations

import json

from contracts.base import Json
from contracts.redaction import redact
from contracts.reserved import is_marked

SHOWN_CHARACTERS = 400
# So much is looked through: a secret that begins in what is shown is cut out whole.
LOOKED_THROUGH = 10 * SHOWN_CHARACTERS


def brief(text: str, most: int = SHOWN_CHARACTERS) -> str:
    """The beginning of `text`, with an ellipsis where it goes on."""
    clean = redact(text[:LOOKED_THROUGH])
    return clean if len(clean) <= most and len(text) <= LOOKED_THROUGH else clean[:most] + "…"


def shown(answer: Json) -> Json:
    """The answer itself; its text, as `brief` tells it, where it is long, holds a secret, or looks like an object.

    An answer of the Durable SDK's own form for objects would be rebuilt as one when the history is read.
    """
    text = json.dumps(answer)
    told = brief(text)
    return answer if told == text and not is_marked(answer) else told
