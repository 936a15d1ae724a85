#!/bin/sh
# After the code is there: access to the workspace, its event topic, and the subscription to registered models.
# May be repeated at any time; everything that is there is confirmed.
set -u
: "${SLIPWAY_TARGET_RESOURCE_GROUP:?is not set: azd provision first}"

group=$SLIPWAY_TARGET_RESOURCE_GROUP
workspace=/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$group/providers/Microsoft.MachineLearningServices/workspaces/$SLIPWAY_TARGET_WORKSPACE
topics=/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$group/providers/Microsoft.EventGrid/systemTopics
events='api-version=2025-02-15'

say() {
  printf '%s\n' "$*"
}

small() {
  printf '%s\n' "$1" | tr '[:upper:]' '[:lower:]'
}

give_up() {
  say "$@" >&2
  say "The code is deployed. When this is mended: azd hooks run postdeploy (or azd deploy)." >&2
  exit 1
}

remember() {
  azd env set "$1" "$2" --environment "$AZURE_ENV_NAME" || give_up "azd could not keep $1."
}

# The topic whose source is the workspace; ids are compared without regard to case. Fails when Azure does not answer.
find_topic() {
  listed=$(az rest --method get --url "$topics?$events" --query "value[].[name, properties.source]" --output tsv) || return 1
  printf '%s\n' "$listed" | awk -v wanted="$workspace" 'tolower($2) == tolower(wanted) { print $1; exit }'
}

# Names as app/function; fails when Azure does not answer.
functions() {
  az rest --method get --url "$SLIPWAY_APP_ID/functions?api-version=2024-04-01" --query "value[].name" --output tsv
}

make_events() {
  az stack group create --yes --name "slipway-events-$AZURE_ENV_NAME" --description "Slipway's events of this workspace" \
    --subscription "$AZURE_SUBSCRIPTION_ID" --resource-group "$group" --template-file infra/events.bicep \
    --action-on-unmanage detachAll --deny-settings-mode none --output none \
    --parameters topicName="$topic" functionAppId="$SLIPWAY_APP_ID" storageId="$SLIPWAY_STORAGE_ID" \
    undeliveredContainerName="$SLIPWAY_UNDELIVERED_CONTAINER"
}

# What is in another workspace's group since an earlier time would go on sending events.
if [ -n "${SLIPWAY_STACK_WORKSPACE:-}" ] && [ "$(small "$SLIPWAY_STACK_WORKSPACE")" != "$(small "$workspace")" ]; then
  sh "$(dirname "$0")/withdraw.sh" "$SLIPWAY_STACK_WORKSPACE" || give_up "What is in $SLIPWAY_STACK_WORKSPACE stays."
fi
# Before anything is made: `azd down` forgets outputs, and must know where to look.
remember SLIPWAY_STACK_WORKSPACE "$workspace"

say "1/4 access to $SLIPWAY_TARGET_WORKSPACE"
az stack group create --yes --name "slipway-access-$AZURE_ENV_NAME" --description "Slipway's access to this workspace" \
  --subscription "$AZURE_SUBSCRIPTION_ID" --resource-group "$group" --template-file infra/workspace.bicep \
  --action-on-unmanage detachAll --deny-settings-mode none --output none \
  --parameters workspaceName="$SLIPWAY_TARGET_WORKSPACE" appPrincipalId="$SLIPWAY_APP_PRINCIPAL_ID" \
  addedRoles="${SLIPWAY_PROVISIONED_ROLES:-}" ||
  give_up "The app has no access to the workspace."

say "2/4 the workspace's event topic"
topic=$(find_topic) || give_up "Azure does not say which event topics are in $group."
if [ -z "$topic" ]; then
  az deployment group create --name slipway-topic --subscription "$AZURE_SUBSCRIPTION_ID" --resource-group "$group" \
    --template-file infra/topic.bicep --output none --parameters workspaceName="$SLIPWAY_TARGET_WORKSPACE" ||
    say "No topic was made; perhaps somebody else has just made one."
  topic=$(find_topic) || give_up "Azure does not say which event topics are in $group."
  [ -n "$topic" ] || give_up "There is no event topic of the workspace in $group. If it has one in another group, Azure" \
    "allows no second: delete it, or have it made here."
fi
principal=$(az rest --method get --url "$topics/$topic?$events" --query identity.principalId --output tsv) ||
  give_up "Azure does not say which identity the topic $topic has."
case $principal in
  "" | None | null)
    give_up "The topic $topic, which somebody else made, has no identity of its own to store undelivered events with:" \
      "az eventgrid system-topic update --name $topic --resource-group $group --identity systemassigned"
    ;;
esac
az deployment group create --name slipway-undelivered --subscription "$AZURE_SUBSCRIPTION_ID" \
  --resource-group "$AZURE_RESOURCE_GROUP" --template-file infra/undelivered.bicep --output none \
  --parameters storageAccountName="$SLIPWAY_STORAGE_NAME" undeliveredContainerName="$SLIPWAY_UNDELIVERED_CONTAINER" \
  topicPrincipalId="$principal" || give_up "The topic may not store undelivered events."

say "3/4 waiting for the function on_model_registered"
left=30
until found=$(functions) && printf '%s\n' "$found" | grep -q '/on_model_registered$'; do
  left=$((left - 1))
  if [ "$left" -eq 0 ]; then
    functions >/dev/null || give_up "Azure does not say which functions the app has."
    [ -n "$found" ] || give_up "The app has no functions at all. One that cannot be loaded takes all with it, and the app's" \
      "status still says Running. Look for the cause with: .venv/bin/python -c 'import function_app' and in Azure with:" \
      "az monitor app-insights query --resource-group $AZURE_RESOURCE_GROUP --apps appi-${SLIPWAY_APP_NAME#func-}" \
      "--analytics-query 'union traces, exceptions | where timestamp > ago(30m) | where severityLevel >= 2'"
    give_up "The app has functions, but not on_model_registered: is another version deployed?"
  fi
  sleep 10
done

say "4/4 events of registered models"
left=10
until said=$(make_events 2>&1); do
  left=$((left - 1))
  case $said in
    # The function; and the topic's role on the container, just granted.
    *"ndpoint not found"* | *"should pre-exist"* | *[Dd]ead[Ll]etter* | *[Dd]ead?[Ll]etter*) ;;
    *) give_up "$said" ;;
  esac
  [ "$left" -gt 0 ] || give_up "$said" "Event Grid does not yet see the function, or the topic's role on the container."
  sleep 30
done

say "Slipway runs at $SLIPWAY_URL (function app $SLIPWAY_APP_NAME in $AZURE_RESOURCE_GROUP)."
say "A key for it: $SLIPWAY_KEY_COMMAND"
