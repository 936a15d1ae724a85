"""No secret is stored or told: keys and tokens pass through whole deployments, and are then looked for everywhere.

The canaries are the real ones of the local Azure: the endpoint's keys and tokens, every identity header, the host's own
keys, and whatever looks like a Microsoft Entra token or the signature of a storage URL.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from contracts.redaction import KINDS
from local.cloud import world
from local.cloud.world import Identity
from local.stack import TERMINAL, LocalStack
from tests import samples
from tests.secret_forms import FORMS, NAMED, SETTINGS
from tests.unit.test_secret_forms import full

# Header and payload of a JSON Web Token.
TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}")
SIGNATURE = re.compile(r"[?&]sig=[A-Za-z0-9%+/]{8,}")


class Watched:
    """A stack of which every answer is kept, and every secret handed out while something runs."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.said: list[str] = []
        self.canaries = {f"host key {name}": key for name, key in vars(stack.host.keys).items()}
        for identity in ("slipway-app", "developer"):
            self.canaries[f"header of {identity}"] = stack.cloud.environment(identity)["IDENTITY_HEADER"]
        # Each as it is handed out: what a failed deployment had is deleted with it, before anybody looks perhaps.
        identities = stack.cloud.world.identities
        attach, numbers = identities.attach, itertools.count()

        def attached(held: Sequence[Identity]) -> str:
            header = self.canaries[f"header {next(numbers)} of a container"] = attach(held)
            return header

        identities.attach = attached  # type: ignore[assignment]  # of this stack alone

    def call(self, method: str, path: str, **content: Any) -> httpx.Response:
        with self.stack.http as http:
            response = http.request(method, path, **content)
        self.said.append(f"{response.headers}\n{response.text}")
        return response

    def deploy(self, body: dict[str, Any]) -> dict[str, Any]:
        """Deploy, looking at every kind of answer on the way and at the end."""
        key = {"Idempotency-Key": "one"}
        self.call("POST", "/api/plans", json=body)
        started = self.call("POST", "/api/deployments", json=body, headers=key).json()["id"]
        status: dict[str, Any] = self.stack.until(lambda: self._ended(started))
        self._collect()
        self.call("POST", "/api/deployments", json=body | {"traffic": "none"}, headers=key)
        self.call("POST", "/api/deployments", json=body | {"unknown": 1})
        for path in ("/api/deployments", "/api/events", "/api/health", "/api/openapi.json", "/api/deployments/none"):
            self.call("GET", path)
        return status

    def leaks(self) -> list[str]:
        """Which secret was found where."""
        found = []
        for place, text in self.places().items():
            for name, secret in self.canaries.items():
                encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
                found += [f"{name} in {place}" for form in (secret, encoded) if form in text]
            found += [f"a token in {place}"] * bool(TOKEN.search(text))
            found += [f"a signature in {place}"] * bool(SIGNATURE.search(text))
        return found

    def places(self) -> dict[str, str]:
        """Everything the service wrote or said; its file of host keys alone is meant to hold secrets."""
        data = self.stack.data / "host"
        files = {
            path.name: path.read_bytes().decode(errors="replace")
            for path in data.rglob("*")
            if path.is_file() and path.name != "keys.json"
        }
        # As SQL too: in the file, a long value is cut up into pages.
        with sqlite3.connect(f"file:{data / 'taskhub.db'}?mode=ro", uri=True) as taskhub:
            files["task hub as SQL"] = "\n".join(taskhub.iterdump())
        taskhub.close()
        return {**files, "answers": "\n".join(self.said)}

    def _ended(self, deployment_id: str) -> dict[str, Any] | None:
        self._collect()
        status: dict[str, Any] = self.call("GET", f"/api/deployments/{deployment_id}").json()
        return status if status["status"] in TERMINAL else None

    def _collect(self) -> None:
        state = self.stack.cloud.state
        with state.lock:
            for endpoint in state.endpoints.values():
                self.canaries |= {f"{name} of {endpoint.name}": key for name, key in endpoint.keys.items()}
                self.canaries |= {f"token {n} of {endpoint.name}": text for n, text in enumerate(endpoint.tokens)}


@pytest.fixture
def watched(stack: LocalStack) -> Watched:
    return Watched(stack)


