#!/bin/sh
# Take back what postdeploy put beside a workspace: withdraw.sh <workspace ID>. What is not there is no failure.
set -u

workspace=$1
# Its own subscription: the environment may be in another by now.
subscription=${workspace#/subscriptions/}
subscription=${subscription%%/*}
group=${workspace#*/resourceGroups/}
group=${group%%/*}
topics=${workspace%/providers/*}/providers/Microsoft.EventGrid/systemTopics
events='api-version=2025-02-15'

say() {
  printf '%s\n' "$*"
}

workspace_is_there() {
  az rest --method get --url "$workspace?api-version=2024-10-01" --output none 2>/dev/null
}

delete_stack() {
  az stack group delete --yes --name "$1" --subscription "$subscription" --resource-group "$group" \
    --action-on-unmanage "$2"
}

exists=$(az group exists --subscription "$subscription" --name "$group") || exit 1
if [ "$exists" != true ]; then
  say "$group is gone, and with it what Slipway had in it."
  exit 0
fi

stacks=$(az stack group list --subscription "$subscription" --resource-group "$group" --query "[].name" \
  --output tsv) || exit 1
for stack in "slipway-events-$AZURE_ENV_NAME" "slipway-access-$AZURE_ENV_NAME"; do
  printf '%s\n' "$stacks" | grep -Fqx "$stack" || continue
  delete_stack "$stack" deleteResources && continue
  # With the workspace, what was assigned on it is gone too: there is nothing to delete, only to forget.
  ! workspace_is_there && delete_stack "$stack" detachAll && continue
  say "The stack $stack is still in $group." >&2
  exit 1
done

stays() {
  say "$1 stays in $group; it costs nothing."
}

# The topic is shared: it goes with the last subscription to it, and only if Slipway made it.
listed=$(az rest --method get --url "$topics?$events" --query "value[].[name, properties.source]" --output tsv) || {
  stays "Azure does not say which event topics there are: the workspace's"
  exit 0
}
printf '%s\n' "$listed" |
  awk -v wanted="$workspace" 'tolower($2) == tolower(wanted) && $1 ~ /^evgt-slipway-/ { print $1 }' |
  while read -r topic; do
    count=$(az rest --method get --url "$topics/$topic/eventSubscriptions?$events" --query "length(value)" --output tsv) ||
      stays "Azure does not say who else listens to it: the topic $topic"
    [ "$count" != 0 ] || az rest --method delete --url "$topics/$topic?$events" --output none || stays "The topic $topic"
  done
exit 0
