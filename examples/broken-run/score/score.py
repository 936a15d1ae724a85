"""Comes up, looks healthy, and fails with every request."""


def init() -> None:
    pass


def run(raw: str) -> str:
    raise ValueError("this script fails with every request")
