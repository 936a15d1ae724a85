"""The certificate authority of one run: clients are told to trust it, and it vouches for the Azure hosts."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import trustme

from local.cloud import language_models
from local.cloud.hosts import BLOB_SUFFIX, GRAPH, INFERENCE_SUFFIX, MANAGEMENT, REGISTRY_DISCOVERY, VAULT_SUFFIX


class Certificates(NamedTuple):
    """PEM files: `authority` to trust, `server` with key and chain (readable by its owner alone)."""

    authority: Path
    server: Path


def issue(data: Path) -> Certificates:
    """Create an authority and one server certificate for all emulated hosts under `data`."""
    authority = trustme.CA(organization_name="Slipway local Azure")
    suffixes = (INFERENCE_SUFFIX, BLOB_SUFFIX, VAULT_SUFFIX, *language_models.SUFFIXES)
    leaf = authority.issue_cert(MANAGEMENT, GRAPH, REGISTRY_DISCOVERY, *(f"*{suffix}" for suffix in suffixes))
    files = Certificates(data / "ca.pem", data / "server.pem")
    files.server.touch(mode=0o600)
    files.server.chmod(0o600)
    leaf.private_key_and_cert_chain_pem.write_to_path(files.server)
    authority.cert_pem.write_to_path(files.authority)
    return files
