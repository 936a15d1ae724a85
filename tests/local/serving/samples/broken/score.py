"""Fails in init(), as a script does whose model file is not where it looks."""

from pathlib import Path


def init() -> None:
    Path("no-such-model.pkl").read_bytes()


def run(raw: str) -> str:
    return raw
