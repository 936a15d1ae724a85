"""Beside the scoring script, so that a script's own modules are importable."""


def weighted_sum(weights: list[float], row: list[float]) -> float:
    return sum(weight * value for weight, value in zip(weights, row, strict=True))
