"""Prints what must never be printed, then fails saying it again: what reaches an error is redacted."""

import os


def init() -> None:
    secrets = [
        "Authorization: Bearer canary-token-1234567890abcdef",
        "AccountKey=" + "c" * 86 + "==",
        "IDENTITY_HEADER=" + os.environ["IDENTITY_HEADER"],
    ]
    print(*secrets, sep="\n")
    # The end of a log is what is kept: an exception's text stands nearest to it.
    raise RuntimeError("; ".join(secrets))


def run(raw: str) -> str:
    return raw
