"""Which fields of a request, of a policy or of a model's tags hold a secret: judged by their value and their place.

A value gives itself away by its shape wherever it stands (`contracts.redaction`). A name gives its value away too:
`DB_PASSWORD: hunter2`. Environment variables are judged strictly, since that is where secrets are put; a tag or a row
of data named `token` only when its value looks generated. What is only the name of a secret, its address or a
reference to it (`KEY_VAULT_NAME`, `${{azureml://connections/…}}`) is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from contracts.base import Json
from contracts.redaction import MASK, redact, secret_in
from contracts.secret_contexts import is_reference, looks_random

# How surely the value of such a name is a secret; a connection string is judged by what it says.
Suspicion = Literal["none", "value", "address", "key", "token", "secret"]
# Environment variables, where secrets are put; what people write down; what a model is fed with and answers.
Place = Literal["settings", "labels", "data"]

_SECRETS = re.compile(
    r"password|passwords|passwd|pwd|passphrase|passcode|secret|secrets|credential|credentials|creds|sas|authorization|cookie"
)
_TOKENS = frozenset({"token", "tokens", "pat", "bearer"})
# `DB_PASS`, and not the pass of a model.
_OPEN_PASS = re.compile(r"forward|backward|first|second|next|last|single|multi|one|two|n|num|low|high|band|dry|by|full")
_KEYS = frozenset({"key", "keys"})
# `dbpassword`, `apikey`: written in one word.
_JOINED = re.compile(
    r"[a-z]+(?:passwords?|passwd|passphrase|secrets?)"
    r"|[a-z]*(?:api|access|account|secret|private|auth|subscription|shared|storage|master)(?:keys?|tokens?)"
)
_SURE_KEYS = re.compile(
    r"api|access|account|shared|secret|private|subscription|storage|signing|encryption|host|function|functions"
    r"|master|admin|auth|service|client|ssh|rsa|gpg|pgp|hmac|license|deploy|webhook"
)
_OPEN_KEYS = re.compile(
    r"partition|sort|row|foreign|cache|lookup|join|routing|object|index|column|group|public|instrumentation"
    r"|feature|label|metric|config|dict|json|message|batch|data"
)
# `models/2024/model.pkl`: what a storage calls a key.
_PATH = re.compile(r"[\w.-]{1,80}(?:/[\w.-]{1,80}){1,9}\.[a-z]{1,8}")
# Tokens of a language model.
_OPEN_TOKENS = re.compile(
    r"max|min|num|n|total|new|pad|eos|bos|unk|mask|sep|cls|stop|start|end|special|prompt|completion|input|output"
    r"|context|image|first|last|next|count|word"
)
# What follows the name of a secret without making it another thing.
_SUFFIX = re.compile(
    r"[0-9]+|[a-z]|primary|secondary|prod|production|dev|test|staging|stage|old|new|values?|base|json|default|main"
    r"|backup|current|previous|plain|text|env"
)
# What makes it another thing: the name of the secret, its file, its address, how long it is.
_ABOUT = re.compile(
    r"name|names|file|path|dir|folder|url|uri|endpoint|header|headers|limit|count|length|len|size|type|ttl|expiry"
    r"|expires|expiration|version|column|field|prefix|suffix|enabled|required|policy|provider|backend|store|id|ids"
    r"|index|format|rotation|per|minute|min|max|classification|vault|scope|algorithm|mode|reference|ref|location"
    r"|budget|rate|window|usage|cost|price|kind|alias|label|region|issuer|audience|identifier|auth"
)


class Found(NamedTuple):
    """One field that holds a secret."""

    path: str
    message: str


def secrets_in(body: Json, max_depth: int) -> Iterator[Found]:
    """Every field of `body` that looks like a secret, with what to write instead; deeper levels are not looked at."""
    for path, name, value in _texts(body, (), "", max_depth):
        kind = secret_in(value) or _named_secret(name, value, _place(path))
        if kind:
            place = ".".join(map(redact, path))
            yield Found(place, f"looks like {kind}, and requests are stored and shown: {_instead(place)}")


def without_secrets(labels: Mapping[str, str]) -> dict[str, str]:
    """Tags or properties that somebody else wrote, with a mask for each value that is a secret, and in such keys."""
    return {
        redact(name): MASK if secret_in(value) or _named_secret(name, value, "labels") else value
        for name, value in labels.items()
    }


def _texts(value: Json, path: tuple[str, ...], name: str, levels: int) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Each text with its path and the name it stands under; keys are texts too."""
    if isinstance(value, str):
        yield path, name, value
    elif isinstance(value, dict) and levels:
        for key, item in value.items():
            yield (*path, str(key)), "", str(key)
            yield from _texts(item, (*path, str(key)), str(key), levels - 1)
    elif isinstance(value, list) and levels:
        for index, item in enumerate(value):
            yield from _texts(item, (*path, str(index)), name, levels - 1)


