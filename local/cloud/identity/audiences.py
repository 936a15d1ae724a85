"""The resources that tokens are for, by the service that accepts them."""

from __future__ import annotations

MANAGEMENT = frozenset({"https://management.azure.com", "https://management.core.windows.net"})
STORAGE = frozenset({"https://storage.azure.com"})
MACHINE_LEARNING = frozenset({"https://ml.azure.com"})
LANGUAGE_MODELS = frozenset({"https://cognitiveservices.azure.com"})

# What Azure AD knows as resources here; another one is a mistake in the caller that Azure would refuse as well.
KNOWN = (
    MANAGEMENT
    | STORAGE
    | MACHINE_LEARNING
    | LANGUAGE_MODELS
    | {
        "https://ai.azure.com",
        "https://graph.microsoft.com",
        "https://vault.azure.net",
        "https://eventgrid.azure.net",
        "https://containerregistry.azure.net",
    }
)