@pytest.mark.parametrize("auth_mode", ["key", "aml_token", "aad_token"])
def test_a_deployment_leaves_no_secret_anywhere(watched: Watched, auth_mode: str) -> None:
    body = samples.request()
    body["endpoint"]["auth_mode"] = auth_mode
    status = watched.deploy(body)
    endpoint = "/api/endpoints/credit-risk"
    invoked = watched.call("POST", f"{endpoint}/invoke", json={"data": [samples.ROW]})
    for path in ("", "/consume", "/deployments/blue/logs"):
        assert watched.call("GET", endpoint + path).status_code == 200

    assert status["status"] == "Succeeded"
    assert status["result"]["answer"] == invoked.json() == [17]
    assert {"primaryKey of credit-risk", "header 0 of a container", "header of slipway-app"} <= watched.canaries.keys()
    assert ("token 0 of credit-risk" in watched.canaries) == (auth_mode == "aml_token")
    assert watched.leaks() == []


def test_what_a_container_prints_is_redacted_before_it_is_stored(watched: Watched) -> None:
    code = samples.register_code(watched.stack, "prints_secrets")
    status = watched.deploy(samples.request(code=code))
    watched.canaries |= {"printed token": "canary-token-1234567890abcdef", "printed key": "c" * 86}

    assert status["error"]["code"] == "ScoringScriptFailed"
    assert "Authorization: Bearer [redacted]" in status["error"]["log_tail"]
    # With a blank, or the host would take what follows for a credential of its own to hide.
    assert "IDENTITY_HEADER=[redacted]" in status["error"]["log_tail"]
    assert "AccountKey =[redacted]" in status["error"]["log_tail"]
    assert "[Hidden Credential]" not in str(status)
    assert "header 0 of a container" in watched.canaries
    assert watched.leaks() == []


def test_what_a_model_answers_is_redacted_before_it_is_stored(watched: Watched) -> None:
    code = samples.register_code(watched.stack, "answers_secrets")
    taken = watched.deploy(samples.request(code=code, expect={"contains": "canary-token"}))
    watched.canaries |= {"answered token": "canary-token-1234567890abcdef", "answered key": "c" * 86}

    assert taken["status"] == "Succeeded"
    assert "Bearer [redacted]" in taken["result"]["answer"]
    assert watched.leaks() == []


# In one scoring script: prints every form, fails at the first request saying all of them, or answers with them.
SCORING_SCRIPT = """
import json, pathlib

TEXTS = json.loads((pathlib.Path(__file__).parent / "texts.json").read_text())


def init():
    print(*TEXTS, sep="\\n")
    if {fails}:
        raise RuntimeError("; ".join(TEXTS))


def run(raw):
    return TEXTS
"""


def register_telling(watched: Watched, folder: Path, name: str, texts: list[str], *, fails: bool) -> str:
    from azure.ai.ml.entities._assets._artifacts.code import Code

    folder.mkdir()
    (folder / "texts.json").write_text(json.dumps(texts))
    (folder / "score.py").write_text(SCORING_SCRIPT.format(fails=fails))
    watched.stack.developer()._code.create_or_update(Code(path=str(folder), name=name, version="1"))
    return f"azureml:{name}:1"


def know(watched: Watched) -> None:
    """Look for every secret of the tables; the short values of the named ones stand elsewhere by chance."""
    watched.canaries |= {f"secret of {name}": form.secret for name, form in FORMS.items()}
    watched.canaries |= {f"value of {name}": text for name, text in (NAMED | SETTINGS).items() if len(text) > 10}


def spread(value: Any, texts: Iterator[str]) -> Any:
    """A body with the next of `texts` in place of every text."""
    if isinstance(value, dict):
        return {key: spread(item, texts) for key, item in value.items()}
    if isinstance(value, list):
        return [spread(item, texts) for item in value]
    return next(texts) if isinstance(value, str) else value


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """Policies with a secret in every text, some of them no YAML; and a good one that waits for a tag."""
    folder = tmp_path / "policies"
    folder.mkdir()
    template = {key: part for key, part in full().items() if key != "model"} | {"match": {"model": "*"}}
    texts = itertools.cycle(form.text for form in FORMS.values())
    for number in range(6):
        (folder / f"p{number}.yml").write_text(yaml.safe_dump(spread(template, texts)))
        (folder / f"q{number}.yml").write_text(f"match: {{model: [{next(texts)!r}")
    (folder / "a.yml").write_text(yaml.safe_dump(template | {"match": {"model": "*", "tags": {"a0": "wanted"}}}))
    return folder


