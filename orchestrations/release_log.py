"""The releases that an endpoint's entity keeps: how one is written down, and which one somebody means."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate, pairwise

from contracts.queue import EndpointQueue, RunRef
from contracts.releases import Release, Target, TargetOrder
from contracts.retiring import SupersededDeployment

# The state of an entity is read and written whole; a release of two deployments takes a KiB, one of twenty six.
MOST_RELEASES = 30
# What is larger is no row of a table any more, but a blob of its own (Azure Storage's task hub).
MOST_BYTES = 45_000
# Without the one before there is no way back.
LEAST_RELEASES = 2
# So many are told at once; an endpoint holds twenty deployments (Azure ML's limits).
MOST_SUPERSEDED = 30
# After whose releases an endpoint has another end than before, or is another one.
DECIDES_EXPIRY = ("deploy", "expire", "delete_endpoint")


def recorded(queue: EndpointQueue, release: Release | None) -> EndpointQueue:
    """The queue with that release as the newest one; a run that tells of its own again corrects it."""
    if release is None:
        return queue
    before = next((one for one in queue.releases if one.run == release.run), None)
    if before:
        again = release.model_copy(update={"number": before.number})
        return queue.model_copy(update={"releases": [again if one is before else one for one in queue.releases]})
    number = queue.released + 1
    releases = [release.model_copy(update={"number": number}), *queue.releases]
    return queue.model_copy(update={"releases": _kept(releases), "released": number})


def _kept(releases: list[Release]) -> list[Release]:
    """The newest ones, as many as an entity may carry."""
    sizes = accumulate(len(json.dumps(one.to_wire())) for one in releases)
    fitting = sum(size <= MOST_BYTES for size in sizes)
    return releases[: min(max(fitting, LEAST_RELEASES), MOST_RELEASES)]


def expiry_after(queue: EndpointQueue, run: RunRef) -> str | None:
    """The operation by which the endpoint goes: the newest live deployment decides, also when it names none.

    A run that leaves once more decides nothing: others may have decided meanwhile. One that has changed nothing of what
    serves leaves no release to know it by; it stands in the queue, or has left before.
    """
    stands = any(one.id == run.id for one in queue.askers)
    if not stands and (run.release is None or any(one.run == run.id for one in queue.releases)):
        return queue.expires
    decides = run.release is not None and run.release.outcome == "live" and run.release.kind in DECIDES_EXPIRY
    return run.expiry if run.expiry or decides else queue.expires


def chosen(releases: Sequence[Release], asked: TargetOrder) -> Target:
    """The release of that number, or the one before what serves now; only what was live can be gone back to.

    What serves after a rollback is the release that it went back to, so that rolling back twice goes back two releases.
    Where a change was undone, what served before does; where that failed too, or nothing was left to serve, the
    release before is still the last one that was live. A run's own release does not count: one that the platform ended
    after it had left asks again, and means the same.
    """
    others = [one for one in releases if one.outcome != "undone" and one.run != asked.run]
    live = [one for one in others if one.outcome == "live" and one.serving]
    if not live:
        return Target()
    newest, number = others[0], asked.number
    place = newest.restores or newest.number
    found = [one for one in live if (one.number < place if number is None else one.number == number)]
    known = [one.number for one in live if one is not newest]
    return Target(release=found[0] if found else None, serving=newest.number, known=known)


def superseded(releases: Sequence[Release], before: datetime) -> list[SupersededDeployment]:
    """What served and does not any more, made by Slipway: the newest first, before all what a rollback goes back to.

    One that lost its traffic after `before` is not due yet.
    """
    live = [one for one in releases if one.outcome == "live" and one.serving]
    if not live:
        return []
    serving = {pin.deployment for pin in live[0].serving} | live[0].traffic.keys()
    target = chosen(releases, TargetOrder(endpoint="")).release
    found: dict[str, SupersededDeployment] = {}
    for newer, release in pairwise(live):
        for pin in release.serving:
            if pin.run and pin.deployment not in serving and pin.deployment not in found:
                due = newer.ended <= before
                found[pin.deployment] = SupersededDeployment(deployment=pin.deployment, run=pin.run, due=due)
    first = {pin.deployment for pin in target.serving} if target else set()
    return sorted(found.values(), key=lambda one: one.deployment not in first)[:MOST_SUPERSEDED]
