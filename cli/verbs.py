"""Every verb of the command line: its place in `slipway -h`, examples, and what its exit codes mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import typer

from cli import commands, endpoint_commands, operation_commands, policy_commands, runtime_commands
from cli.help_pages import VerbHelp
from cli.listings import FILTERS, LISTED, listing
from cli.outcome import ExitCode
from orchestrations.runbooks import Runbook


class Section(StrEnum):
    """The headings of `slipway -h`, in their order."""

    DEPLOY = "Deploy"
    RUNS = "Deployments and operations"
    LOOK = "Endpoints, and what they answer"
    CHANGE = "What an endpoint serves"
    POLICIES = "Policies"


Ends = Mapping[ExitCode, str]
_STOPPED = {ExitCode.REFUSED: "refused, or something must be changed first", ExitCode.UNREACHABLE: "no answer"}
READ: Ends = {ExitCode.SUCCEEDED: "printed", **_STOPPED}
RUN: Ends = {
    ExitCode.SUCCEEDED: "succeeded, or not followed to its end",
    ExitCode.FAILED: "failed",
    ExitCode.REFUSED: _STOPPED[ExitCode.REFUSED],
    ExitCode.CANCELED: "canceled",
    ExitCode.UNREACHABLE: "no answer",
    ExitCode.INTERRUPTED: "Ctrl-C; the run goes on",
}
ASKED: Ends = {ExitCode.SUCCEEDED: "the model has answered", ExitCode.FAILED: "the model failed", **_STOPPED}
PLANNED: Ends = {
    ExitCode.SUCCEEDED: "nothing stands in the way",
    ExitCode.FAILED: "something stands in the way",
    **_STOPPED,
}
REGISTERED: Ends = {ExitCode.SUCCEEDED: "registered, or there already", **_STOPPED}
CHECKED: Ends = {
    ExitCode.SUCCEEDED: "all can be used",
    ExitCode.FAILED: "some cannot be used",
    ExitCode.REFUSED: _STOPPED[ExitCode.REFUSED],
}
# Those that delete a thing or tell what would go.
DELETED: Ends = {**RUN, ExitCode.FAILED: "failed; with --plan, something stands in the way"}


@dataclass(frozen=True)
class Verb:
    """One verb.

    Attributes:
        name: as it is typed; two words for a verb of a group.
        examples: what follows `slipway`.
    """

    name: str
    command: Callable[..., None]
    section: Section
    ends: Ends
    examples: tuple[str, ...]

    def add_to(self, app: typer.Typer) -> None:
        """Make it a command of `app`."""
        examples = [("", f"slipway {example}") for example in self.examples]
        codes = [(str(code.value), meaning) for code, meaning in self.ends.items()]
        told = type("Told", (VerbHelp,), {"last_words": {"Examples": examples, "Exit codes": codes}})
        app.command(self.name.split()[-1], cls=told, rich_help_panel=self.section)(self.command)


def _listing(named: tuple[str, Runbook]) -> Verb:
    name, runbook = named
    asked = runbook.filters[0]
    return Verb(name, listing(name, runbook), Section.RUNS, READ, (f"{name} --{asked} {FILTERS[asked].example}",))


VERBS = (
    Verb("deploy", commands.deploy, Section.DEPLOY, RUN, (
        "deploy request.yml",
        "deploy -f endpoint.yml -f blue-deployment.yml --request sample.json --traffic blue=100",
    )),
    Verb("plan", commands.plan, Section.DEPLOY, PLANNED, ("plan request.yml",)),
    Verb("status", commands.status, Section.RUNS, RUN, ("status dep-74600ceb93346e7201c90b7ea078e731 --follow",)),
    Verb("logs", commands.logs, Section.RUNS, READ, (
        "logs dep-74600ceb93346e7201c90b7ea078e731 --container storage-initializer",
    )),
    Verb("cancel", commands.cancel, Section.RUNS, RUN, ("cancel dep-74600ceb93346e7201c90b7ea078e731",)),
    *map(_listing, LISTED.items()),
    Verb("endpoints", endpoint_commands.endpoints, Section.LOOK, READ, ("endpoints --name risk",)),
    Verb("endpoint", endpoint_commands.endpoint, Section.LOOK, READ, ("endpoint credit-risk",)),
    Verb("findings", endpoint_commands.findings, Section.LOOK, READ, ("findings",)),
    Verb("endpoint-logs", endpoint_commands.endpoint_logs, Section.LOOK, READ, (
        "endpoint-logs credit-risk/blue --tail 50",
    )),
    Verb("invoke", endpoint_commands.invoke, Section.LOOK, ASKED, (
        "invoke credit-risk --request sample.json",
        "invoke credit-risk --request - --deployment green",
    )),
    Verb("chat", endpoint_commands.chat, Section.LOOK, ASKED, ("chat support-bot",)),
    Verb("consume", endpoint_commands.consume, Section.LOOK, READ, ("consume credit-risk --language python > ask.py",)),
    Verb("runtime", runtime_commands.runtime, Section.DEPLOY, RUN, ("runtime -f runtime.yml",)),
    Verb("prepare-runtime", runtime_commands.prepare, Section.DEPLOY, RUN, (
        "prepare-runtime -f automatic.yml --flow my-flow",
    )),
    Verb("delete-runtime", runtime_commands.delete, Section.CHANGE, DELETED, (
        "delete-runtime flows-machine/flows --plan",
        "delete-runtime flows-machine/flows --with-compute",
    )),
    Verb("releases", operation_commands.releases, Section.CHANGE, READ, ("releases credit-risk",)),
    Verb("rollback", operation_commands.roll_back, Section.CHANGE, RUN, (
        "rollback credit-risk",
        "rollback credit-risk --to 3",
    )),
    Verb("traffic", operation_commands.share_traffic, Section.CHANGE, RUN, (
        "traffic credit-risk blue=90 green=10",
        "traffic credit-risk blue=100 --mirror green=10",
    )),
    Verb("update", operation_commands.update, Section.CHANGE, RUN, (
        "update credit-risk/blue --set instance_count=3",
        "update credit-risk/blue --set model=azureml:credit-risk:4 --in-place",
        "update credit-risk/blue --set environment_variables.LOG_LEVEL=debug --set environment_variables.OLD=null",
    )),
    Verb("delete", operation_commands.delete, Section.CHANGE, DELETED, (
        "delete credit-risk/blue --plan",
        "delete credit-risk --force",
    )),
    Verb("remove-findings", operation_commands.remove_findings, Section.CHANGE, DELETED, (
        "remove-findings credit-risk --plan",
        "remove-findings credit-risk",
    )),
    Verb("register-code", commands.register_code, Section.POLICIES, REGISTERED, (
        "register-code score --name credit-risk-scoring --version 1",
    )),
    Verb("policies check", policy_commands.check, Section.POLICIES, CHECKED, ("policies check policies",)),
)  # fmt: skip
