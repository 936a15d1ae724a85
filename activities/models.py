"""Model versions: registered from files that are already in a datastore, or confirmed; and the newest of them."""

from __future__ import annotations

from activities.envelope import activity
from azure_api.clients import clients
from azure_api.errors import translated
from contracts.activities import ModelInput, ModelVersion, NewestVersion, RegistrationRef
from contracts.errors import ModelNotFound, RequestRejected
from contracts.names import split_datastore_path

# Model versions that Slipway registers carry this tag with the instance ID, so that the registration event they raise
# does not start another deployment.
MADE_BY_TAG = "slipway-instance"


@activity
def register_model(order: ModelInput) -> ModelVersion:
    """Confirm that the model version is registered; register it when the request defines it and it is not.

    Raises ModelNotFound for an unregistered reference, RequestRejected when the version exists with other files.
    """
    from azure.ai.ml.entities import Model
    from azure.core.exceptions import ResourceNotFoundError

    models = clients().ml.models
    with translated(not_found=ModelNotFound):
        try:
            found = models.get(order.name, version=order.version)
        except ResourceNotFoundError:
            if order.definition is None:
                raise
        else:
            _same_files(order, found.path)
            made = (found.tags or {}).get(MADE_BY_TAG) == order.instance
            return ModelVersion(name=order.name, version=order.version, id=str(found.id), created=made)

        wanted = order.definition
        registered = models.create_or_update(
            Model(
                name=wanted.name,
                version=wanted.version,
                path=wanted.path,
                type=wanted.type,
                description=wanted.description,
                properties=dict(wanted.properties),
                tags={**wanted.tags, MADE_BY_TAG: order.instance},
            )
        )
    return ModelVersion(name=order.name, version=order.version, id=str(registered.id), created=True)


@activity
def find_newest_version(order: RegistrationRef) -> NewestVersion:
    """The version registered last among those that count; none when the model is gone.

    Only when the last one of all is another version are all of them listed, to leave out what the policy is not for.
    """
    models = clients().ml.models
    try:
        with translated(not_found=ModelNotFound):
            last = models.get(order.model, label="latest")
            if order.match is None or str(last.version) == order.version:
                return NewestVersion(version=str(last.version))
            counting = [
                found
                for found in models.list(order.model)
                if order.match.why_not(order.model, found.tags or {}, found.properties or {}) is None
            ]
    except ModelNotFound:
        return NewestVersion()
    newest = max(counting, key=lambda found: found.creation_context.created_at, default=None)
    return NewestVersion(version=str(newest.version) if newest else None)


def _same_files(order: ModelInput, path: object) -> None:
    # A version is immutable in Azure ML; the service normalises the case of the ids in front of the datastore.
    if order.definition is None:
        return
    try:
        there = split_datastore_path(str(path))
    except ValueError:  # a job's output, a URL: registered by somebody else, from elsewhere
        there = None
    if there != split_datastore_path(order.definition.path):
        raise RequestRejected(
            f"model {order.name}:{order.version} is registered with other files ({path})",
            suggestion="Give the new files a new version.",
        )
