"""How Slipway recognises its own work: tags and names made from what a thing says."""

from __future__ import annotations

import uuid
from typing import Any

# Everything a run makes carries its instance ID in this tag, so that the same run recognises it when it looks again, so
# that undo removes nothing else, and so that registering a model does not start another deployment.
MARK_TAG = "slipway-instance"

# What the command line made an asset from: a digest of the files.
CONTENT_TAG = "slipway-content-sha256"

# What a deployment was made from: a deployment with the same digest is the same deployment.
DIGEST_TAG = "slipway-digest"

# Of a setting that one run has made and another one has changed: which one, and what it said before, in parts as long
# as a tag may be.
CHANGED_BY_TAG = "slipway-changed-by"
BEFORE_TAG = "slipway-before-"


def mark_in(document: dict[str, Any]) -> str:
    """The mark that a resource carries in its ARM document, "" for none."""
    return str((document.get("tags") or {}).get(MARK_TAG) or "")


def assignment_id(scope: str, principal_id: str, guid: str) -> str:
    """ARM id of a role assignment, named after what it says (as Bicep's guid()): granting again is the same one."""
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{scope.lower()}|{principal_id.lower()}|{guid.lower()}")
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
