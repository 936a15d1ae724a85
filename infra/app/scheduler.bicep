// The Durable Task Scheduler, where it is chosen to keep histories and messages instead of the storage account.

param location string
param tags object
param name string

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    // Without a virtual network the plan has no fixed address to allow, and an empty list lets nobody in.
    // Entry is by Entra identity only.
    ipAllowlist: [
      '0.0.0.0/0'
    ]
    sku: {
      name: 'Consumption'
    }
  }
}

// Named as in host.json.
resource hub 'Microsoft.DurableTask/schedulers/taskHubs@2025-11-01' = {
  parent: scheduler
  name: 'Slipway'
}
