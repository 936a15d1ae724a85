#Requires -Version 7.3
# Before `azd up` spends ten minutes and money: everything that would stop it, told at once, each with what to do.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false
$script:problems = 0

function Add-Problem([string]$text) {
  $script:problems++
  Write-Output "- $text"
}

function Exit-Checked {
  if ($script:problems -gt 0) {
    Write-Output "$($script:problems) in the way of azd up. Nothing was changed."
    exit 1
  }
  exit 0
}

# What az printed, as objects; nothing when it printed nothing.
function ConvertFrom-Azure {
  $text = $input | Out-String
  if ($text.Trim()) { $text | ConvertFrom-Json }
}

if (-not (Get-Command az -ErrorAction SilentlyContinue)) {
  Add-Problem 'The Azure CLI is not installed: https://learn.microsoft.com/cli/azure/install-azure-cli'
  Exit-Checked
}
$version = (az version --output json | ConvertFrom-Azure).'azure-cli'
# 2.61 is the first with --action-on-unmanage of `az stack`.
if (-not $version) {
  Add-Problem 'The Azure CLI does not say its version, 2.61 is needed: az version'
} elseif ([version]$version -lt [version]'2.61.0') {
  Add-Problem "Azure CLI $version is too old, 2.61 is needed: az upgrade"
}

$missing = 'AZURE_SUBSCRIPTION_ID', 'SLIPWAY_WORKSPACE', 'SLIPWAY_RESOURCE_GROUP' |
  Where-Object { -not [Environment]::GetEnvironmentVariable($_) }
foreach ($name in $missing) { Add-Problem "$name is not set: azd env set $name <value>" }
if ($missing) { Exit-Checked }

$subscription = "/subscriptions/$env:AZURE_SUBSCRIPTION_ID"
$group = "$subscription/resourceGroups/$env:SLIPWAY_RESOURCE_GROUP"
$workspace = "$group/providers/Microsoft.MachineLearningServices/workspaces/$env:SLIPWAY_WORKSPACE"

# A token, because what az remembers of a login (az account show) outlives it.
az account get-access-token --subscription $env:AZURE_SUBSCRIPTION_ID --output none
if ($LASTEXITCODE -ne 0) {
  Add-Problem "az is not logged in to subscription $($env:AZURE_SUBSCRIPTION_ID): az login"
  Exit-Checked
}

az rest --method get --url "${workspace}?api-version=2024-10-01" --output none
if ($LASTEXITCODE -ne 0) {
  Add-Problem ("There is no workspace $env:SLIPWAY_WORKSPACE in $env:SLIPWAY_RESOURCE_GROUP that you may read: " +
    'azd env set SLIPWAY_WORKSPACE <name>, azd env set SLIPWAY_RESOURCE_GROUP <its resource group>. ' +
    "It must be in the app's own subscription, $($env:AZURE_SUBSCRIPTION_ID); " +
    "for one elsewhere: azd env new <name> --subscription <the workspace's>")
}

$assigning = '*', 'Microsoft.Authorization/*', 'Microsoft.Authorization/roleAssignments/*', 'Microsoft.Authorization/roleAssignments/write'
foreach ($scope in $subscription, $group) {
  # Conditions on roles are not seen here.
  $permissions = "$scope/providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
  $roles = @((az rest --method get --url $permissions --output json | ConvertFrom-Azure).value)
  if ($LASTEXITCODE -ne 0) {
    Add-Problem "Azure does not say what you may do on $scope"
    continue
  }
  if (-not ($roles | Where-Object { $_.actions -contains '*' })) {
    Add-Problem ("You may not create resources on ${scope}: become its Owner, or Contributor " +
      'and Role Based Access Control Administrator without a condition')
  }
  $granting = $roles | Where-Object {
    $role = $_
    ($assigning | Where-Object { $role.actions -contains $_ }) -and -not ($role.notActions -contains 'Microsoft.Authorization/*/Write')
  }
  if (-not $granting) {
    Add-Problem ("You may not assign roles on ${scope}: become its Owner, or Contributor and Role " +
      'Based Access Control Administrator without a condition')
  }
}

$needed = @('Microsoft.EventGrid', 'Microsoft.Insights', 'Microsoft.MachineLearningServices', 'Microsoft.ManagedIdentity',
  'Microsoft.OperationalInsights', 'Microsoft.Storage', 'Microsoft.Web')
$backend = if ($env:SLIPWAY_BACKEND) { $env:SLIPWAY_BACKEND } else { 'AzureStorage' }
if ($backend -eq 'DurableTaskScheduler') {
  $needed += 'Microsoft.DurableTask'
  # "West Europe" there, westeurope here. Where azd still has to ask for the region, there is nothing to look at.
  $regions = @((az provider show --subscription $env:AZURE_SUBSCRIPTION_ID --namespace Microsoft.DurableTask --output json |
    ConvertFrom-Azure).resourceTypes | Where-Object { $_.resourceType -eq 'schedulers' } | ForEach-Object { $_.locations })
  if ($regions -and $env:AZURE_LOCATION -and ($regions -replace ' ', '') -notcontains $env:AZURE_LOCATION) {
    Add-Problem ("There is no Durable Task Scheduler in $($env:AZURE_LOCATION): azd env set SLIPWAY_BACKEND AzureStorage, " +
      'or an environment in another region')
  }
} elseif ($backend -ne 'AzureStorage') {
  Add-Problem "SLIPWAY_BACKEND is ${backend}: azd env set SLIPWAY_BACKEND AzureStorage, or DurableTaskScheduler"
}
$registered = @(az provider list --subscription $env:AZURE_SUBSCRIPTION_ID --output json | ConvertFrom-Azure |
  Where-Object { $_.registrationState -eq 'Registered' } | ForEach-Object { $_.namespace })
if ($LASTEXITCODE -ne 0) {
  Add-Problem 'Azure does not say which resource providers are registered'
  $needed = @()
}
foreach ($namespace in $needed) {
  if ($registered -notcontains $namespace) {
    Add-Problem ("$namespace is not registered: " +
      "az provider register --wait --namespace $namespace --subscription $env:AZURE_SUBSCRIPTION_ID")
  }
}

# What Azure limits the app to takes roles by their IDs only. The last four would give everything away.
$id = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
$added = "$env:SLIPWAY_GRANTABLE_ROLES"
if ($added -notmatch "^($id(, *$id)*)?`$") {
  Add-Problem ("SLIPWAY_GRANTABLE_ROLES must be IDs of roles, separated by commas, not '$added'. " +
    "The ID of one: az role definition list --name '<its name>' --query '[].name' --output tsv")
}
foreach ($role in '8e3af657-a8ff-443c-a75c-2fe8c4bcb635', 'b24988ac-6180-42a0-ab88-20f7382dd24c',
  '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9', 'f58310d9-a9f6-439a-9e8d-f62e7b41a168') {
  if ($added -like "*$role*") {
    Add-Problem ("SLIPWAY_GRANTABLE_ROLES: with $role whoever writes a request could give anybody everything; " +
      'name roles that hold only what is used')
  }
}

Exit-Checked
