"""Bodies that the front door must refuse: by name the body, the status, and the paths of its problems."""

from __future__ import annotations

from typing import Any

from tests import samples


def altered(**parts: Any) -> dict[str, Any]:
    """A good request with whole parts replaced, or taken out where None."""
    return {name: value for name, value in (samples.request() | parts).items() if value is not None}


def within(part: str, **fields: Any) -> dict[str, Any]:
    return altered(**{part: samples.request()[part] | fields})


LAUGHS = b"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]"
SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/x"

BAD: dict[str, tuple[Any, int, list[str]]] = {
    "nothing": (b"", 400, ["(body)"]),
    "no JSON": (b'{"model": ', 400, ["(body)"]),
    "no YAML": (b"model: [", 400, ["(body)"]),
    "no text": (b"\xff\xfe\x00", 400, ["(body)"]),
    "no mapping": (b"[1, 2]", 400, ["(body)"]),
    "a key twice": (b'{"model": "a", "model": "b"}', 400, ["(body)"]),
    "a YAML bomb": (LAUGHS, 400, ["(body)"]),
    "a YAML object": (b"model: !!python/object/apply:os.getcwd []", 400, ["(body)"]),
    "a YAML tag that does not fit": (b"model: !!bool perhaps", 400, ["(body)"]),
    "an endless number": (b"model: 0x" + b"F" * 6000, 400, ["(body)"]),
    "nested without end": (b'{"model":' + b"[" * 900 + b"]" * 900 + b"}", 400, ["(body)"]),
    "NaN": (b'{"model": NaN}', 400, ["(body)"]),
    "a MiB": (b" " * 1024 * 1024, 413, []),
    "one byte too many": (b'{"a": "' + b"x" * (256 * 1024 - 8) + b'"}', 413, []),
    "an empty mapping": ({}, 422, ["endpoint", "deployment"]),
    "unknown fields": (altered(endpiont={}, text=1), 422, ["endpiont", "text"]),
    "a thousand unknown fields": (altered() | {f"x{n}": n for n in range(1000)}, 422, ["x0", "x99", "(body)"]),
    "a class": (altered(__class__="os"), 422, ["__class__"]),
    "a module, deep": (
        within("smoke_test", request=[{"a": {"__module__": "os"}}]),
        422,
        ["smoke_test.request.0.a.__module__"],
    ),
    "data": (within("endpoint", tags={"__data__": "x"}), 422, ["endpoint.tags.__data__"]),
    "a local model": (altered(model={"name": "m", "version": "1", "path": "./model"}), 422, ["model.path"]),
    "a home path": (altered(model="~/model"), 422, ["model"]),
    "local code": (
        within("deployment", code_configuration={"code": "../src", "scoring_script": "score.py"}),
        422,
        ["deployment.code_configuration.code"],
    ),
    "a local conda file": (
        within("deployment", environment={"image": "a/b", "conda_file": "./conda.yml"}),
        422,
        ["deployment.environment.conda_file"],
    ),
    "a script elsewhere": (
        within("deployment", code_configuration={"code": "azureml:c:1", "scoring_script": "/etc/passwd.py"}),
        422,
        ["deployment.code_configuration.scoring_script"],
    ),
    "a bad endpoint name": (within("endpoint", name="Credit_Risk!"), 422, ["endpoint.name"]),
    "a bad deployment name": (within("deployment", name="-"), 422, ["deployment.name"]),
    "both names bad": (
        within("endpoint", name="x") | {"deployment": within("deployment", name="1")["deployment"]},
        422,
        ["endpoint.name", "deployment.name"],
    ),
    "a number as a name": (within("endpoint", name=7), 422, ["endpoint.name"]),
    "text as a count": (within("deployment", instance_count="one"), 422, ["deployment.instance_count"]),
    "traffic that is not 100": (altered(traffic={"blue": 60, "green": 30}), 422, ["traffic"]),
    "traffic that is negative": (altered(traffic={"blue": -1, "green": 101}), 422, ["traffic.blue", "traffic.green"]),
    "traffic in halves": (altered(traffic={"blue": 50.5, "green": 49.5}), 422, ["traffic.blue", "traffic.green"]),
    "traffic as a list": (altered(traffic=["blue"]), 422, ["traffic"]),
    "a password": (
        within("deployment", environment_variables={"DB_PASSWORD": "hunter2"}),
        422,
        ["deployment.environment_variables.DB_PASSWORD"],
    ),
    "a field of Kubernetes": (
        within("deployment", scale_settings={"type": "target_utilization"}),
        422,
        ["deployment.scale_settings"],
    ),
    "a scope that climbs": (
        altered(access={"additional": [{"role": "Reader", "scope": SCOPE + "/.."}]}),
        422,
        ["access.additional.0.scope"],
    ),
    "a wait in seconds": (altered(access={"propagation": {"wait": 900}}), 422, ["access.propagation.wait"]),
    "no expectation": (within("smoke_test", expect={}), 422, ["smoke_test.expect"]),
    "a schema from elsewhere": (
        within("smoke_test", expect={"json_schema": {"$ref": "http://x/"}}),
        422,
        ["smoke_test.expect.json_schema"],
    ),
    "a control character": (within("endpoint", description="a\x07"), 422, ["endpoint.description"]),
    "a number beyond 64 bits": (within("smoke_test", request=[2**70]), 422, ["smoke_test.request.0"]),
}
