"""The command-line options of `make demo` and `make up`."""

from __future__ import annotations

import argparse

from local.clock import speed


def parser(prog: str, description: str | None, *, usual_speed: float) -> argparse.ArgumentParser:
    """What both have: how fast time runs, and the ports."""
    made = argparse.ArgumentParser(prog=f"make {prog} ARGS=...", description=description)
    told = f"1 to 2000; {usual_speed:g}: 15 minutes last {15 * 60 / usual_speed:g} s"
    made.add_argument("--speed", type=speed, default=usual_speed, help=told)
    made.add_argument("--port", type=int, default=0, help="port of Slipway (0: any free one)")
    made.add_argument("--cloud-port", type=int, default=0, help="port of the control API (0: any free one)")
    made.add_argument("--proxy-port", type=int, default=0, help="port of the proxy to Azure (0: any free one)")
    return made


def ports(options: argparse.Namespace) -> dict[str, int]:
    """The ports asked for, as `LocalProcesses` takes them."""
    return {"port": options.port, "cloud_port": options.cloud_port, "proxy_port": options.proxy_port}
