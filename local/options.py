"""The command-line options of `make demo` and `make up`."""

from __future__ import annotations

import argparse
from typing import TypedDict

from local.clock import speed

# Of `make up`: Slipway where Azure's own tools serve a function app, the local Azure beside it.
DESK_PORTS = (7071, 7072, 7073)
ANY_PORTS = (0, 0, 0)


def parser(
    prog: str, description: str | None, *, usual_speed: float, usual_ports: tuple[int, int, int] = ANY_PORTS
) -> argparse.ArgumentParser:
    """What both have: how fast time runs, and the ports of Slipway, of the control API and of the proxy."""
    made = argparse.ArgumentParser(prog=f"make {prog} ARGS=...", description=description)
    told = f"1 to 2000; {usual_speed:g}: 15 minutes last {15 * 60 / usual_speed:g} s"
    made.add_argument("--speed", type=speed, default=usual_speed, help=told)
    named = (("--port", "Slipway"), ("--cloud-port", "the control API"), ("--proxy-port", "the proxy to Azure"))
    for (option, whose), usual in zip(named, usual_ports, strict=True):
        told = f"port of {whose} (0: any free one; {usual} unless named)"
        made.add_argument(option, type=int, default=usual, help=told)
    return made


class Ports(TypedDict):
    """As `LocalProcesses` takes them."""

    port: int
    cloud_port: int
    proxy_port: int


def ports(options: argparse.Namespace) -> Ports:
    """The ports asked for."""
    return {"port": options.port, "cloud_port": options.cloud_port, "proxy_port": options.proxy_port}
