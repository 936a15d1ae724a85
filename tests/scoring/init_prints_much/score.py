"""Prints 3 MiB before its init() raises, with a secret near the end."""


def init() -> None:
    for number in range(3000):
        print(f"epoch {number:04d} " + "loss " * 203)
    print("AccountKey=" + "c" * 86 + "==")
    raise ValueError("weights do not fit the features")


def run(raw: str) -> str:
    return raw
