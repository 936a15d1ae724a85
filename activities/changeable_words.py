"""The words of a deployment that can be changed in place, as a ledger keeps them: read, and written back.

Azure takes all but the name and the machine's size (azure-ai-ml 1.35.2: `instanceType` is read and created, never
updated), and only by a PUT of the whole: its PATCH knows tags and the number of instances.
"""

from __future__ import annotations

from typing import Any

from activities.serving_now import pin_of
from azure_api import begin
from azure_api.clients import clients
from azure_api.errors import translated
from contracts.azure_refusals import ResourceNotFound
from contracts.base import Json
from contracts.ledger import arm_id
from contracts.marks import DIGEST_TAG
from contracts.updates import ASSETS, CODE, DESCRIPTION, NAMED, SCRIPT

# What a deployment says that it was made from: one that was changed is not that any more.
MADE_FROM = "made_from"
Words = dict[str, Json]


def words_of(entity: Any, names: Words | None) -> Words:
    """What a deployment says under these names; of settings and variables only those that stand there."""
    written, pin, code = entity._to_dict(), pin_of(entity), entity.code_configuration
    known = {
        "model": pin.model,
        "environment": pin.environment,
        CODE: pin.code,
        SCRIPT: code.scoring_script if code else None,
        DESCRIPTION: kept(entity.description),
        **{part: {name: kept(text) for name, text in (getattr(entity, part) or {}).items()} for part in NAMED},
        MADE_FROM: (entity.tags or {}).get(DIGEST_TAG),
    }
    return {
        name: _of(asked, known[name] if name in known else written.get(name)) for name, asked in (names or {}).items()
    }


def write(entity: Any, words: Words) -> str:
    """Begin to give a fetched deployment these words; its state then."""
    for name, value in words.items():
        if name == MADE_FROM:
            others = {tag: text for tag, text in (entity.tags or {}).items() if tag != DIGEST_TAG}
            # What somebody else has made says nothing of it, and undo gives that back.
            entity.tags = others | ({DIGEST_TAG: value} if value else {})
        elif name in ASSETS:
            setattr(entity, name, _whole(value))
        elif name in NAMED:
            every = {**(getattr(entity, name) or {}), **{one: given(text) for one, text in value.items()}}
            setattr(entity, name, {one: text for one, text in every.items() if text is not None})
        elif name == DESCRIPTION:
            entity.description = given(value)
        elif name not in (CODE, SCRIPT):
            _set(entity, name, value)
    if not words.keys().isdisjoint({CODE, SCRIPT}):
        entity.code_configuration = _code(entity, words)
    with translated():
        endpoint = begin.find_endpoint(entity.endpoint_name)
        if endpoint is None:
            raise ResourceNotFound(f"there is no endpoint {entity.endpoint_name}")
        return begin.state_of(begin.begin_deployment(entity, endpoint.location))


def kept(text: str | None) -> str | None:
    """A text of somebody's as a ledger has it: the host would take what stands before `=` for a credential's name.

    A status that shows `key=` gets a blank there, and undo may have nothing but the status to go by.
    """
    return text if text is None else str(text).replace("%", "%25").replace("=", "%3D")


def given(text: str | None) -> str | None:
    """The text that a ledger keeps so."""
    return text if text is None else text.replace("%3D", "=").replace("%25", "%")


def _of(asked: Json, there: Json) -> Json:
    # Azure tells its defaults as well.
    if isinstance(asked, dict):
        return {name: (there or {}).get(name) for name in asked}
    return there


def _set(entity: Any, name: str, value: Json) -> None:
    from azure.ai.ml.entities import OnlineRequestSettings, ProbeSettings

    kinds = {"request_settings": OnlineRequestSettings, "liveness_probe": ProbeSettings}
    kinds["readiness_probe"] = ProbeSettings
    if name in kinds:
        there = entity._to_dict().get(name) or {}
        value = kinds[name](**{**there, **value})
    setattr(entity, name, value)


def _code(entity: Any, words: Words) -> Any:
    """The code and the script in it, of which the words may say one; None for a model that brings its own server."""
    from azure.ai.ml.entities import CodeConfiguration

    there = entity.code_configuration
    code = _whole(words[CODE]) if CODE in words else there and there.code
    script = words.get(SCRIPT, there and there.scoring_script)
    return CodeConfiguration(code=code, scoring_script=script) if code and script else None


def _whole(reference: Json) -> str | None:
    return arm_id(reference, clients().settings.workspace_id) if reference else None
