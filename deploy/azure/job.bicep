// The job: see main.bicep.
param environmentName string
param identityId string
param clientId string
param registry string
param image string
param history string
param endpoint string
param ruleId string
param estate string
param subscriptionId string
param location string = resourceGroup().location

resource environment 'Microsoft.App/managedEnvironments@2024-03-01' existing = {
  name: environmentName
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
      '${identityId}': {}
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
          identity: identityId
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
          image: '${registry}/${image}'
          args: ['scan', '--config', '/etc/auditor/settings', '--publish', 'sentinel', '--format', 'line', '--fail-on', 'never']
          env: [
            {
              name: 'AZURE_CLIENT_ID'
              value: clientId
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
