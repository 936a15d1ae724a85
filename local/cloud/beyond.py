"""The world beside Azure, as a shell of `make up` still reaches it through the proxy: package indexes, code hosts.

Nothing that is Microsoft's is reached, whatever it is called: a wrong setting can never lead to the real Azure.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from local.cloud.environment import of_this_machine

# Azure's public clouds, and what signs in to them.
_MICROSOFT = (
    "azure.com", "azure.net", "azure.cn", "azure.us", "azureml.ms", "azureml.net", "azurecr.io", "azurewebsites.net",
    "azure-api.net", "azureedge.net", "chinacloudapi.cn", "live.com", "microsoft.com", "microsoftonline.com",
    "microsoftonline.us", "msidentity.com", "trafficmanager.net", "usgovcloudapi.net", "visualstudio.com",
    "windows.net",
)  # fmt: skip


def is_beyond(host: str) -> bool:
    """Whether the host is none of Microsoft's; an address without a name may be anybody's."""
    named = "." in host and not host.replace(".", "").isdigit() and ":" not in host
    return named and not any(host == one or host.endswith(f".{one}") for one in _MICROSOFT)


async def connected_beyond(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the host, through this machine's own proxy where it has one; OSError or EOFError without it."""
    variables = of_this_machine()
    proxy = urlsplit(variables.get("https_proxy") or variables.get("HTTPS_PROXY") or "")
    if not proxy.hostname:
        return await asyncio.open_connection(host, port)
    reader, writer = await asyncio.open_connection(proxy.hostname, proxy.port or 80)
    writer.write(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except BaseException:
        writer.close()
        raise
    if head.split(b" ", 2)[1:2] != [b"200"]:
        writer.close()
        raise OSError(f"the proxy of this machine refuses {host}:{port}")
    return reader, writer
