"""Online endpoints as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.wording import counted, plain, span
from contracts.endpoints import EndpointList, Machines, Maker, OnlineDeploymentView, OnlineEndpointView

_STYLES = {"Succeeded": "green", "Failed": "bold red"}
_DAY = timedelta(days=1)


def print_endpoints(console: Console, page: EndpointList, following: str | None) -> None:
    """Endpoints, one line each; `following` shows more of them."""
    if page.endpoints:
        table = _table("endpoint", "state", "auth", "traffic", "deployments", "machines", "unused")
        for one in page.endpoints:
            table.add_row(
                Text(plain(one.name), style="bold"),
                _state(one.state),
                plain(one.auth_mode),
                _shares(one),
                str(len(one.deployments)),
                _machines(one.machines),
                Text(plain(", ".join(one.unused)), style="yellow"),
            )
        console.print(table)
    else:
        console.print("No endpoints." if following is None else "None of this page.")
    if following:
        console.print(plain(f"More of them: {following}"), soft_wrap=True)


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
    console.print()
    if not endpoint.deployments:
        console.print("  no deployments")
        return
    console.print(_deployments(endpoint.deployments, now))
    for name in endpoint.unused:
        [one] = [one for one in endpoint.deployments if one.name == name]
        keeps = counted(one.instance_count or 0, "instance")
        kept = f"{keeps} of {one.instance_type}" if one.instance_type else keeps
        console.print(plain(f"{name} keeps {kept} and gets no request"), style="yellow", soft_wrap=True)


def _deployments(deployments: Sequence[OnlineDeploymentView], now: datetime | None) -> Table:
    table = _table("deployment", "state", "traffic", "model", "environment", "machines", "made")
    for one in deployments:
        share = f"{one.traffic} %" + (f" +{one.mirror_traffic} % mirrored" if one.mirror_traffic else "")
        size = f"{one.instance_count or '?'} x {one.instance_type or '?'}" + (" (autoscaled)" * one.autoscaled)
        table.add_row(
            Text(plain(one.name), style="bold"),
            _state(one.state),
            Text(share, style="" if one.traffic else "dim"),
            _name(one.model),
            _name(one.environment),
            plain(size),
            plain(_made(one.created, one.made_by, now)),
        )
    return table


def _table(*titles: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for title in titles:
        table.add_column(title, overflow="fold")
    return table


def _state(state: str) -> Text:
    return Text(plain(state), style=_STYLES.get(state, "yellow"))


def _shares(endpoint: OnlineEndpointView) -> Text:
    parts = [f"{name} {percent} %" for name, percent in sorted(endpoint.traffic.items())]
    parts += [f"{name} gets copies of {percent} %" for name, percent in sorted(endpoint.mirror_traffic.items())]
    return Text(plain(", ".join(parts)) or "none", style="" if parts else "dim")


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
