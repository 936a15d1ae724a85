#Requires -Version 7.3
# After `azd down` has deleted the app: its grants and its subscription beside the workspace go too.
# Not before, because the question whether to delete is asked in between.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false

$workspace = $env:SLIPWAY_STACK_WORKSPACE
if (-not $workspace) { exit 0 }

$group = "rg-$env:AZURE_ENV_NAME"
$exists = az group exists --subscription $env:AZURE_SUBSCRIPTION_ID --name $group
if ($LASTEXITCODE -ne 0 -or $exists -notin 'true', 'false') {
  [Console]::Error.WriteLine("az cannot tell whether $group is gone. Then: azd hooks run postdown")
  exit 1
}
if ($exists -eq 'true') {
  Write-Output "$group is still there, so the app keeps its access and its events."
  exit 0
}

& "$PSScriptRoot/withdraw.ps1" $workspace
if ($LASTEXITCODE -ne 0) {
  [Console]::Error.WriteLine("Access and events of the deleted app are still beside $workspace. Then: azd hooks run postdown")
  exit 1
}
azd env set SLIPWAY_STACK_WORKSPACE= --environment $env:AZURE_ENV_NAME
if ($LASTEXITCODE -ne 0) {
  [Console]::Error.WriteLine('Everything is taken back, and azd could not keep that. Then: azd hooks run postdown')
  exit 1
}
