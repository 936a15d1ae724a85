"""The arguments and options that several verbs share: each has one name, one metavar and one sentence everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.following import SHORTEST_PAUSE
from cli.outcome import NotAccepted
from contracts.queue import WhenBusy

LONGEST_WAIT = 180


def flag(*names: str, help: str) -> Any:  # noqa: A002 - typer's own word
    """An option that is there or not: nothing follows its name."""
    return typer.Option(*names, metavar="", help=help)


RequestPath = Annotated[
    Path | None, typer.Argument(metavar="FILE", help="the request, as YAML or JSON; - for standard input")
]
Files = Annotated[
    list[Path] | None,
    typer.Option("--file", "-f", metavar="FILE", help="an az ml file of an endpoint, deployment, model or environment"),
]
Sample = Annotated[
    Path | None,
    typer.Option(
        "--request", "-r", metavar="FILE", help="what the smoke test sends: JSON, or text or bytes, by the file's name"
    ),
]
Shares = Annotated[
    str | None, typer.Option(metavar="SHARES", help='all_at_once, none, or shares such as "blue=90 green=10"')
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="e.g. instance_count=2, or endpoint.tags.team=risk; once for each field",
    ),
]

Run = Annotated[str, typer.Argument(metavar="ID", help="of a deployment or an operation")]
Endpoint = Annotated[str, typer.Argument(metavar="ENDPOINT", help="its name")]
DeploymentOf = Annotated[
    str, typer.Argument(metavar="ENDPOINT/DEPLOYMENT", help="their names, as `slipway list` prints them")
]
Pinned = Annotated[
    str | None, typer.Option("--deployment", "-d", metavar="NAME", help="that shall answer, whatever the traffic")
]

AsJson = Annotated[bool, flag("--json", help="print exactly what the service answered")]
Follow = Annotated[bool, flag("--follow/--no-follow", help="stay until it has ended")]
Interval = Annotated[
    float,
    typer.Option(metavar="SECONDS", min=SHORTEST_PAUSE, help="between attempts, and between looks while following"),
]
Key = Annotated[
    str | None,
    typer.Option("--idempotency-key", metavar="KEY", help="the same key again finds the same run, and starts nothing"),
]
Busy = Annotated[WhenBusy, typer.Option("--when-busy", help="while another run writes to the endpoint")]
Timeout = Annotated[int, typer.Option(metavar="SECONDS", min=1, max=LONGEST_WAIT, help="that the model may take")]
After = Annotated[str | None, typer.Option(metavar="PAGE", help="where the page before left off")]
Limit = Annotated[int | None, typer.Option(metavar="NUMBER", min=1, max=200, help="how many at once")]

Subscription = Annotated[
    str,
    typer.Option(metavar="ID", envvar="SLIPWAY_SUBSCRIPTION_ID", help="of the workspace, to register local files"),
]
ResourceGroup = Annotated[str, typer.Option(metavar="NAME", envvar="SLIPWAY_RESOURCE_GROUP", help="of the workspace")]
WorkspaceName = Annotated[
    str, typer.Option(metavar="NAME", envvar="SLIPWAY_WORKSPACE", help="where local files are registered")
]


def parted(target: str) -> tuple[str, str]:
    """An endpoint and one of its deployments; raises NotAccepted when one of the two is not named."""
    endpoint, _, deployment = target.partition("/")
    if not endpoint or not deployment:
        raise NotAccepted(f"{target!r} names no deployment: write <endpoint>/<deployment>")
    return endpoint, deployment
