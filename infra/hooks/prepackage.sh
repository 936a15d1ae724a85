#!/bin/sh
# host.json is a file of the package: the one for the backend that was chosen (SLIPWAY_BACKEND) is put in its place.
set -eu

backend=${SLIPWAY_BACKEND:-AzureStorage}
chosen=infra/backends/$backend.json
if ! [ -f "$chosen" ]; then
  printf '%s\n' "There is no $chosen: azd env set SLIPWAY_BACKEND AzureStorage, or DurableTaskScheduler" >&2
  exit 1
fi
cmp -s "$chosen" host.json || {
  cp "$chosen" host.json
  printf '%s\n' "host.json is now the one for $backend."
}
