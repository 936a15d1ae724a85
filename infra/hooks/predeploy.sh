#!/bin/sh
# Azure stores the package as the app's identity, and the role for that was granted minutes ago: it may not count yet.
set -u
: "${SLIPWAY_APP_ID:?is not set: azd provision first}"

chosen=${SLIPWAY_BACKEND:-AzureStorage}
if [ "$chosen" != "${SLIPWAY_PROVISIONED_BACKEND:-}" ]; then
  printf '%s\n' "The package is for $chosen and the app for ${SLIPWAY_PROVISIONED_BACKEND:-an older version}: azd provision first" >&2
  exit 1
fi

names=$(az rest --method get --url "$SLIPWAY_APP_ID/functions?api-version=2024-04-01" --query "value[].name" --output tsv) ||
  names=
if [ -z "$names" ]; then
  printf '%s\n' "First deployment: two minutes until the app may store its package ..."
  sleep 120
fi
printf '%s\n' "If the upload is refused all the same (403, AuthorizationPermissionMismatch): wait five minutes, azd deploy."
