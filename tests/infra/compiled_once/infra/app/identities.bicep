// User-assigned identities: they exist, and can be granted access, before the resources that use them.

param location string
param tags object
param token string

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-slipway-${token}'
  location: location
  tags: tags
}

// Apart from the app's identity, so that Event Grid can write one container and nothing else.
resource deadLetter 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-slipway-events-${token}'
  location: location
  tags: tags
}

output appId string = app.id
output appClientId string = app.properties.clientId
output appPrincipalId string = app.properties.principalId
output deadLetterId string = deadLetter.id
output deadLetterPrincipalId string = deadLetter.properties.principalId
