#!/bin/sh
# Before `azd up` spends ten minutes and money: everything that would stop it, told at once, each with what to do.
set -u

problems=0

problem() {
  problems=$((problems + 1))
  printf -- '- %s\n' "$*"
}

finish() {
  [ "$problems" -eq 0 ] || {
    printf '%s\n' "$problems in the way of azd up. Nothing was changed."
    exit 1
  }
  exit 0
}

# 2.61 is the first with --action-on-unmanage of `az stack`.
new_enough() {
  major=${1%%.*}
  minor=${1#*.}
  minor=${minor%%.*}
  [ "$major" -gt 2 ] || { [ "$major" -eq 2 ] && [ "$minor" -ge 61 ]; }
}

# How many of the caller's roles on a scope let the caller do something; conditions on them are not seen.
roles() {
  az rest --method get --url "$1/providers/Microsoft.Authorization/permissions?api-version=2022-04-01" \
    --query "length(value[?$2])" --output tsv
}

if ! command -v az >/dev/null; then
  problem "The Azure CLI is not installed: https://learn.microsoft.com/cli/azure/install-azure-cli"
  finish
fi
if version=$(az version --query '"azure-cli"' --output tsv); then
  new_enough "$version" || problem "Azure CLI $version is too old, 2.61 is needed: az upgrade"
else
  problem "The Azure CLI does not say its version, 2.61 is needed: az version"
fi

missing=
for name in AZURE_SUBSCRIPTION_ID SLIPWAY_WORKSPACE SLIPWAY_RESOURCE_GROUP; do
  eval "value=\${$name:-}"
  if [ -z "$value" ]; then
    problem "$name is not set: azd env set $name <value>"
    missing=$name
  fi
done
[ -z "$missing" ] || finish

subscription=/subscriptions/$AZURE_SUBSCRIPTION_ID
group=$subscription/resourceGroups/$SLIPWAY_RESOURCE_GROUP
workspace=$group/providers/Microsoft.MachineLearningServices/workspaces/$SLIPWAY_WORKSPACE

# A token, because what az remembers of a login (az account show) outlives it.
if ! az account get-access-token --subscription "$AZURE_SUBSCRIPTION_ID" --output none; then
  problem "az is not logged in to subscription $AZURE_SUBSCRIPTION_ID: az login"
  finish
fi

az rest --method get --url "$workspace?api-version=2024-10-01" --output none || problem "There is no workspace" \
  "$SLIPWAY_WORKSPACE in $SLIPWAY_RESOURCE_GROUP that you may read: azd env set SLIPWAY_WORKSPACE <name>," \
  "azd env set SLIPWAY_RESOURCE_GROUP <its resource group>. It must be in the app's own subscription," \
  "$AZURE_SUBSCRIPTION_ID; for one elsewhere: azd env new <name> --subscription <the workspace's>"

everything="contains(actions, '*')"
assigning="($everything || contains(actions, 'Microsoft.Authorization/*') || contains(actions, 'Microsoft.Authorization/roleAssignments/*') || contains(actions, 'Microsoft.Authorization/roleAssignments/write')) && !contains(notActions, 'Microsoft.Authorization/*/Write')"
for scope in "$subscription" "$group"; do
  if ! { creating=$(roles "$scope" "$everything") && granting=$(roles "$scope" "$assigning"); }; then
    problem "Azure does not say what you may do on $scope"
    continue
  fi
  [ "$creating" -gt 0 ] || problem "You may not create resources on $scope: become its Owner, or Contributor" \
    "and Role Based Access Control Administrator without a condition"
  [ "$granting" -gt 0 ] || problem "You may not assign roles on $scope: become its Owner, or Contributor and Role" \
    "Based Access Control Administrator without a condition"
done

needed="Microsoft.EventGrid Microsoft.Insights Microsoft.MachineLearningServices Microsoft.ManagedIdentity
  Microsoft.OperationalInsights Microsoft.Storage Microsoft.Web"
case ${SLIPWAY_BACKEND:-AzureStorage} in
  AzureStorage) ;;
  DurableTaskScheduler)
    needed="$needed Microsoft.DurableTask"
    # "West Europe" there, westeurope here. Where azd still has to ask for the region, there is nothing to look at.
    regions=$(az provider show --subscription "$AZURE_SUBSCRIPTION_ID" --namespace Microsoft.DurableTask \
      --query "resourceTypes[?resourceType=='schedulers'].locations[]" --output tsv | tr -d ' ')
    [ -z "$regions" ] || printf '%s\n' "$regions" | grep -Fqix "${AZURE_LOCATION:-}" || [ -z "${AZURE_LOCATION:-}" ] ||
      problem "There is no Durable Task Scheduler in $AZURE_LOCATION: azd env set SLIPWAY_BACKEND AzureStorage, or an" \
        "environment in another region"
    ;;
  *) problem "SLIPWAY_BACKEND is $SLIPWAY_BACKEND: azd env set SLIPWAY_BACKEND AzureStorage, or DurableTaskScheduler" ;;
esac
registered=$(az provider list --subscription "$AZURE_SUBSCRIPTION_ID" \
  --query "[?registrationState=='Registered'].namespace" --output tsv) || {
  problem "Azure does not say which resource providers are registered"
  needed=
}
for namespace in $needed; do
  printf '%s\n' "$registered" | grep -Fqix "$namespace" ||
    problem "$namespace is not registered: az provider register --wait --namespace $namespace --subscription $AZURE_SUBSCRIPTION_ID"
done

# What Azure limits the app to takes roles by their IDs only. The last four would give everything away.
id='[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
added=${SLIPWAY_GRANTABLE_ROLES:-}
printf '%s\n' "$added" | grep -Eqix "($id(, *$id)*)?" || problem "SLIPWAY_GRANTABLE_ROLES must be IDs of roles, separated by" \
  "commas, not '$added'. The ID of one: az role definition list --name '<its name>' --query '[].name' --output tsv"
for role in 8e3af657-a8ff-443c-a75c-2fe8c4bcb635 b24988ac-6180-42a0-ab88-20f7382dd24c \
  18d7d88d-d35e-4fb5-a5c3-7773c20a72d9 f58310d9-a9f6-439a-9e8d-f62e7b41a168; do
  ! printf '%s\n' "$added" | grep -Fqi "$role" || problem "SLIPWAY_GRANTABLE_ROLES: with $role whoever writes a request could" \
    "give anybody everything; name roles that hold only what is used"
done

finish
