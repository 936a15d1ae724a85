"""The file that a shell sources to work with `make up`: it may be sourced again, and `slipway_off` takes it back."""

from __future__ import annotations

import shlex
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

from local.checkout import ROOT
from local.cloud.environment import CONFLICTING

# Enough for any script that uses the Azure SDKs, and for the CLI. Not HTTP_PROXY and ALL_PROXY: Azure is HTTPS.
_SHOWN = ("AZURE_", "CONTROL_URL", "IDENTITY_", "SLIPWAY_")
_PROXIES = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")
_BUNDLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")


def write_shell_file(path: Path, environment: Mapping[str, str]) -> None:
    """Write it, readable by its owner alone, with a bundle of certificates beside it.

    The bundle has the local Azure's authority and those that this machine trusts, so that package indexes and whatever
    else the shell reaches are believed as before.
    """
    bundle = path.with_name("trusted.pem")
    bundle.write_text(Path(environment["SSL_CERT_FILE"]).read_text() + _trusted_here())
    shown = {
        name: value
        for name, value in environment.items()
        if name in _PROXIES or (name.startswith(_SHOWN) and name not in CONFLICTING)
    }
    shown |= dict.fromkeys(_BUNDLES, str(bundle))
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text("\n".join(_lines(shown)) + "\n")


def _lines(shown: Mapping[str, str]) -> list[str]:
    names = [*CONFLICTING, *shown]
    root, python = shlex.quote(str(ROOT)), shlex.quote(sys.executable)
    return [
        # Sourced again: what was there before the first time is to come back.
        "if command -v slipway_off > /dev/null; then slipway_off; fi",
        *(f'[ -z "${{{name}+x}}" ] || _before_slipway_{name}="${name}"' for name in names),
        *(f"unset {name}" for name in CONFLICTING),
        *(f"export {name}={shlex.quote(value)}" for name, value in shown.items()),
        # A function, so that the command works from any folder and shadows nothing that is installed for good. -P: the
        # folder it is called in may have modules of the same names.
        f'slipway() {{ PYTHONPATH={root} {python} -P -m cli "$@"; }}',
        "slipway_off() {",
        *(_put_back(name) for name in names),
        "  unset -f slipway slipway_off",
        "}",
    ]


def _put_back(name: str) -> str:
    before = f"_before_slipway_{name}"
    return f'  unset {name}; [ -z "${{{before}+x}}" ] || {{ export {name}="${before}"; unset {before}; }}'


def _trusted_here() -> str:
    """The certificates this machine trusts, as PEM."""
    return "".join(ssl.DER_cert_to_PEM_cert(one) for one in ssl.create_default_context().get_ca_certs(binary_form=True))
