"""What a PUT of a role assignment asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import ArmError
from local.cloud.arm.schema import read_only, record, text, unavailable
from local.cloud.authorization.errors import not_a_guid

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
PRINCIPAL_TYPES = ("User", "Group", "ServicePrincipal", "ForeignGroup", "Device")
# Source: RoleAssignmentCreateParameters of azure-mgmt-authorization 4.0.
BODY = record(
    {
        "properties": record(
            {"roleDefinitionId": text(), "principalId": text()},
            principalType=text(one_of=PRINCIPAL_TYPES),
            description=text(longest=1024),
            condition=text(),
            conditionVersion=text(),
            delegatedManagedIdentityResourceId=unavailable("There is one tenant: leave it out."),
            **dict.fromkeys(("createdBy", "createdOn", "scope", "updatedBy", "updatedOn"), read_only()),
        )
    }
)


@dataclass(frozen=True)
class AssignmentRequest:
    """The body of a PUT, with where it was sent."""

    scope: str
    name: str
    role_definition_id: str
    principal_id: str
    principal_type: str | None
    condition: str | None
    condition_version: str | None
    description: str | None


def read_request(body: Json, scope: str, name: str) -> AssignmentRequest:
    """Read the body of a PUT; `ArmError` 400 when it is not one."""
    properties = as_json(body.get("properties"))
    role, principal = properties.get("roleDefinitionId"), properties.get("principalId")
    if role is None or principal is None:
        raise malformed("properties.roleDefinitionId and properties.principalId are required")
    if not isinstance(role, str) or not isinstance(principal, str):
        raise malformed("roleDefinitionId and principalId must be strings")
    if not is_guid(principal):
        raise not_a_guid(principal)
    return AssignmentRequest(
        scope=scope,
        name=name,
        role_definition_id=role,
        principal_id=principal,
        principal_type=_optional_text(properties, "principalType"),
        condition=_optional_text(properties, "condition"),
        condition_version=_optional_text(properties, "conditionVersion"),
        description=_optional_text(properties, "description"),
    )


def is_guid(value: str) -> bool:
    """Whether it is a GUID as Azure writes and reads them: 32 hexadecimal digits in groups."""
    return _GUID.fullmatch(value) is not None


def malformed(message: str) -> ArmError:
    """400 for a body that cannot be an assignment."""
    return ArmError(400, "InvalidRequestContent", f"The request content was invalid: {message}.")


def _optional_text(properties: Json, name: str) -> str | None:
    text = properties.get(name)
    if text is not None and not isinstance(text, str):
        raise malformed("principalType, condition, conditionVersion and description must be strings")
    return text
