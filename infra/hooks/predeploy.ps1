#Requires -Version 7.3
# Azure stores the package as the app's identity, and the role for that was granted minutes ago: it may not count yet.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false
if (-not $env:SLIPWAY_APP_ID) { throw 'SLIPWAY_APP_ID is not set: azd provision first' }

$chosen = if ($env:SLIPWAY_BACKEND) { $env:SLIPWAY_BACKEND } else { 'AzureStorage' }
if ($chosen -ne $env:SLIPWAY_PROVISIONED_BACKEND) {
  [Console]::Error.WriteLine("The package is for $chosen and the app for $($env:SLIPWAY_PROVISIONED_BACKEND): azd provision first")
  exit 1
}

$names = az rest --method get --url "$env:SLIPWAY_APP_ID/functions?api-version=2024-04-01" --query 'value[].name' --output tsv
if (-not $names) {
  Write-Output 'First deployment: two minutes until the app may store its package ...'
  Start-Sleep -Seconds 120
}
Write-Output 'If the upload is refused all the same (403, AuthorizationPermissionMismatch): wait five minutes, azd deploy.'
exit 0
