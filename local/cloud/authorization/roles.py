"""The built-in roles, and what each of them lets its holder do.

`roles.json` is the data: names, GUIDs and actions as the Azure built-in roles reference publishes them; every
entry says where it was read and how sure we are. Custom roles are not offered.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class RoleDefinition:
    """One built-in role. `guid` is its name in ARM, the same in every tenant."""

    guid: str
    name: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    data_actions: tuple[str, ...]
    not_data_actions: tuple[str, ...]

    def permits(self, action: str, *, data: bool = False) -> bool:
        """Whether the role contains `action` (a data action when `data`) after its exclusions."""
        granted, excluded = (self.data_actions, self.not_data_actions) if data else (self.actions, self.not_actions)
        return any(matches(p, action) for p in granted) and not any(matches(p, action) for p in excluded)

    def permissions(self) -> dict[str, list[str]]:
        """The role's permission block, as ARM writes it."""
        return {
            "actions": list(self.actions),
            "notActions": list(self.not_actions),
            "dataActions": list(self.data_actions),
            "notDataActions": list(self.not_data_actions),
        }

    @property
    def provider(self) -> str:
        """The resource provider that enforces most of what the role grants, or `*`."""
        patterns = self.data_actions or self.actions
        return patterns[0].split("/")[0] if patterns else "*"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # `a/*/b` also matches `a/b`: Managed Identity Operator grants userAssignedIdentities/assign/action by
    # userAssignedIdentities/*/assign/action, and AzureML Data Scientist has to exclude workspaces/write by name.
    text = re.escape(pattern).replace(r"/\*/", "/(?:.*/)?").replace(r"\*", ".*")
    return re.compile(text, re.IGNORECASE)


def matches(pattern: str, action: str) -> bool:
    """Whether `pattern`, with `*` for any run of characters, contains `action`; case does not count."""
    return _compiled(pattern).fullmatch(action) is not None


@cache
def built_in_roles() -> tuple[RoleDefinition, ...]:
    """Every role the local Azure knows, in the order of the data file."""
    entries = json.loads(Path(__file__).with_name("roles.json").read_text())
    return tuple(
        RoleDefinition(
            guid=entry["name"],
            name=entry["roleName"],
            actions=tuple(entry["actions"]),
            not_actions=tuple(entry["notActions"]),
            data_actions=tuple(entry["dataActions"]),
            not_data_actions=tuple(entry["notDataActions"]),
        )
        for entry in entries
    )


def role_named(name: str) -> RoleDefinition:
    """The role called `name`; `KeyError`, listing what exists, when there is none."""
    for role in built_in_roles():
        if role.name.lower() == name.lower():
            return role
    known = ", ".join(sorted(role.name for role in built_in_roles()))
    raise KeyError(f"no built-in role is called {name!r}; known here: {known}")


def role_with_id(role_definition_id: str) -> RoleDefinition | None:
    """The role that an ARM role definition id (or a bare GUID) ends in, if it is known here."""
    guid = role_definition_id.rstrip("/").rsplit("/", 1)[-1].lower()
    return next((role for role in built_in_roles() if role.guid == guid), None)
