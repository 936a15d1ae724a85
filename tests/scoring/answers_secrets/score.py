"""Answers with what must never be stored: a model that tells of its environment or of its callers."""


def init() -> None:
    pass


def run(raw: str) -> dict[str, str]:
    return {"Authorization": "Bearer canary-token-1234567890abcdef", "connection": "AccountKey=" + "c" * 86 + "=="}
