// The workspace's events, delivered to the function on_model_registered.

param workspaceName string

// The workspace's location, which its topic must share. A parameter, because Bicep must know it at the start (BCP120).
param location string

param functionAppId string
param deadLetterStorageId string
param deadLetterContainerName string
param deadLetterIdentityId string

resource workspace 'Microsoft.MachineLearningServices/workspaces@2024-10-01' existing = {
  name: workspaceName
}

// Azure allows one system topic for each workspace. If somebody has made one already, this fails and says so:
// add the subscription below to that topic by hand, and leave this file out of workspace.bicep.
resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: 'evgt-slipway-${uniqueString(workspace.id)}'
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${deadLetterIdentityId}': {}
    }
  }
  properties: {
    source: workspace.id
    topicType: 'Microsoft.MachineLearningServices.Workspaces'
  }
}

resource modelRegistered 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'slipway-model-registered'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    filter: {
      includedEventTypes: [
        'Microsoft.MachineLearningServices.ModelRegistered'
      ]
    }
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: '${functionAppId}/functions/on_model_registered'
        // One at a time: the host answers 500 for the whole batch when one event fails, and all come again.
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
      }
    }
    // Event Grid's own limits, written out: after a day, or 30 attempts, an event becomes a dead letter.
    retryPolicy: {
      maxDeliveryAttempts: 30
      eventTimeToLiveInMinutes: 1440
    }
    // Without this an event that could not be delivered is dropped and nobody knows.
    deadLetterWithResourceIdentity: {
      identity: {
        type: 'UserAssigned'
        userAssignedIdentity: deadLetterIdentityId
      }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: deadLetterStorageId
          blobContainerName: deadLetterContainerName
        }
      }
    }
  }
}
