"""The resources that tokens are for, by the service that accepts them."""

from __future__ import annotations

MANAGEMENT = frozenset({"https://management.azure.com", "https://management.core.windows.net"})
STORAGE = frozenset({"https://storage.azure.com"})
MACHINE_LEARNING = frozenset({"https://ml.azure.com"})
LANGUAGE_MODELS = frozenset({"https://cognitiveservices.azure.com"})
VAULTS = frozenset({"https://vault.azure.net"})

# What Azure AD knows as resources here; another one is a mistake in the caller that Azure would refuse as well.
KNOWN = (
    MANAGEMENT
    | STORAGE
    | MACHINE_LEARNING
    | LANGUAGE_MODELS
    | VAULTS
    | {
        "https://ai.azure.com",
        "https://graph.microsoft.com",
        "https://eventgrid.azure.net",
        "https://containerregistry.azure.net",
    }
)
