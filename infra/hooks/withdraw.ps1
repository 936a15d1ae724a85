#Requires -Version 7.3
# Take back what postdeploy put beside a workspace: withdraw.ps1 <workspace ID>. What is not there is no failure.
param([string]$workspace)
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false

# Its own subscription: the environment may be in another by now.
$subscription = $workspace -replace '^/subscriptions/([^/]+)/.*$', '$1'
$group = $workspace -replace '^.*/resourceGroups/([^/]+)/.*$', '$1'
$topics = ($workspace -replace '/providers/[^/]+/workspaces/[^/]+$', '') + '/providers/Microsoft.EventGrid/systemTopics'
$events = 'api-version=2025-02-15'

function Test-Workspace {
  az rest --method get --url "${workspace}?api-version=2024-10-01" --output none 2>$null
  return $LASTEXITCODE -eq 0
}

function Remove-Stack([string]$name, [string]$action) {
  az stack group delete --yes --name $name --subscription $subscription --resource-group $group `
    --action-on-unmanage $action | Out-Host
  return $LASTEXITCODE -eq 0
}

$exists = az group exists --subscription $subscription --name $group
if ($LASTEXITCODE -ne 0) { exit 1 }
if ($exists -ne 'true') {
  Write-Output "$group is gone, and with it what Slipway had in it."
  exit 0
}

$stacks = @(az stack group list --subscription $subscription --resource-group $group --query '[].name' --output tsv)
if ($LASTEXITCODE -ne 0) { exit 1 }
foreach ($stack in "slipway-events-$env:AZURE_ENV_NAME", "slipway-access-$env:AZURE_ENV_NAME") {
  if ($stacks -notcontains $stack) { continue }
  if (Remove-Stack $stack 'deleteResources') { continue }
  # With the workspace, what was assigned on it is gone too: there is nothing to delete, only to forget.
  if (-not (Test-Workspace) -and (Remove-Stack $stack 'detachAll')) { continue }
  [Console]::Error.WriteLine("The stack $stack is still in $group.")
  exit 1
}

function Write-Stays([string]$what) {
  Write-Output "$what stays in $group; it costs nothing."
}

# The topic is shared: it goes with the last subscription to it, and only if Slipway made it.
$answer = az rest --method get --url "${topics}?$events" --output json | Out-String
if ($LASTEXITCODE -ne 0) {
  Write-Stays "Azure does not say which event topics there are: the workspace's"
  exit 0
}
$listed = ($answer | ConvertFrom-Json).value
foreach ($topic in $listed | Where-Object { $_.properties.source -ieq $workspace -and $_.name -like 'evgt-slipway-*' }) {
  $url = "$topics/$($topic.name)"
  $answer = az rest --method get --url "$url/eventSubscriptions?$events" --output json | Out-String
  if ($LASTEXITCODE -ne 0) {
    Write-Stays "Azure does not say who else listens to it: the topic $($topic.name)"
  } elseif (-not ($answer | ConvertFrom-Json).value) {
    az rest --method delete --url "${url}?$events" --output none
    if ($LASTEXITCODE -ne 0) { Write-Stays "The topic $($topic.name)" }
  }
}
exit 0
