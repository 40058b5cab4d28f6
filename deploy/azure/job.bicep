// The job and its identity: see main.bicep.
param environmentName string
param image string
param registry string
param history string
param endpoint string
param ruleId string
param estate string
param subscriptionId string
param location string = resourceGroup().location

resource environment 'Microsoft.App/managedEnvironments@2024-03-01' existing = {
  name: environmentName
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-auditor'
  location: location
}

var settings = {
  estate: estate
  subscriptions: [subscriptionId]
  auth: ['managed']
  history: history
  publish: {
    sentinel: {
      endpoint: endpoint
      rule: ruleId
    }
  }
}

resource job 'Microsoft.App/jobs@2024-03-01' = {
  name: 'auditor'
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    environmentId: environment.id
    configuration: {
      triggerType: 'Schedule'
      scheduleTriggerConfig: {
        cronExpression: '17 4 * * *'
        parallelism: 1
        replicaCompletionCount: 1
      }
      replicaTimeout: 14400
      replicaRetryLimit: 1
      registries: [
        {
          server: registry
          identity: identity.id
        }
      ]
      secrets: [
        {
          name: 'settings'
          value: string(settings)
        }
      ]
    }
    template: {
      containers: [
        {
          name: 'auditor'
          image: image
          args: ['scan', '--config', '/etc/auditor/settings', '--publish', 'sentinel', '--format', 'line', '--fail-on', 'never']
          env: [
            {
              name: 'AZURE_CLIENT_ID'
              value: identity.properties.clientId
            }
          ]
          resources: {
            cpu: json('1')
            memory: '2Gi'
          }
          volumeMounts: [
            {
              volumeName: 'settings'
              mountPath: '/etc/auditor'
            }
          ]
        }
      ]
      volumes: [
        {
          name: 'settings'
          storageType: 'Secret'
        }
      ]
    }
  }
}

output principalId string = identity.properties.principalId
