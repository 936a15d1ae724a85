"""Which registry an image is of: Docker's own rule, so that no spelling gets past a list of hosts."""

import pytest

from activities.operator_limits import registry_of


@pytest.mark.parametrize(
    ("image", "host"),
    [
        ("mcr.microsoft.com/azureml/base:1", "mcr.microsoft.com"),
        ("team.azurecr.io/a/b@sha256:0", "team.azurecr.io"),
        ("registry:5000/a", "registry:5000"),
        ("python", "docker.io"),
        ("python:3.11", "docker.io"),
        ("library/python:3.11", "docker.io"),
        ("somebody/mcr.microsoft.com/a", "docker.io"),
        ("mcr.microsoft.com@elsewhere.io/a", "mcr.microsoft.com@elsewhere.io"),
        ("mcr.microsoft.com.elsewhere.io/a", "mcr.microsoft.com.elsewhere.io"),
        ("mcr.microsoft.com:443/a", "mcr.microsoft.com:443"),
    ],
)
def test_the_host_is_what_stands_before_the_first_slash_if_it_looks_like_one(image: str, host: str) -> None:
    assert registry_of(image) == host
