# Take back what postdeploy put beside a workspace: withdraw.ps1 <workspace ID>. What is not there is no failure.
param([string]$workspace)
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false

$group = $workspace -replace '^.*/resourceGroups/([^/]+)/.*$', '$1'
$topics = ($workspace -replace '/providers/[^/]+/workspaces/[^/]+$', '') + '/providers/Microsoft.EventGrid/systemTopics'
$events = 'api-version=2025-02-15'

function Test-Workspace {
  az rest --method get --url "${workspace}?api-version=2024-10-01" --output none 2>$null
  return $LASTEXITCODE -eq 0
}

function Remove-Stack([string]$name, [string]$action) {
  az stack group delete --yes --name $name --subscription $env:AZURE_SUBSCRIPTION_ID --resource-group $group `
    --action-on-unmanage $action | Out-Host
  return $LASTEXITCODE -eq 0
}

$exists = az group exists --subscription $env:AZURE_SUBSCRIPTION_ID --name $group
if ($LASTEXITCODE -ne 0) { exit 1 }
if ($exists -ne 'true') {
  Write-Output "$group is gone, and with it what Slipway had in it."
  exit 0
}

$stacks = @(az stack group list --subscription $env:AZURE_SUBSCRIPTION_ID --resource-group $group --query '[].name' --output tsv)
if ($LASTEXITCODE -ne 0) { exit 1 }
foreach ($stack in "slipway-events-$env:AZURE_ENV_NAME", "slipway-access-$env:AZURE_ENV_NAME") {
  if ($stacks -notcontains $stack) { continue }
  if (Remove-Stack $stack 'deleteResources') { continue }
  # With the workspace, what was assigned on it is gone too: there is nothing to delete, only to forget.
  if (-not (Test-Workspace) -and (Remove-Stack $stack 'detachAll')) { continue }
  [Console]::Error.WriteLine("The stack $stack is still in $group.")
  exit 1
}

# The topic is shared: it goes with the last subscription to it, and only if Slipway made it.
$answer = az rest --method get --url "${topics}?$events" --output json | Out-String | ConvertFrom-Json
foreach ($topic in $answer.value | Where-Object { $_.properties.source -ieq $workspace -and $_.name -like 'evgt-slipway-*' }) {
  $url = "$topics/$($topic.name)"
  $count = az rest --method get --url "$url/eventSubscriptions?$events" --query 'length(value)' --output tsv
  if ($count -eq '0') {
    az rest --method delete --url "${url}?$events" --output none
    if ($LASTEXITCODE -ne 0) { Write-Output "The topic $($topic.name) stays in $group; it costs nothing." }
  }
}
exit 0
