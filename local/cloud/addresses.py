"""Where one local Azure listens."""

from __future__ import annotations

from typing import NamedTuple

from local.loopback import bind, url_of


class Ports(NamedTuple):
    """Ports of the loopback interface; 0 takes a free one."""

    control: int = 0
    proxy: int = 0


ANY_PORTS = Ports()


class Addresses:
    """The sockets, bound at once so that their addresses are known before anything is served.

    `azure` is TLS for all emulated hosts, `local` has managed identity and the control API, `proxy` the forward proxy.
    """

    def __init__(self, ports: Ports) -> None:
        self.azure = bind()
        self.local = bind(ports.control)
        self.proxy = bind(ports.proxy)

    @property
    def control_url(self) -> str:
        """Where the control API and the managed identity endpoint listen."""
        return url_of(self.local)

    @property
    def identity_url(self) -> str:
        """Where processes get their tokens."""
        return f"{self.control_url}/msi/token"

    @property
    def proxy_url(self) -> str:
        """Where the forward proxy listens."""
        return url_of(self.proxy)

    def close(self) -> None:
        """Let go of the ports."""
        for bound in (self.azure, self.local, self.proxy):
            bound.close()
