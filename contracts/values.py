"""Values as the `az ml` files may write them: what azure-ai-ml's own loader reads as a number, a flag or a choice.

The loader takes `"3"` for a whole number, `yes` for true, and names of choices in any case; whatever it takes, a
request may say. What is stored is always the plain value. Source: azure-ai-ml 1.35.2, its marshmallow fields.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, StrictBool, StrictInt
from pydantic_core import CoreSchema, core_schema

# marshmallow's own lists (fields.Boolean), without what YAML has made a boolean already.
_TRUE = frozenset({"t", "T", "true", "True", "TRUE", "on", "On", "ON", "y", "Y", "yes", "Yes", "YES", "1"})
_FALSE = frozenset({"f", "F", "false", "False", "FALSE", "off", "Off", "OFF", "n", "N", "no", "No", "NO", "0"})
# No number of a deployment is longer; text without end would take its time.
_DIGITS = re.compile(r"\s*[+-]?[0-9]{1,18}\s*")


def _whole(value: object) -> object:
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    # 2.0 is 2. The loader cuts 2.5 to 2, which nobody means: it is left for the rule on whole numbers.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _fraction(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return value
    try:
        number = float(value) if len(str(value)) <= 40 else math.nan
    except (ValueError, OverflowError):
        return value
    return number if math.isfinite(number) else value


def _flag(value: object) -> object:
    if isinstance(value, str) and value in _TRUE | _FALSE:
        return value in _TRUE
    return bool(value) if isinstance(value, int | float) and value in (0, 1) else value


def _text(value: object) -> object:
    # As Python writes it, which is what the SDK has always sent: True, 1, 1.5.
    return str(value) if isinstance(value, bool | int | float) else value


def snake_case(value: object) -> object:
    """A choice as the files write it: `SystemAssigned`, `SYSTEM_ASSIGNED` and `system_assigned` are the same."""
    if not isinstance(value, str) or len(value) > 64:
        return value
    worded = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", value)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", worded).lower()


def _once(value: object) -> object:
    names = [name.lower() for name in value if isinstance(name, str)] if isinstance(value, dict) else []
    twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
    if twice is not None:
        raise ValueError(f"{twice} stands here twice: names have no case")
    return value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


@dataclass(frozen=True)
class Reads:
    """Metadata of a type: `read` makes of what files may write what is meant; `told` are the other types they write."""

    read: Callable[[object], object]
    told: tuple[str, ...] = ()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Before anything is judged."""
        return core_schema.no_info_before_validator_function(self.read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The plain type, or the other ones that are read as it; names of choices as a description."""
        plain = dict(handler(schema))
        if self.told:
            return {"anyOf": [plain, {"type": [*self.told]}]}
        names = plain.get("enum") or [plain.get("const")]
        return {"type": "string", "description": f"{', '.join(map(str, names))}; in any case"}


Whole = Annotated[StrictInt, Reads(_whole, ("string", "number"))]
"""A whole number, or its digits as text."""
Percent = Annotated[Whole, Field(ge=0, le=100)]
Fraction = Annotated[float, Field(strict=True), Reads(_fraction, ("string",))]
"""A number, or its digits as text."""
Flag = Annotated[StrictBool, Reads(_flag, ("string", "integer", "number"))]
"""True or false, or one of the words and numbers for them."""
AsText = Annotated[str, Reads(_text, ("number", "boolean"))]
"""Text, where a number, true or false is taken as its text."""
ONCE = BeforeValidator(_once)
"""Of a mapping by names that have no case: none stands there twice, or one of its values would be lost."""
IN_ANY_CASE = Reads(_lower)
"""Of a choice: `Enabled` is `enabled`."""
AS_WORDS = Reads(snake_case)
"""Of a choice: `SystemAssigned` is `system_assigned`."""
