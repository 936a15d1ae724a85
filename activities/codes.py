"""Scoring code: a registered asset is passed on, a folder in a datastore is registered under a name made of it."""

from __future__ import annotations

from typing import Any

from activities import assets
from activities.datastores import container_of, judge_path, not_a_container
from activities.resource import Registered
from activities.scene import Finding, Scene
from azure_api import versions
from azure_api.clients import clients
from azure_api.errors import translated
from azure_api.rights import Right
from contracts.activities import Ensured, EnsureInput
from contracts.assets import CodeConfiguration
from contracts.errors import AssetNotFound, RequestRejected
from contracts.ledger import arm_id, is_of_registry, short_name
from contracts.marks import MARK_TAG
from contracts.names import is_datastore_path, split_datastore_path

WRITE = "Microsoft.MachineLearningServices/workspaces/codes/versions/write"
COLLECTION = "codes"
PATH = "deployment.code_configuration.code"


class Codes(Registered[CodeConfiguration | None]):
    """The folder that the scoring script is in."""

    kind = "code"
    step = "register_code"
    rights = (WRITE,)

    def read(self, part: Any) -> CodeConfiguration | None:
        """Where the code is; None for a model that brings none."""
        return CodeConfiguration.from_wire(part) if part else None

    def plan(self, wanted: CodeConfiguration | None, scene: Scene) -> Finding:
        """Whether it is registered."""
        finding = Finding()
        if wanted is None:
            return finding
        if not in_datastore(wanted.code):
            try:
                scene.resolve(code=assets.named(COLLECTION, wanted.code))
                _confirm(str(scene.resolved.code), finding, uploaded=scene.uploads.code == wanted.code)
            except (AssetNotFound, RequestRejected) as error:
                finding.problem(PATH, error)
            return finding
        made = made_of(wanted.code)
        scene.resolve(code=made)
        if assets.find(made) is not None:
            finding.confirms.append(f"code {short_name(made)}")
        else:
            finding.creates.append(f"code {short_name(made)}")
            finding.needs.append(Right(WRITE, clients().settings.workspace_id))
            judge_path(PATH, wanted.code, finding, inside=wanted.scoring_script, only_blobs=True)
        return finding

    def ensure(self, wanted: CodeConfiguration | None, order: EnsureInput) -> Ensured:
        """Register a folder in a datastore, or find that it is registered."""
        resolved = str(order.resolved.code)
        if wanted is None or not in_datastore(wanted.code):
            return Ensured(entries=[self.entry(resolved, made=False)])
        found = assets.find(resolved)
        if found is None:
            body = {"codeUri": _blob_uri(wanted), "isAnonymous": False, "tags": {MARK_TAG: order.mark}}
            with translated():
                found = clients().put(
                    arm_id(resolved, clients().settings.workspace_id), versions.CODES, {"properties": body}
                )
        return Ensured(entries=[self.entry(resolved, made=assets.mark_of(found) == order.mark)])


def _confirm(reference: str, finding: Finding, *, uploaded: bool) -> None:
    if is_of_registry(reference):
        assets.leave_unchecked(reference, PATH, finding)
    elif uploaded and assets.find(reference) is None:
        finding.creates.append(f"code {short_name(reference)}")
    else:
        assets.require(reference)
        finding.confirms.append(f"code {short_name(reference)}")


def in_datastore(code: str | None) -> bool:
    """Whether code is a folder that is yet to be registered, and not an asset."""
    return code is not None and is_datastore_path(code)


def made_of(path: str) -> str:
    """The reference under which the folder at that path of a datastore is registered."""
    return assets.made_of(COLLECTION, [*split_datastore_path(path)])


def _blob_uri(code: CodeConfiguration) -> str:
    datastore, path = split_datastore_path(code.code)
    container = container_of(datastore)
    if container is None:
        raise not_a_container(datastore)
    return container.uri(path)
