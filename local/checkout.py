"""The checkout that this runs from: the function app is its root, and models are served by an environment in it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCORING_PYTHON = ROOT / ".venv-score" / "bin" / "python"
# Environments of deployments, built once and shared by every local Azure of this checkout.
ENVIRONMENTS = ROOT / ".slipway-cache" / "environments"
EXAMPLE = ROOT / "examples" / "credit-risk"

# What infra/ sets in the function app besides its workspace.
APP_SETTINGS = {"AZURE_FUNCTIONS_DURABLE_STRICT_TYPING": "1"}

# `policies/` is deployed to Azure and empty at first; tests and the demo use the example.
EXAMPLE_POLICIES = ROOT / "examples" / "policies"
