"""A credential for tests and tools in the same process: tokens without a detour over HTTP."""

from __future__ import annotations

from azure.core.credentials import AccessToken, AccessTokenInfo

from local.cloud.identity.tokens import Tokens
from local.cloud.world import Identity


class LocalCredential:
    """Acts as one identity of the local Azure; usable wherever an Azure SDK takes a credential."""

    def __init__(self, tokens: Tokens, identity: Identity) -> None:
        self._tokens = tokens
        self._identity = identity

    def get_token(self, *scopes: str, **_options: object) -> AccessToken:
        """A token for the resource of the first scope (`.../.default`)."""
        return AccessToken(*self._issue(*scopes))

    def get_token_info(self, *scopes: str, **_options: object) -> AccessTokenInfo:
        """The same, in the newer form."""
        return AccessTokenInfo(*self._issue(*scopes))

    def close(self) -> None:
        """Nothing is held open."""

    def _issue(self, *scopes: str) -> tuple[str, int]:
        if len(scopes) != 1:
            raise ValueError("this credential gives a token for exactly one scope")
        return self._tokens.issue(self._identity, scopes[0].removesuffix("/.default"))