def _place(path: tuple[str, ...]) -> Place:
    if path[:1] == ("smoke_test",):
        return "data"
    return "settings" if path[-2:-1] in (("environment_variables",), ("variables",)) else "labels"


def _named_secret(name: str, value: str, place: Place) -> str | None:
    """What `name` says that its value is, when it is no reference and not harmless for such a name."""
    bare = value.strip()
    suspicion = _suspicion(name) if name and bare else "none"
    if suspicion == "none" or is_reference(bare) or bare.lower() in ("true", "false", "none", "null", "yes", "no"):
        return None
    if suspicion == "secret":
        secret = place != "data" or (len(bare) > 3 and not re.fullmatch(r"[A-Za-z .,*?!_-]+", bare))
    elif suspicion == "address":
        # `Server=…;Authentication=…` says in itself whether there is a secret in it.
        secret = looks_random(bare) and "=" not in bare and "://" not in bare
    elif suspicion == "value" or place != "settings":
        secret = looks_random(bare)
    elif suspicion == "key":
        words = re.fullmatch(r"[A-Za-z]{1,24}(?:[_. -][A-Za-z]{1,24}){0,6}|[0-9]{1,6}", bare)
        secret = not words and (not _PATH.fullmatch(bare) or looks_random(bare))
    else:
        secret = not re.fullmatch(r"[0-9]{1,9}|[<\[].{1,40}[>\]]", bare)
    return f"what {_shown(name)} says it is" if secret else None


def _shown(name: str) -> str:
    return f"{redact(name)[:60]!r}"


def _suspicion(name: str) -> Suspicion:
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name[:200])]
    # A key vault is a place.
    words = re.sub(r"\bkey vault\b", "vault", " ".join(words)).split()
    if "instrumentationkey" in words:
        return "none"  # it says where telemetry goes (SECURITY.md)
    if re.search(r"conn(?:ection)? ?str(?:ings?)?$", " ".join(words)):
        return "address"
    while len(words) > 1 and _SUFFIX.fullmatch(words[-1]):
        words.pop()
    if not words:
        return "none"
    suspicion = _of_last(words)
    if suspicion == "none" and not _ABOUT.fullmatch(words[-1]) and any(_of_last([word]) != "none" for word in words):
        return "value"
    return suspicion


def _of_last(words: list[str]) -> Suspicion:
    before, last = (words[-2] if len(words) > 1 else ""), words[-1]
    if _SECRETS.fullmatch(last) or _JOINED.fullmatch(last):
        return "secret"
    if last in _TOKENS:
        return "none" if _OPEN_TOKENS.fullmatch(before) else "token"
    if last == "pass" and before and not _OPEN_PASS.fullmatch(before):
        return "token"
    if last in _KEYS and not _OPEN_KEYS.fullmatch(before):
        return "secret" if _SURE_KEYS.fullmatch(before) else "key"
    return "none"


def _instead(path: str) -> str:
    if path.startswith(("deployment.environment_variables", "environment_variables")):
        return (
            "write a reference, ${{azureml://connections/<name>/credentials/<key>}} or"
            " ${{keyvault:https://<vault>.vault.azure.net/secrets/<name>}}"
        )
    if path.startswith("deployment.environment"):
        return "take it out; a workspace connection gives the image build access to private feeds and registries"
    if path.startswith(("model.path", "deployment.code_configuration", "code_configuration")):
        return "name the datastore and the path only; the datastore has its own credentials"
    if path.startswith("smoke_test"):
        return "test with a value that opens nothing"
    return "take it out, or name where it is kept"
