// A registered model starts what the policies say: the workspace's events, delivered to the function on_model_registered.
// Deployed as a deployment stack into the workspace's group by the postdeploy hook, when that function exists.

@minLength(1)
@description('The event topic whose source is the workspace.')
param topicName string

@description('Resource ID of the function app; its code must already be deployed.')
param functionAppId string

@description('Resource ID of the storage account that keeps undelivered events.')
param storageId string

@description('Blob container of that account for them.')
param undeliveredContainerName string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource modelRegistered 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  // By app, so that the environments of one workspace do not take each other's events.
  name: 'slipway-${uniqueString(functionAppId)}'
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
        type: 'SystemAssigned'
      }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: storageId
          blobContainerName: undeliveredContainerName
        }
      }
    }
  }
}
