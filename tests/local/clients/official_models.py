"""The fields of the models of Azure's clients, of the older generation and of the newer one, and of Bicep's types."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

Models: TypeAlias = tuple[Any, ...]
# Of several kinds of a thing, those with fields in the schemas; the others are refused by their kind's name.
EMULATED = {
    "Compute": {"ComputeInstance"},
    "EventSubscriptionDestination": {"WebHookEventSubscriptionDestination"},
    "MetricAlertCriteria": {"MetricAlertSingleResourceMultipleMetricCriteria"},
}


class Field(NamedTuple):
    """Whether only the service writes a field, and the models of what is in it."""

    read_only: bool
    holds: Models


def fields_of(models: Models) -> dict[str, Field]:
    """The fields of models and of all their kinds that are emulated, by their names on the wire."""
    found: dict[str, Field] = {}
    for model in models:
        for one in _kinds(model):
            for name, field in _fields(one).items():
                known = found.get(name, Field(field.read_only, ()))
                others = [one for one in field.holds if one not in known.holds]
                found[name] = Field(known.read_only and field.read_only, (*known.holds, *others))
    return found


def _kinds(model: Any) -> Iterator[Any]:
    """A model, and what is derived from it."""
    yield model
    if not isinstance(model, type):
        return
    if hasattr(model, "_attribute_map"):
        module = _module(model)
        derived = [getattr(module, name) for kinds in _own_map(model) for name in kinds.values()]
    else:
        derived = [one for one in vars(model).get("__mapping__", {}).values() if one is not model]
    kept = EMULATED.get(model.__name__)
    for one in derived:
        if kept is None or one.__name__ in kept:
            yield from _kinds(one)


def _own_map(model: Any) -> Iterable[dict[str, str]]:
    kinds: dict[str, dict[str, str]] = vars(model).get("_subtype_map", {})
    return kinds.values()


def _fields(model: Any) -> dict[str, Field]:
    if hasattr(model, "_attribute_map"):
        return _of_older(model)
    if isinstance(model, type):
        return _of_newer(model)
    return _of_bicep(model)


def _of_older(model: Any) -> dict[str, Field]:
    """Its keys are paths: what lies deeper has models of Bicep's form."""
    tree: dict[str, Any] = {}
    for attribute, spec in model._attribute_map.items():
        *above, name = (part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", spec["key"]))
        inside = tree
        for step in above:
            inside = inside.setdefault(step, _Tree())
        if name:
            held = getattr(_module(model), re.sub(r"[\[\]{}]", "", spec["type"]), None)
            read_only = bool(model._validation.get(attribute, {}).get("readonly"))
            inside[name] = Field(read_only, (held,) if hasattr(held, "_attribute_map") else ())
    return _as_fields(tree)


class _Tree(dict[str, Any]):
    """What lies at a place of an older model: its fields by name."""


def _as_fields(tree: dict[str, Any]) -> dict[str, Field]:
    return {name: one if isinstance(one, Field) else Field(False, (one,)) for name, one in tree.items()}


def _of_newer(model: Any) -> dict[str, Field]:
    model.__new__(model)  # its fields are found out when the first one is made
    found = {}
    for one in model._attr_to_rest_field.values():
        held = _model_in(one._type)
        found[one._rest_name] = Field(one._visibility == ["read"], (held,) if held else ())
    return found


def _model_in(described: Any) -> Any:
    """The model that a field's value is read as, within lists, mappings and what may be left out."""
    if isinstance(described, type):
        return described if hasattr(described, "as_dict") else None
    if isinstance(described, list | tuple):
        return next((found for one in described if (found := _model_in(one))), None)
    return _model_in(described.args) if isinstance(described, functools.partial) else None


def _of_bicep(document: dict[str, Any]) -> dict[str, Field]:
    if isinstance(document, _Tree):
        return _as_fields(document)
    fields = document["properties"]
    # Of a resource: Bicep's own, of which one is in the path.
    own = {"apiVersion", "name"} if "apiVersion" in fields else set()
    return {
        name: Field(bool(one.get("readOnly")), (one,) if one.get("properties") else ())
        for name, one in fields.items()
        if name not in own
    }


def _module(model: Any) -> Any:
    return sys.modules[model.__module__.rpartition("._")[0]]
