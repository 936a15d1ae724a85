"""Prints what must never be printed, then fails: what reaches an error is redacted."""

import os


def init() -> None:
    print("Authorization: Bearer canary-token-1234567890abcdef")
    print("AccountKey=" + "c" * 86 + "==")
    print("identity header:", "IDENTITY_HEADER=" + os.environ["IDENTITY_HEADER"])
    raise RuntimeError("see above")


def run(raw: str) -> str:
    return raw
