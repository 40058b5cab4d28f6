// A daily audit as an Azure Container Apps job, with a managed identity and the roles that it needs, and no other.
//   az deployment sub create --location westeurope --template-file main.bicep --parameters …
targetScope = 'subscription'

@description('An existing resource group for the job.')
param resourceGroupName string

@description('An existing Container Apps environment in that group.')
param environmentName string

@description('The image of deploy/Containerfile, by digest, in a registry that the identity may pull from.')
param image string

@description('The login server of that registry.')
param registry string

@description('Storage account and container for the history: https://ACCOUNT.blob.core.windows.net/CONTAINER/auditor-history.db')
param history string

@description('Logs ingestion endpoint and immutable id: outputs of reports/sentinel/main.bicep.')
param endpoint string
param ruleId string

@description('The name of the estate in findings and history.')
param estate string = 'production'

module job 'job.bicep' = {
  name: 'auditor-job'
  scope: resourceGroup(resourceGroupName)
  params: {
    environmentName: environmentName
    image: image
    registry: registry
    history: history
    endpoint: endpoint
    ruleId: ruleId
    estate: estate
    subscriptionId: subscription().subscriptionId
  }
}

// Reader reads what Resource Graph and Resource Manager hold; Key Vault Reader the metadata of keys, certificates and
// secrets, never their values. docs/live-audit.md lists what each is for.
var roles = {
  reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
  keyVaultReader: '21090545-7ca7-4776-b22c-e363652d74d2'
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in items(roles): {
  name: guid(subscription().id, resourceGroupName, role.value)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.value)
    principalId: job.outputs.principalId
    principalType: 'ServicePrincipal'
  }
}]

@description('For principalId of reports/sentinel/main.bicep, which gives the right to publish.')
output principalId string = job.outputs.principalId
