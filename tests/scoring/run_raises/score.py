"""A scoring script whose run() raises."""


def init() -> None:
    print("model loaded")


def run(raw: str) -> str:
    raise ValueError("the model cannot take this input")
