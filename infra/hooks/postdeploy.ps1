#Requires -Version 7.3
# After the code is there: access to the workspace, its event topic, and the subscription to registered models.
# May be repeated at any time; everything that is there is confirmed.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false
if (-not $env:SLIPWAY_TARGET_RESOURCE_GROUP) { throw 'SLIPWAY_TARGET_RESOURCE_GROUP is not set: azd provision first' }

$group = $env:SLIPWAY_TARGET_RESOURCE_GROUP
$workspace = "/subscriptions/$env:AZURE_SUBSCRIPTION_ID/resourceGroups/$group/providers/Microsoft.MachineLearningServices/workspaces/$env:SLIPWAY_TARGET_WORKSPACE"
$topics = "/subscriptions/$env:AZURE_SUBSCRIPTION_ID/resourceGroups/$group/providers/Microsoft.EventGrid/systemTopics"
$events = 'api-version=2025-02-15'

function Stop-Hook([string]$text) {
  [Console]::Error.WriteLine($text)
  [Console]::Error.WriteLine('The code is deployed. When this is mended: azd hooks run postdeploy (or azd deploy).')
  exit 1
}

function Save-Value([string]$name, [string]$value) {
  azd env set $name $value --environment $env:AZURE_ENV_NAME
  if ($LASTEXITCODE -ne 0) { Stop-Hook "azd could not keep $name." }
}

# The topic whose source is the workspace; ids are compared without regard to case.
function Find-Topic {
  $answer = az rest --method get --url "${topics}?$events" --output json | Out-String
  if ($LASTEXITCODE -ne 0) { Stop-Hook "Azure does not say which event topics are in $group." }
  return (($answer | ConvertFrom-Json).value | Where-Object { $_.properties.source -ieq $workspace } | Select-Object -First 1).name
}

# Names as app/function; nothing, and an exit code, when Azure does not answer.
function Get-FunctionName {
  return @(az rest --method get --url "$env:SLIPWAY_APP_ID/functions?api-version=2024-04-01" --query 'value[].name' --output tsv)
}

function New-EventStack {
  az stack group create --yes --name "slipway-events-$env:AZURE_ENV_NAME" --description "Slipway's events of this workspace" `
    --subscription $env:AZURE_SUBSCRIPTION_ID --resource-group $group --template-file infra/events.bicep `
    --action-on-unmanage detachAll --deny-settings-mode none --output none `
    --parameters topicName="$topic" functionAppId="$env:SLIPWAY_APP_ID" storageId="$env:SLIPWAY_STORAGE_ID" `
    undeliveredContainerName="$env:SLIPWAY_UNDELIVERED_CONTAINER" 2>&1
}

# What is in another workspace's group since an earlier time would go on sending events.
if ($env:SLIPWAY_STACK_WORKSPACE -and $env:SLIPWAY_STACK_WORKSPACE -ne $workspace) {
  & "$PSScriptRoot/withdraw.ps1" $env:SLIPWAY_STACK_WORKSPACE
  if ($LASTEXITCODE -ne 0) { Stop-Hook "What is in $env:SLIPWAY_STACK_WORKSPACE stays." }
}
# Before anything is made: `azd down` forgets outputs, and must know where to look.
Save-Value 'SLIPWAY_STACK_WORKSPACE' $workspace

Write-Output "1/4 access to $env:SLIPWAY_TARGET_WORKSPACE"
az stack group create --yes --name "slipway-access-$env:AZURE_ENV_NAME" --description "Slipway's access to this workspace" `
  --subscription $env:AZURE_SUBSCRIPTION_ID --resource-group $group --template-file infra/workspace.bicep `
  --action-on-unmanage detachAll --deny-settings-mode none --output none `
  --parameters workspaceName="$env:SLIPWAY_TARGET_WORKSPACE" appPrincipalId="$env:SLIPWAY_APP_PRINCIPAL_ID" `
  addedRoles="$env:SLIPWAY_PROVISIONED_ROLES"
if ($LASTEXITCODE -ne 0) { Stop-Hook 'The app has no access to the workspace.' }

Write-Output "2/4 the workspace's event topic"
$topic = Find-Topic
if (-not $topic) {
  az deployment group create --name slipway-topic --subscription $env:AZURE_SUBSCRIPTION_ID --resource-group $group `
    --template-file infra/topic.bicep --output none --parameters workspaceName="$env:SLIPWAY_TARGET_WORKSPACE"
  if ($LASTEXITCODE -ne 0) { Write-Output 'No topic was made; perhaps somebody else has just made one.' }
  $topic = Find-Topic
  if (-not $topic) {
    Stop-Hook ("There is no event topic of the workspace in $group. If it has one in another group, Azure " +
      'allows no second: delete it, or have it made here.')
  }
}
$answer = az rest --method get --url "$topics/${topic}?$events" --output json | Out-String
if ($LASTEXITCODE -ne 0) { Stop-Hook "Azure does not say which identity the topic $topic has." }
$principal = ($answer | ConvertFrom-Json).identity.principalId
if (-not $principal) {
  Stop-Hook ("The topic $topic, which somebody else made, has no identity of its own to store undelivered events with: " +
    "az eventgrid system-topic update --name $topic --resource-group $group --identity systemassigned")
}
az deployment group create --name slipway-undelivered --subscription $env:AZURE_SUBSCRIPTION_ID `
  --resource-group $env:AZURE_RESOURCE_GROUP --template-file infra/undelivered.bicep --output none `
  --parameters storageAccountName="$env:SLIPWAY_STORAGE_NAME" undeliveredContainerName="$env:SLIPWAY_UNDELIVERED_CONTAINER" `
  topicPrincipalId="$principal"
if ($LASTEXITCODE -ne 0) { Stop-Hook 'The topic may not store undelivered events.' }

Write-Output '3/4 waiting for the function on_model_registered'
$left = 30
while ($true) {
  $found = Get-FunctionName
  $answered = $LASTEXITCODE -eq 0
  if ($found -match '/on_model_registered$') { break }
  $left--
  if ($left -eq 0) {
    if (-not $answered) { Stop-Hook 'Azure does not say which functions the app has.' }
    if (-not $found) {
      $insights = $env:SLIPWAY_APP_NAME -replace '^func-', 'appi-'
      Stop-Hook ("The app has no functions at all. One that cannot be loaded takes all with it, and the app's " +
        "status still says Running. Look for the cause with: .venv/bin/python -c 'import function_app' and in Azure with: " +
        "az monitor app-insights query --resource-group $env:AZURE_RESOURCE_GROUP --apps $insights " +
        "--analytics-query 'union traces, exceptions | where timestamp > ago(30m) | where severityLevel >= 2'")
    }
    Stop-Hook 'The app has functions, but not on_model_registered: is another version deployed?'
  }
  Start-Sleep -Seconds 10
}

Write-Output '4/4 events of registered models'
$left = 10
while ($true) {
  $said = New-EventStack | Out-String
  if ($LASTEXITCODE -eq 0) { break }
  $left--
  # The function; and the topic's role on the container, just granted.
  if ($said -notmatch 'endpoint not found|should pre-exist|dead.?letter') { Stop-Hook $said }
  if ($left -eq 0) { Stop-Hook "$said Event Grid does not yet see the function, or the topic's role on the container." }
  Start-Sleep -Seconds 30
}

Write-Output "Slipway runs at $env:SLIPWAY_URL (function app $env:SLIPWAY_APP_NAME in $env:AZURE_RESOURCE_GROUP)."
Write-Output "A key for it: $env:SLIPWAY_KEY_COMMAND"
exit 0
