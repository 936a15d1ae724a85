"""What the containers of a deployment write: its end for an error, all of it for whoever looks for the cause.

The whole log goes into a blob of Slipway's own and never through the task hub.
"""

from __future__ import annotations

from activities.envelope import activity
from azure_api import begin, kept_logs
from azure_api.clients import clients
from azure_api.errors import translated
from contracts.activities import EntryInput, KeptLogs
from contracts.container_log import CONTAINERS, LOG_LIMIT_BYTES, Container, kept
from contracts.errors import DeploymentError
from contracts.ledger import LedgerEntry, endpoint_and_deployment

TAIL_LINES = 60
# Azure counts lines, and publishes no limit of them: first as many as it surely gives, then as many as fill what is
# kept, so that long lines do not fill the memory instead.
FIRST_LINES, MOST_LINES = 1000, 20_000

NO_PLACE = "the app has no place for logs: SLIPWAY_LOGS_URL is not set"
NO_DEPLOYMENT = "there was no deployment of this run any more"
WROTE_NOTHING = "its containers wrote nothing"


def log_tail(endpoint: str, deployment: str) -> str:
    """The end of the inference server's log; empty when Azure has none (never a reason to fail a failure report)."""
    try:
        return _log(endpoint, deployment, TAIL_LINES)
    except DeploymentError:
        return ""


@activity
def keep_logs(order: EntryInput) -> KeptLogs:
    """Keep the logs of a deployment that failed, for when it is gone.

    A log that is kept already stays as long as Azure has nothing newer. Raises why none could be kept.
    """
    if not kept_logs.is_any_place():
        return KeptLogs(nothing=NO_PLACE)
    if not _is_there(order.mark, order.entry):
        return KeptLogs(nothing=NO_DEPLOYMENT)
    done: list[Container] = []
    refused: DeploymentError | None = None
    for container in CONTAINERS:
        try:
            text = _whole_log(order.entry, container)
        except DeploymentError as error:
            if error.retryable:
                raise
            refused = error  # such as a platform without that container; the other one's is kept all the same
            continue
        if text:
            kept_logs.keep(order.mark, container, text)
            done.append(container)
    if refused and not done:
        raise refused
    return KeptLogs(kept=done, nothing=None if done else WROTE_NOTHING)


def find_log(mark: str, entry: LedgerEntry | None, container: Container) -> str | None:
    """The log of a run's deployment: as it was kept, else as Azure has it now; None when neither has any.

    `entry` is that of the deployment in the run's ledger, if it is not undone. Raises deployment errors when it cannot
    be told.
    """
    unreadable: DeploymentError | None = None
    try:
        found = kept_logs.find(mark, container)
    except DeploymentError as error:
        found, unreadable = None, error
    if found is None and entry is not None and _is_there(mark, entry):
        found = _whole_log(entry, container) or None
    if found is None and unreadable:
        raise unreadable
    return found


def _is_there(mark: str, entry: LedgerEntry) -> bool:
    """Whether the deployment is there, and the one that the run made or found."""
    there = begin.find_deployment(*endpoint_and_deployment(entry.id))
    return there is not None and (entry.how == "found" or begin.mark_of(there) == mark)


def _whole_log(entry: LedgerEntry, container: Container) -> str:
    return present_log(*endpoint_and_deployment(entry.id), container)


def present_log(endpoint: str, deployment: str, container: Container, tail: int | None = None) -> str:
    """A container's log as Azure has it now, without secrets: its last `tail` lines, or as much as is kept of one.

    Empty where the container wrote nothing. Raises deployment errors.
    """
    if tail is not None:
        return kept(_log(endpoint, deployment, tail, container))
    text = _log(endpoint, deployment, FIRST_LINES, container)
    lines = text.count("\n")
    if lines >= FIRST_LINES - 1 and len(text) < LOG_LIMIT_BYTES:
        try:
            text = _log(endpoint, deployment, min(MOST_LINES, LOG_LIMIT_BYTES * lines // len(text) + 1), container)
        except DeploymentError as error:
            if error.retryable:
                raise
    return kept(text)


def _log(endpoint: str, deployment: str, lines: int, container: Container | None = None) -> str:
    with translated():
        return str(clients().ml.online_deployments.get_logs(deployment, endpoint, lines, container_type=container))
