"""Operations on answers from a script: what each of them is started with, and a well-behaved Azure for it."""

from __future__ import annotations

from typing import Any

from contracts.queue import EndpointQueue
from contracts.releases import Release
from tests.replay import azure_script as azure
from tests.replay.scripted import BEGIN, Answer, Context, World, run

ENDPOINT = "credit-risk"
TRAFFIC = {"before": {"green": 100}, "after": {"blue": 100}}
UPDATE = {"before": {"model": "models/credit-risk/versions/1"}, "after": {"model": "models/credit-risk/versions/2"}}
# What each operation asks for; the rollback in both ways.
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "rollback": ("rollback", {"request": {"to": 1}}),
    "rollback by deploying": ("rollback", {"request": {"to": "previous"}}),
    "change_traffic": ("change_traffic", {"request": {"traffic": {"blue": 100}, "mirror_traffic": {"green": 5}}}),
    "update_deployment": ("update_deployment", {"deployment": "blue", "request": {"model": "azureml:credit-risk:2"}}),
    "delete_deployment": ("delete_deployment", {"deployment": "green", "request": {"force": True}}),
    "delete_endpoint": ("delete_endpoint", {"request": {"force": True}}),
    "delete_runtime": ("delete_runtime", {"compute": "machine", "name": "flows", "request": {}}),
    "remove_findings": ("remove_findings", {"request": {"plan": False}}),
    "expire": ("expire", {"request": {"ttl": "PT8H", "only_ours": True}}),
    "retire": ("retire", {"request": {"keep": 1, "after": "P2DT1H"}}),
}


def released(number: int, deployment: str, **more: Any) -> Release:
    """A release of one deployment."""
    pin = {"deployment": deployment, "model": f"models/credit-risk/versions/{number}", "run": f"dep-{number:032x}"}
    told = {"number": number, "run": f"dep-{number:032x}", "kind": "deploy", "serving": [pin], "began": BEGIN}
    return Release.model_validate({**told, "traffic": {deployment: 100}, "ended": BEGIN, **more})


def answers(goes: str) -> dict[str, Answer]:
    """Two releases were made, and the second one serves; what is taken down is one thing of that reference."""
    shift = {"kind": "traffic", "id": azure.RESOLVED["endpoint"], "how": "changed", **TRAFFIC}
    copies = {"kind": "mirror_traffic", "id": azure.RESOLVED["endpoint"], "how": "changed", "before": {}}
    scaled = {"kind": "autoscale", "id": "/autoscale/green"}
    strays = [{"entry": {"kind": "deployment", "id": goes}, "mark": f"dep-{1:032x}"}]
    left = [{"kind": "deployment" if "deployments" in goes else "endpoint", "id": goes}]
    asked = azure.order()["request"]
    return azure.answers() | {
        "find_order": lambda message: {"request": {"smoke_test": asked["smoke_test"]} if "part" in message else asked},
        "look_at_serving": lambda message: {"same": [pin["deployment"] for pin in message["serving"]]},
        "read_traffic": lambda _: {**TRAFFIC, "mirrored": {}},
        "shift_traffic": lambda _: {"entries": [shift], "done": False},
        "ensure_mirror_traffic": lambda message: {"entries": [{**copies, "after": message["wanted"]}], "done": False},
        "mirror_traffic_provisioned": lambda _: azure.THERE,
        "remove_mirror_traffic": azure.Removal(),
        "verify_shares": lambda _: {"answered": {"blue": 80}},
        "plan_update": lambda _: {**UPDATE, "share": 100, "run": f"dep-{1:032x}"},
        "ensure_deployment_update": lambda message: {
            "entries": [
                {"kind": "deployment_update", "id": message["resolved"]["deployment"], "how": "changed", **UPDATE}
            ],
            "done": False,
        },
        "deployment_update_provisioned": lambda _: azure.THERE,
        "remove_deployment_update": azure.Removal(),
        "find_superseded": lambda _: {"deployments": [{"deployment": "green", "run": f"dep-{1:032x}"}]},
        "find_expiry": lambda message: {"by": message["mark"]},
        "plan_retirement": lambda _: {"mark": f"dep-{1:032x}", "next": [left.pop()] if left else []},
        "plan_removal": lambda _: {"next": [{"entry": scaled}, strays.pop()] if strays else []},
        "remove_autoscale": azure.Removal(),
        **of_stopped_runtime(),
        "plan_teardown": lambda _: {"there": True, "next": [left.pop()] if left else [], "traffic": {"green": 100}},
    }


def of_stopped_runtime() -> dict[str, Answer]:
    """A runtime on a stopped compute instance, which has a role for it."""
    machine = {"kind": "compute", "id": "computes/machine", "how": "changed", "before": "Stopped"}
    goes = [
        {"kind": "application", "id": "computes/machine/customServices/flows"},
        {"kind": "role_assignment", "id": "/r"},
    ]
    looks = iter([{"there": True, "starts": True, "next": goes, "stays": {"compute machine": "nobody asked"}}])
    return {
        "plan_runtime_teardown": lambda _: next(looks, {"there": False}),
        "ensure_compute": lambda _: {"entries": [machine], "done": False},
        "compute_provisioned": lambda _: azure.THERE,
        "remove_application": azure.Removal(),
        "remove_role_assignment": azure.Removal(),
        "remove_compute": lambda _: {"state": "Stopping", "done": True},
    }


def world(which: str, **parts: Any) -> World:
    """The world of an operation; `parts` of `World` besides its answers."""
    endpoint = azure.RESOLVED["endpoint"]
    known = answers(endpoint if which in ("delete_endpoint", "expire") else f"{endpoint}/deployments/green")
    if which == "rollback by deploying":
        looks = iter([{"gone": ["blue"]}])
        known["look_at_serving"] = lambda _: next(looks, {"same": ["blue"]})
    if which.startswith(("delete", "expire")):
        known["remove_endpoint"] = azure.Removal()
    queued = EndpointQueue(releases=[released(2, "green"), released(1, "blue")], released=2)
    return World(known, queued=queued, **parts)


def operating(which: str, playing: World) -> Context:
    """The context of an operation."""
    name, asked = ASKED[which]
    given = {"endpoint": ENDPOINT, "digest": "d", **asked}
    return Context(playing, given, f"op-{name.replace('_', '-')}-{1:032x}")


def operated(which: str, playing: World) -> tuple[Context, Any]:
    """The operation to its end, and what it returned."""
    context = operating(which, playing)
    return context, run(ASKED[which][0], context)
