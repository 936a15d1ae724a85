"""The version of Slipway, shown by `GET /api/health`."""

VERSION = "0.1.0"
