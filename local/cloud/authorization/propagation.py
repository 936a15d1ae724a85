"""How long a role assignment takes to have an effect, and a removed one to lose it.

Sources: the Azure RBAC troubleshooting page says up to 10 minutes; guides to this scenario say it may take more
than 15. Public measurements (Korea Central, April 2026, five runs each): granting took 32-105 s for Blob Storage,
10-13 s for Key Vault, 273-302 s for Service Bus; revoking took up to 10 s, about 45 s and about 312 s. Never
compared with live Azure by this project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Literal, Self

from local.cloud.authorization.roles import RoleDefinition

# Seconds, by the resource provider that enforces the role.
MEASURED_GRANT = {"Microsoft.Storage": (32, 105), "Microsoft.KeyVault": (10, 13), "Microsoft.ServiceBus": (273, 302)}
MEASURED_REVOCATION = {"Microsoft.Storage": (1, 10), "Microsoft.KeyVault": (40, 50), "Microsoft.ServiceBus": (300, 312)}
# Nobody published figures for the other providers: anything up to the documented ten minutes.
UNMEASURED = (30, 600)
# "May take more than 15 minutes": one grant in twenty, so that waiting exactly 15 minutes is seen to be too short.
SLOW_SHARE = 0.05
SLOW = (900, 1200)


@dataclass(frozen=True)
class Propagation:
    """The delays of one local Azure. Made by `fixed`, `never` or `drawn`; `for_role` overrides one role."""

    kind: Literal["fixed", "never", "drawn"]
    delay: timedelta = timedelta()
    seed: int = 7
    roles: Mapping[str, Propagation] = field(default_factory=dict)

    @classmethod
    def fixed(cls, delay: timedelta) -> Self:
        """Every grant and every revocation takes `delay`."""
        return cls("fixed", delay=delay)

    @classmethod
    def never(cls) -> Self:
        """No grant ever takes effect; revocations do at once."""
        return cls("never")

    @classmethod
    def drawn(cls, seed: int = 7) -> Self:
        """Delays like those measured; the same `seed` and assignment always give the same delay."""
        return cls("drawn", seed=seed)

    @classmethod
    def from_json(cls, value: Mapping[str, object]) -> Self:
        """Read `{"kind": "fixed"|"never"|"drawn", "seconds"?, "seed"?, "roles"?: {name: same again}}`.

        `ValueError` says what is wrong.
        """
        kind, seconds, seed = value.get("kind"), value.get("seconds", 0), value.get("seed", 7)
        roles = value.get("roles", {})
        if kind not in ("fixed", "never", "drawn"):
            raise ValueError(f"propagation kind must be fixed, never or drawn, not {kind!r}")
        if not isinstance(seconds, int | float) or not isinstance(seed, int) or not isinstance(roles, Mapping):
            raise ValueError("propagation: seconds must be a number, seed an integer, roles an object")  # noqa: TRY004 - bad JSON is a bad value
        return cls(
            kind,
            delay=timedelta(seconds=seconds),
            seed=seed,
            roles={str(name).lower(): cls.from_json(inner) for name, inner in roles.items()},
        )

    def for_role(self, role_name: str, other: Propagation) -> Self:
        """The same delays, except that assignments of `role_name` follow `other`."""
        return replace(self, roles={**self.roles, role_name.lower(): other})

    def until_effective(self, role: RoleDefinition, assignment: str) -> timedelta | None:
        """How long after its creation the assignment (identified by a stable text) counts; None: never."""
        rule = self.roles.get(role.name.lower(), self)
        if rule.kind == "never":
            return None
        if rule.kind == "fixed":
            return rule.delay
        random = Random(f"{rule.seed}:grant:{assignment}")  # noqa: S311 - a reproducible delay, no secret
        bounds = SLOW if random.random() < SLOW_SHARE else MEASURED_GRANT.get(role.provider, UNMEASURED)
        return timedelta(seconds=random.uniform(*bounds))

    def until_revoked(self, role: RoleDefinition, assignment: str) -> timedelta:
        """How long after its removal the assignment still counts."""
        rule = self.roles.get(role.name.lower(), self)
        if rule.kind == "drawn":
            random = Random(f"{rule.seed}:revoke:{assignment}")  # noqa: S311 - a reproducible delay, no secret
            return timedelta(seconds=random.uniform(*MEASURED_REVOCATION.get(role.provider, UNMEASURED)))
        return rule.delay
