#Requires -Version 7.3
# host.json is a file of the package: the one for the backend that was chosen (SLIPWAY_BACKEND) is put in its place.
$ErrorActionPreference = 'Stop'

$backend = if ($env:SLIPWAY_BACKEND) { $env:SLIPWAY_BACKEND } else { 'AzureStorage' }
$chosen = "infra/backends/$backend.json"
if (-not (Test-Path $chosen -PathType Leaf)) {
  [Console]::Error.WriteLine("There is no ${chosen}: azd env set SLIPWAY_BACKEND AzureStorage, or DurableTaskScheduler")
  exit 1
}
if ((Get-FileHash $chosen).Hash -ne (Get-FileHash 'host.json').Hash) {
  Copy-Item $chosen 'host.json'
  Write-Output "host.json is now the one for $backend."
}
exit 0
