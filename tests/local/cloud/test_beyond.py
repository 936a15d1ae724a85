"""What a desk's proxy lets through to the world."""

from __future__ import annotations

import asyncio

import pytest

from local.cloud.beyond import is_beyond
from local.cloud.proxy import Proxy
from local.loopback import ADDRESS


@pytest.mark.parametrize("host", ["pypi.org", "github.com", "notazure.com", "azure.com.example"])
def test_what_is_none_of_azures_is_let_through(host: str) -> None:
    assert is_beyond(host)


@pytest.mark.parametrize(
    "host",
    [
        "management.azure.com",
        "login.microsoftonline.com",
        "other.blob.core.windows.net",
        "westeurope.api.azureml.ms",
        "real.westeurope.inference.ml.azure.com",
        "registry.azurecr.io",
        "169.254.169.254",
        "metadata",
        "[::1]",
    ],
)
def test_nothing_of_microsofts_is_reached_nor_an_address_without_a_name(host: str) -> None:
    assert not is_beyond(host)


@pytest.mark.parametrize("answers", [b"", b"HTTP/1.1 403 Forbidden\r\n\r\n"])
def test_a_host_that_this_machine_does_not_reach_is_told_so(answers: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own proxy closes the connection, or refuses it."""

    async def outside(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answers)
        writer.close()

    async def told() -> bytes:
        proxy = Proxy(lambda _host: False, 0, lambda: False, passed_on=lambda _host: True)
        async with (
            await asyncio.start_server(outside, ADDRESS, 0) as machines,
            await asyncio.start_server(proxy.connection, ADDRESS, 0) as ours,
        ):
            monkeypatch.setenv("https_proxy", f"http://{ADDRESS}:{machines.sockets[0].getsockname()[1]}")
            monkeypatch.setenv("IDENTITY_ENDPOINT", "")
            reader, writer = await asyncio.open_connection(ADDRESS, ours.sockets[0].getsockname()[1])
            writer.write(b"CONNECT pictures.example:443 HTTP/1.1\r\n\r\n")
            answer = await reader.read()
            writer.close()
            return answer

    answer = asyncio.run(told())

    assert answer.startswith(b"HTTP/1.1 502 The local Azure passes pictures.example:443 on")
    assert b"pictures.example:443 on, and this machine does not reach it" in answer
