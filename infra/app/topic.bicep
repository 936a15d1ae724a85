// The workspace's event topic, shared by everybody who listens to the workspace: Azure allows one for each.

param workspaceName string

// The workspace's location, which its topic must share. A parameter, because Bicep must know it at the start (BCP120).
param location string

resource workspace 'Microsoft.MachineLearningServices/workspaces@2024-10-01' existing = {
  name: workspaceName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: 'evgt-slipway-${uniqueString(workspace.id)}'
  location: location
  // As whom undelivered events are stored. The topic's own, so that no environment's identity is in another's way.
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    source: workspace.id
    topicType: 'Microsoft.MachineLearningServices.Workspaces'
  }
}
