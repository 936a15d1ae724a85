#!/bin/sh
# After `azd down` has deleted the app: its grants and its subscription beside the workspace go too.
# Not before, because the question whether to delete is asked in between.
set -u

workspace=${SLIPWAY_STACK_WORKSPACE:-}
if [ -z "$workspace" ]; then
  exit 0
fi

group=rg-$AZURE_ENV_NAME
exists=$(az group exists --subscription "$AZURE_SUBSCRIPTION_ID" --name "$group") || exists=
case $exists in
  false) ;;
  true)
    printf '%s\n' "$group is still there, so the app keeps its access and its events."
    exit 0
    ;;
  *)
    printf '%s\n' "az cannot tell whether $group is gone. Then: azd hooks run postdown" >&2
    exit 1
    ;;
esac

sh "$(dirname "$0")/withdraw.sh" "$workspace" || {
  printf '%s\n' "Access and events of the deleted app are still beside $workspace. Then: azd hooks run postdown" >&2
  exit 1
}
azd env set SLIPWAY_STACK_WORKSPACE= --environment "$AZURE_ENV_NAME" || {
  printf '%s\n' "Everything is taken back, and azd could not keep that. Then: azd hooks run postdown" >&2
  exit 1
}
