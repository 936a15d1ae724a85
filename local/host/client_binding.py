"""The value of a durableClient binding: where the durable HTTP API is, and the URLs to hand to callers.

Keys and URL shapes as the extension sends them, taken from what the Python SDK reads; the SDK replaces the literal
`INSTANCEID` and the origin.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import quote_plus

WEBHOOK = "/runtime/webhooks/durabletask"
_PLACEHOLDER = "INSTANCEID"
_MANAGEMENT = {
    "statusQueryGetUri": "",
    "sendEventPostUri": "/raiseEvent/{eventName}",
    "terminatePostUri": "/terminate?reason={text}",
    "rewindPostUri": "/rewind?reason={text}",
    "purgeHistoryDeleteUri": "",
    "restartPostUri": "/restart",
    "suspendPostUri": "/suspend?reason={text}",
    "resumePostUri": "/resume?reason={text}",
}


@dataclass(frozen=True)
class ClientUrls:
    """The durable URLs of one host."""

    origin: str
    """Scheme and authority, such as `http://127.0.0.1:7071`."""
    hub_name: str
    key: str
    rpc_path: str
    """Where the SDK's own calls go: no key, so the path itself is a secret."""

    def management(self, instance_id: str, origin: str | None = None) -> dict[str, str]:
        """The URLs that manage one instance."""
        query = f"taskHub={self.hub_name}&connection=Storage&code={self.key}"
        # As the extension encodes it (recorded); the placeholder is all letters.
        base = f"{origin or self.origin}{WEBHOOK}/instances/{quote_plus(instance_id, safe='-_.!*()')}"
        urls = {name: _with_query(base + rest, query) for name, rest in _MANAGEMENT.items()}
        return {"id": instance_id, **urls}

    def binding(self) -> str:
        """The binding value, JSON text."""
        start = f"{self.origin}{WEBHOOK}/orchestrators/{{functionName}}[/{{instanceId}}]"
        wait = "timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}"
        value = {
            "taskHubName": self.hub_name,
            "creationUrls": {
                "createNewInstancePostUri": f"{start}?code={self.key}",
                "createAndWaitOnNewInstancePostUri": f"{start}?{wait}&code={self.key}",
            },
            "managementUrls": self.management(_PLACEHOLDER),
            "baseUrl": f"{self.origin}{WEBHOOK}",
            "requiredQueryStringParameters": f"code={self.key}",
            "rpcBaseUrl": f"{self.origin}{self.rpc_path}/",
        }
        return json.dumps(value)


def _with_query(url: str, query: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{query}"
