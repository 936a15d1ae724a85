"""Answer from the evidence, and sign the answer with the help desk's key, which only the connection knows."""

import hmac

from promptflow.connections import CustomConnection
from promptflow.core import tool


@tool
def answer(question: str, evidence: str, chat_history: list, desk: CustomConnection) -> str:
    text = evidence or f"No recipe says that: ask {desk.configs['team']}."
    signature = hmac.new(desk.secrets["key"].encode(), f"{question} {text}".encode(), "sha256").hexdigest()[:8]
    return f"{text} (turn {len(chat_history) + 1}, signed {signature} by {desk.configs['team']})"
