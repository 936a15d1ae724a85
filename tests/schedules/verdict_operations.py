"""What must hold of operations: queues are left, releases tell what serves, and only what was meant is changed."""

from __future__ import annotations

from collections.abc import Iterator

from activities.changeable_words import kept
from contracts.ledger import endpoint_and_deployment
from contracts.queue import EndpointQueue
from contracts.releases import Release
from tests.schedules.azure import Azure
from tests.schedules.judged import Broken, Judged, acts_on, last_put_by
from tests.schedules.play import Played
from tests.schedules.records import OUTSIDER, WORKSPACE_ID, Act, deployment_key, endpoint_key


def broken(played: Played, runs: list[Judged]) -> Iterator[Broken]:
    """Every promise about operations that a schedule broke."""
    for name, queue in played.hub.queues.items():
        if played.hub.in_line:
            yield from _left(played, name, queue)
            yield from _told(played.azure, name, queue.releases)
    for run in runs:
        if run.removes:
            yield from _hits_its_own(run, played.azure)
        yield from _changed(run, played.azure)


def _left(played: Played, name: str, queue: EndpointQueue) -> Iterator[Broken]:
    for asker in queue.askers:
        if played.hub.instances[asker.id].status != "Terminated":
            yield Broken("queues are empty", f"{name}: {asker.id} stands in it")


def _told(azure: Azure, name: str, releases: list[Release]) -> Iterator[Broken]:
    """The newest release says what serves, unless others have written since it began."""
    numbers = [one.number for one in releases]
    if numbers != sorted(numbers, reverse=True) or len({one.run for one in releases}) != len(releases):
        yield Broken("releases are counted", f"{name}: {numbers}")
    newest = releases[0] if releases else None
    theirs = [act for act in azure.acts if act.by == OUTSIDER and f"{act.key}/".startswith(f"{_endpoint(name)}/")]
    if (newest and newest.outcome == "broken") or any(newest is None or act.moment >= newest.began for act in theirs):
        return
    endpoint = azure.endpoints.get(name)
    traffic = endpoint.traffic if endpoint else {}
    told = {} if newest is None else newest.traffic if newest.outcome == "live" else newest.traffic_before
    if traffic != told:
        yield Broken(
            "releases tell what serves", f"{name}: {traffic}, and {newest.run if newest else None} says {told}"
        )


def _hits_its_own(run: Judged, azure: Azure) -> Iterator[Broken]:
    """A deletion takes what it names and what belongs to that; what others made or what serves, only by force."""
    name, deployment = run.order.endpoint, run.order.deployment
    target = (deployment_key(name, deployment) if deployment else endpoint_key(name)).lower()
    for act in (one for one in azure.acts if one.by == run.id and one.what == "delete"):
        granted = azure.granted.get(act.key)
        belongs = f"{act.key.removeprefix(f'{WORKSPACE_ID}/'.lower())}/".startswith(f"{target}/")
        if not belongs and (deployment or granted is None or azure.identities.get(granted) != name):
            yield Broken("a deletion takes nothing of others", f"{run.id}: {act.key}")
        if not run.order.part("force") and not _changed_meanwhile(run, azure, name) and _foreign(azure, act):
            yield Broken("what serves or is of others goes by force", f"{run.id}: {act.key}")


def _changed_meanwhile(run: Judged, azure: Azure, name: str) -> bool:
    looked = azure.first_looks.get((run.id, _endpoint(name)))
    theirs = [act for act in azure.acts if act.by == OUTSIDER and f"{act.key}/".startswith(f"{_endpoint(name)}/")]
    return any(looked is None or act.moment >= looked for act in theirs)


def _foreign(azure: Azure, act: Act) -> bool:
    puts = [one for one in acts_on(azure, act.key) if one.what == "put" and one.moment <= act.moment]
    theirs = bool(puts) and puts[-1].by == OUTSIDER and "/deployments/" in act.key
    return theirs or act.served


def _changed(run: Judged, azure: Azure) -> Iterator[Broken]:
    """What is changed in place is what was asked for in the end, or what it was."""
    for entry in run.ledger:
        endpoint, name = endpoint_and_deployment(entry.id) if entry.kind == "deployment_update" else ("", "")
        on = azure.endpoints.get(endpoint)
        deployment = on.deployments.get(name) if on else None
        if deployment is None or last_put_by(azure, entry.id) != run.id or entry.fate not in ("in_use", "undone"):
            continue
        said = (entry.after if run.succeeded else entry.before) or {}
        properties = deployment.body["properties"]
        code, variables = properties.get("codeConfiguration") or {}, properties.get("environmentVariables") or {}
        there = {
            "instance_count": deployment.instances,
            "model": str(properties.get("model")).removeprefix(f"{WORKSPACE_ID}/"),
            "code": str(code.get("codeId")).removeprefix(f"{WORKSPACE_ID}/"),
            "scoring_script": code.get("scoringScript"),
            "environment_variables": {
                name: kept(variables.get(name)) for name in said.get("environment_variables") or {}
            },
        }
        if any(said.get(word, value) != value for word, value in there.items()) and run.instance.status != "Terminated":
            yield Broken("changed or as it was", f"{run.id}: {there}, not {said}")


def _endpoint(name: str) -> str:
    return endpoint_key(name).lower()
