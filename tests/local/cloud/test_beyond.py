"""What a desk's proxy lets through to the world."""

from __future__ import annotations

import pytest

from local.cloud.beyond import is_beyond


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
