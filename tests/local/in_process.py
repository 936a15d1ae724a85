"""Requests to an emulated service without a network: what `requests` and the SDKs on it send goes to an ASGI app."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import httpx
import requests
import urllib3
from requests.adapters import BaseAdapter
from starlette.types import ASGIApp


class Http:
    """Plain HTTP to an ASGI app; `headers` go with every request that has none of that name."""

    def __init__(self, app: ASGIApp, headers: dict[str, str] | None = None) -> None:
        self._app = app
        self._headers = headers or {}

    def request(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport, base = httpx.ASGITransport(self._app), "https://management.azure.com"
            async with httpx.AsyncClient(transport=transport, base_url=base, headers=self._headers) as client:
                return await client.request(method, url, **kwargs)

        return asyncio.run(send())

    def get(self, url: str, **kwargs: Any) -> httpx.Response:
        return self.request("GET", url, **kwargs)

    def put(self, url: str, **kwargs: Any) -> httpx.Response:
        return self.request("PUT", url, **kwargs)


class InProcess(BaseAdapter):
    """Hands a `requests` request to an ASGI app."""

    def __init__(self, client: Http) -> None:
        super().__init__()
        self._client = client

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        assert request.url is not None
        answer = self._client.request(
            str(request.method), request.url, content=request.body, headers=dict(request.headers)
        )
        response = requests.Response()
        response.status_code = answer.status_code
        response.headers.update(answer.headers)
        response.request, response.url = request, request.url
        raw = urllib3.HTTPResponse(
            io.BytesIO(answer.content),
            answer.headers,
            answer.status_code,
            preload_content=False,
            request_method=request.method,
        )
        response.raw = raw
        return response

    def close(self) -> None:
        """Nothing is held open."""
