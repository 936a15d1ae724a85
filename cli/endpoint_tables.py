"""Online endpoints as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.wording import counted, plain, span
from contracts.endpoints import EndpointList, Machines, Maker, OnlineDeploymentView, OnlineEndpointView
from contracts.findings import FindingList

_STYLES = {"Succeeded": "green", "Failed": "bold red"}
_DAY = timedelta(days=1)
# Whatever reads what no terminal shows wants each row in one line.
_NO_END = 10_000
_GAP = 2
# On a narrow terminal, longer words than this are broken.
_WORD = 13


def print_endpoints(console: Console, page: EndpointList, following: str | None) -> None:
    """Endpoints, one line each; `following` shows more of them."""
    if page.endpoints:
        _print(console, ("endpoint", "state", "auth", "traffic", "deployments", "machines"), map(_row, page.endpoints))
    else:
        console.print("No endpoints." if following is None else "None of this page.")
    for one in page.endpoints:
        if one.not_told:
            console.print(Text(plain(f"deployments of {one.name}: {one.not_told}"), style="yellow"), soft_wrap=True)
    if following:
        console.print(plain(f"More of them: {following}"), soft_wrap=True)


def print_findings(console: Console, page: FindingList) -> None:
    """What was found, each with what mends it below; and what could not be compared."""
    if not page.findings:
        console.print("Nothing found." if not page.unchecked else "Nothing found in what could be read.")
    for one in page.findings:
        console.print(Text(plain(f"{one.kind}: {one.detail}"), style="yellow"), soft_wrap=True)
        console.print(plain(f"  {one.command}"), soft_wrap=True)
    for line in page.unchecked:
        console.print(plain(f"not compared: {line}"), soft_wrap=True)


def _row(endpoint: OnlineEndpointView) -> Sequence[Text]:
    unused = f", unused: {', '.join(endpoint.unused)}" if endpoint.unused else ""
    told = (f"{len(endpoint.deployments)}{unused}", _machines(endpoint.machines))
    deployments, machines = ("not told", "not told") if endpoint.not_told else told
    return (
        _text(endpoint.name, "bold"),
        _state(endpoint.state),
        _text(endpoint.auth_mode),
        _shares(endpoint),
        _text(deployments, "yellow" if endpoint.unused or endpoint.not_told else ""),
        _text(machines),
    )


def print_endpoint(console: Console, endpoint: OnlineEndpointView, now: datetime | None) -> None:
    """An endpoint, and a table of its deployments; ages are told at `now`."""
    head = f"{endpoint.name}: {endpoint.state}"
    console.print(Text(plain(head), style=f"bold {_STYLES.get(endpoint.state, 'yellow')}"), soft_wrap=True)
    identity = endpoint.identity
    who = ", ".join(one.rsplit("/", 1)[-1] for one in identity.user_assigned) or "of its own"
    rows = {
        "scoring URI": endpoint.scoring_uri or "none yet",
        "auth mode": endpoint.auth_mode,
        "identity": f"{who} ({identity.principal_id or 'no principal'})" if identity.type != "none" else "none",
        "network": f"public access {endpoint.public_network_access}" if endpoint.public_network_access else "",
        "traffic": _shares(endpoint).plain,
        "made": _made(endpoint.created, endpoint.made_by, now),
        "machines": _machines(endpoint.machines) if endpoint.platform == "managed" else "of its cluster",
    }
    for title, text in rows.items():
        if text:
            console.print(plain(f"  {title:<12} {text}"), soft_wrap=True)
    if not endpoint.deployments:
        console.print("  no deployments")
        return
    console.print()
    titles = ("deployment", "state", "traffic", "model and environment", "machines", "made")
    _print(console, titles, (_deployment(one, now) for one in endpoint.deployments))
    if endpoint.unused:
        console.print()
    for name in endpoint.unused:
        [one] = [one for one in endpoint.deployments if one.name == name]
        keeps = counted(one.instance_count or 0, "instance")
        kept = f"{keeps} of {one.instance_type}" if one.instance_type else keeps
        console.print(plain(f"{name} keeps {kept} and gets no request"), style="yellow", soft_wrap=True)


def _deployment(one: OnlineDeploymentView, now: datetime | None) -> Sequence[Text]:
    share = f"{one.traffic} %" + (f" +{one.mirror_traffic} % mirrored" if one.mirror_traffic else "")
    size = f"{one.instance_count or '?'} x {one.instance_type or '?'}" + (" (autoscaled)" * one.autoscaled)
    return (
        _text(one.name, "bold"),
        _state(one.state),
        _text(share, "" if one.traffic else "dim"),
        _text(f"{_name(one.model)} in {_name(one.environment)}"),
        _text(size),
        _text(_made(one.created, one.made_by, now)),
    )


def _print(console: Console, titles: Sequence[str], rows: Iterable[Sequence[Text]]) -> None:
    """A table whose cells break between words, as far as the terminal has room for the longest of them."""
    if not console.is_terminal:
        console.width = _NO_END
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    cells = [*rows]
    longest = [
        max((len(word) for cell in column for word in cell.plain.split()), default=0)
        for column in zip(map(Text, titles), *cells, strict=True)
    ]
    room = console.width - _GAP * len(titles)
    for title, needed in zip(titles, longest, strict=True):
        table.add_column(title, overflow="fold", min_width=needed if sum(longest) <= room else min(needed, _WORD))
    for row in cells:
        table.add_row(*row)
    console.print(table)


def _text(text: str, style: str = "") -> Text:
    return Text(plain(text), style=style)


def _state(state: str) -> Text:
    return _text(state, _STYLES.get(state, "yellow"))


def _shares(endpoint: OnlineEndpointView) -> Text:
    parts = [f"{name} {percent} %" for name, percent in sorted(endpoint.traffic.items())]
    parts += [f"{name} gets copies of {percent} %" for name, percent in sorted(endpoint.mirror_traffic.items())]
    return _text(", ".join(parts) or "none", "" if parts else "dim")


def _machines(machines: Sequence[Machines]) -> str:
    return plain(", ".join(f"{one.count} x {one.instance_type}" for one in machines)) or "none"


def _name(asset: str | None) -> str:
    return plain((asset or "none").removeprefix("azureml:"))


def _made(moment: datetime | None, maker: Maker, now: datetime | None) -> str:
    """How long ago, and by whom."""
    ago = f"{_age(now - moment)} ago" if moment and now else f"{moment:%Y-%m-%d %H:%M}" if moment else ""
    by = "by Slipway" if maker.slipway else f"by {maker.name or 'somebody else'}"
    return f"{ago} {by}".strip()


def _age(age: timedelta) -> str:
    return counted(age.days, "day") if age >= _DAY else span(age)
