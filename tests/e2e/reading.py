"""What end-to-end tests read off a status body, the journal and the state of the local Azure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from local import loopback
from local.cloud.journal import Entry
from local.stack import LocalStack

ENDPOINT_WRITE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/write"
DEPLOYMENT_WRITE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments/write"
GRANT = "Microsoft.Authorization/roleAssignments/write"
# POSTs that read: Azure counts them as writes, but nothing is changed by them.
READING_POSTS = ("getLogs/action", "listKeys/action", "token/action", "listSecrets/action")


def step(status: dict[str, Any], name: str) -> dict[str, Any]:
    """The step of that name; the assertion tells which steps there are."""
    found: dict[str, dict[str, Any]] = {one["name"]: one for one in status["steps"]}
    assert name in found, f"no step {name} among {list(found)}"
    return found[name]


def began(status: dict[str, Any], name: str) -> datetime:
    """When a step was first started."""
    return datetime.fromisoformat(step(status, name)["started"])


def ended(status: dict[str, Any], name: str) -> datetime:
    """When a step ended."""
    return datetime.fromisoformat(step(status, name)["ended"])


def fates(status: dict[str, Any]) -> dict[str, str]:
    """What became of everything that the run made or changed, by `kind name`."""
    return {f"{entry['kind']} {entry['name']}": entry["fate"] for entry in works(status)}


def works(status: dict[str, Any]) -> list[dict[str, Any]]:
    """What the ledger says that the run made or changed; the rest it found."""
    return [entry for entry in status["ledger"] if entry["how"] != "found"]


def settled(stack: LocalStack, event: dict[str, Any]) -> bool:
    """Whether a registration has its outcome; the run that is still to give it one is waited for, and asked again."""
    if event["outcome"] not in ("received", "deploying"):
        return True
    # Asking again and again would have the host do little else.
    stack.host.wait_for(event["id"])
    return False


def journal(stack: LocalStack, operation: str | None = None) -> list[Entry]:
    """What the app asked of the local Azure, in order."""
    return stack.cloud.journal.entries(operation=operation, caller="slipway-app")


def changes(stack: LocalStack) -> list[str]:
    """Every call of the app that can change something, as `METHOD operation`."""
    return [
        f"{entry.method} {entry.operation}"
        for entry in journal(stack)
        if entry.write and not entry.operation.endswith(READING_POSTS)
    ]


def endpoint(stack: LocalStack, name: str) -> dict[str, Any] | None:
    """The endpoint as the local Azure has it, its deployments under `deployments`; None when there is none."""
    state = loopback.ask("GET", f"{stack.cloud.control_url}/local/state").raise_for_status().json()
    found: list[dict[str, Any]] = [one for one in state["endpoints"] if one["name"] == name]
    return found[0] if found else None


def deployments(stack: LocalStack, name: str) -> dict[str, str]:
    """Provisioning states of an endpoint's deployments, by name."""
    found = endpoint(stack, name)
    assert found is not None, f"there is no endpoint {name}"
    return {one["name"]: one["properties"]["provisioningState"] for one in found["deployments"]}


def traffic(stack: LocalStack, name: str) -> dict[str, int]:
    """The endpoint's traffic, without deployments that get none."""
    found = endpoint(stack, name)
    assert found is not None, f"there is no endpoint {name}"
    return {deployment: percent for deployment, percent in found["properties"]["traffic"].items() if percent}


def made(stack: LocalStack, endpoint_name: str) -> set[tuple[str, str]]:
    """Everything a run for that endpoint can make, as (name in its ledger, what tells it from others of that name)."""
    found = endpoint(stack, endpoint_name)
    state = stack.cloud.state
    with state.lock:
        things = {
            (f"{asset.kind[:-1]} {asset.name}:{asset.version}", "")
            for container in state.containers.values()
            for asset in container.versions.values()
        }
    if found:
        things.add((f"endpoint {endpoint_name}", ""))
        things |= {(f"deployment {one['name']}", "") for one in found["deployments"]}
        things |= {(f"traffic {endpoint_name}", str(traffic(stack, endpoint_name)))}
    for one in stack.cloud.authorization.assignments():
        if not one.seeded:
            things.add((f"role_assignment {one.role.name} on {one.scope.rsplit('/', 1)[-1]}", one.principal_id))
    return things


def left_behind(stack: LocalStack, endpoint_name: str, before: set[tuple[str, str]]) -> set[str]:
    """What is there now and was not `before`, by ledger name; the assertion fails when something is gone."""
    after = made(stack, endpoint_name)
    assert before <= after, f"gone: {before - after}"
    return {name for name, _ in after - before} - {f"traffic {endpoint_name}"}


def said_to_stay(status: dict[str, Any]) -> set[str]:
    """What the ledger says stays."""
    return {name for name, fate in fates(status).items() if fate == "stays"}
