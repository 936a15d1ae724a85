"""Whether a function's parameters and annotations go with its bindings, judged as the Functions Python worker judges.

In Azure one function that does not takes the whole app down, and nothing says so. The rules were found by trying
variants against Microsoft's own worker library; `tests/local/host/test_signatures.py` has both judge the same ones.
What a type is to a binding, the azure-functions library itself knows.
"""

from __future__ import annotations

import collections.abc
import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from azure.functions import meta

RETURN = "$return"
_NO_TYPES = (None, typing.Union, tuple, typing.ClassVar, collections.abc.Callable)


class WrongSignature(Exception):
    """The function cannot be called; the message says why, and what to write instead."""


def hints_of(code: Callable[..., Any]) -> dict[str, Any]:
    """The annotations, with names resolved. Raises WrongSignature."""
    try:
        return typing.get_type_hints(code)
    except Exception as error:
        raise WrongSignature(
            f"its annotations cannot be read ({error}); names in them must exist when the app is loaded, so import "
            "them outside of TYPE_CHECKING"
        ) from error


def check(code: Callable[..., Any], bindings: Sequence[Any]) -> None:
    """Judge a function by its bindings, as the azure-functions library lists them. Raises WrongSignature."""
    hints = hints_of(code)
    bound = {binding.name: binding for binding in bindings if binding.name != RETURN}
    parameters = set(inspect.signature(code).parameters)
    if "context" in parameters - bound.keys():
        parameters.remove("context")
        _check_context(hints)
    if parameters - bound.keys():
        raise WrongSignature(
            f"no binding gives it {_names(parameters - bound.keys())}; it is called with {_names(bound)} "
            "and, if it asks for it, context"
        )
    if bound.keys() - parameters:
        raise WrongSignature(f"its bindings give it {_names(bound.keys() - parameters)}, which it does not take")
    for name in parameters & hints.keys():
        _check_parameter(bound[name], hints[name])
    if "return" in hints and any(binding.name == RETURN for binding in bindings):
        _check_answer(_answer_type(bindings), hints["return"])


def takes_text(binding_type: str, hint: Any) -> bool:
    """Whether the trigger's payload is handed over as it came, because the parameter is annotated `str` or `bytes`."""
    return hint in (str, bytes) and not has_implicit_output(binding_type)


def has_implicit_output(binding_type: str) -> bool:
    """Whether what a function with this binding returns goes somewhere without a `$return` binding."""
    found = converter(binding_type)
    return bool(found.has_implicit_output()) if hasattr(found, "has_implicit_output") else found is None


def converter(binding_type: str) -> Any:
    """The azure-functions library's converter for a binding of that type; None if it has none."""
    registry: Any = meta.get_binding_registry()  # type: ignore[no-untyped-call] # has none
    return registry.get(binding_type)


def _check_context(hints: Mapping[str, Any]) -> None:
    hint = hints.get("context")
    if "context" in hints and not (isinstance(hint, type) and hint.__name__ == "Context"):
        raise WrongSignature(f"its context is annotated {_shown(hint)}; write azure.functions.Context")


def _check_parameter(binding: Any, hint: Any) -> None:
    where = f"its parameter {binding.name} is annotated {_shown(hint)}"
    if _is_out(hint):
        raise WrongSignature(f"{where}, but its binding brings something in")
    if not (_is_class(hint) or _is_alias(hint)):
        raise WrongSignature(f"{where}, which the worker takes for no type: write a class, or nothing")
    if takes_text(binding.type, hint):
        return
    known = converter(binding.type)
    try:
        fits = issubclass(hint, str | bytes) if known is None else known.check_input_type_annotation(hint)
    except (TypeError, AttributeError):
        fits = False
    if not fits:
        raise WrongSignature(f"{where}, which its {binding.type} does not give")


def _check_answer(binding_type: str, hint: Any) -> None:
    where = f"its result is annotated {_shown(hint)}"
    if not _is_class(hint):
        raise WrongSignature(f"{where}, which the worker takes for no type: write a class, or nothing")
    try:
        fits = converter(binding_type).check_output_type_annotation(hint)
    except (TypeError, AttributeError):
        fits = False
    if not fits:
        raise WrongSignature(f"{where}, which its {binding_type} binding does not take")


def _answer_type(bindings: Sequence[Any]) -> str:
    return next(str(binding.type) for binding in bindings if binding.name == RETURN)


def _is_class(hint: object) -> bool:
    return isinstance(hint, type) and not _is_subscripted(hint)


def _is_subscripted(hint: object) -> bool:
    """`dict[str, int]`, which some versions of Python take for a class."""
    return isinstance(hint, types.GenericAlias)


def _is_alias(hint: Any) -> bool:
    """Whether it is one of `typing`'s generics that the worker lets through: Dict and List, not Union nor Callable."""
    return type(hint).__module__ == "typing" and typing.get_origin(hint) not in _NO_TYPES


def _is_out(hint: Any) -> bool:
    return getattr(typing.get_origin(hint) or hint, "__name__", "") == "Out"


def _names(names: typing.Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"


def _shown(hint: Any) -> str:
    return str(hint.__name__) if _is_class(hint) else str(hint)
