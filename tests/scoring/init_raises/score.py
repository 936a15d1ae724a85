"""A scoring script whose init() raises."""


def init() -> None:
    raise FileNotFoundError("weights-that-do-not-exist.bin")


def run(raw: str) -> str:
    return raw