@pytest.fixture
def watched_policies(tmp_path: Path, policies: Path) -> Iterator[Watched]:
    with LocalStack(tmp_path / "stack", policies=policies) as stack:
        stack.subscribe()
        yield Watched(stack)


def test_no_form_of_a_secret_is_stored_or_told_whatever_brings_it(watched_policies: Watched) -> None:
    watched = watched_policies
    know(watched)
    texts = [form.text for form in FORMS.values()]
    for body in refused_bodies(texts):
        for path in ("/api/plans", "/api/deployments"):
            assert watched.call("POST", path, content=body).status_code in (400, 422)

    events = watched.stack.cloud.events
    for text in texts:
        if re.fullmatch(r"[A-Za-z0-9._-]+", text):  # what a model can be called
            events.model_registered(world.WORKSPACE_ID, text, "1", {})
            events.model_registered(world.WORKSPACE_ID, "credit-risk", text, {})
    for start in range(5):
        labels = {f"a{number}": text for number, text in enumerate(texts[start * 20 :])}
        events.model_registered(world.WORKSPACE_ID, "credit-risk", str(start), labels | dict.fromkeys(texts, "b"))
    events.model_registered(world.WORKSPACE_ID, "credit-risk", "last", NAMED)

    told = watched.stack.until(lambda: told_of(watched, 6))
    assert {event["outcome"] for event in told} == {"invalid"}
    assert "tag a0 is '[redacted]'" in json.dumps(told)
    # Which kinds of secrets are among the few lines that are told depends on how many forms there are.
    kinds = {kind.name for kind in KINDS}
    assert kinds & set(re.findall(r"looks like (.+?), and requests are stored", json.dumps(told)))
    assert watched.call("GET", "/api/deployments").json()["deployments"] == []
    assert watched.leaks() == []


def refused_bodies(texts: list[str]) -> Iterator[bytes]:
    """Bodies with a secret in every text, in keys, under names that say so, and in lines that are no YAML."""
    round_and_round = itertools.cycle(texts)
    for _ in range(12):
        yield json.dumps(spread(full(), round_and_round)).encode()
    keyed = samples.request()
    keyed["endpoint"]["tags"] = dict.fromkeys(texts, "x")
    yield json.dumps(keyed | {text: {"x": 1} for text in texts}).encode()
    named = samples.request()
    named["deployment"] |= {"environment_variables": NAMED | SETTINGS, "tags": NAMED}
    yield json.dumps(named).encode()
    for text in texts[::8]:
        yield f"a: {text}\nb: [{text}".encode()


def told_of(watched: Watched, count: int) -> list[dict[str, Any]] | None:
    events: list[dict[str, Any]] = watched.call("GET", "/api/events").json()["events"]
    settled = [event for event in events if event["outcome"] == "invalid"]
    return settled if len(settled) >= count else None


@pytest.mark.parametrize("fails", [True, False])
def test_no_form_of_a_secret_that_a_model_tells_is_stored(watched: Watched, tmp_path: Path, fails: bool) -> None:
    know(watched)
    texts = [form.text for form in FORMS.values()]
    code = register_telling(watched, tmp_path / "code", "telling", texts, fails=fails)
    status = watched.deploy(samples.request(code=code, expect={"json": ["nothing like it"]}))

    assert status["error"]["code"] == ("ScoringScriptFailed" if fails else "WrongAnswer")
    assert "[redacted]" in json.dumps(status["error"])
    assert watched.leaks() == []


def test_the_search_finds_what_is_there(watched: Watched) -> None:
    token = watched.stack.cloud.credential("slipway-app").get_token("https://ml.azure.com/.default").token
    watched.deploy(samples.request(endpoint="can-be-found"))
    for place in ("taskhub.db-wal", "task hub as SQL", "answers"):
        assert "can-be-found" in watched.places()[place]
    # The log has names of activities and ids of instances, nothing of a request.
    assert "plan_deployment" in watched.places()["host.log"]
    assert "can-be-found" not in watched.places()["host.log"]

    watched.canaries = {"a value of the request": "can-be-found"}
    watched.said += [f"Bearer {token}", "https://a.blob.core.windows.net/x?sv=1&sig=abcdefgh%3D"]

    assert {
        "a value of the request in task hub as SQL",
        "a token in answers",
        "a signature in answers",
    } <= set(watched.leaks())
