// A daily audit as an Azure Container Apps job, with a managed identity and only the roles that it needs.
//   az deployment sub create --location westeurope --template-file main.bicep --parameters …
targetScope = 'subscription'

@description('An existing resource group for the job.')
param resourceGroupName string

@description('An existing Container Apps environment in that group.')
param environmentName string

@description('The registry of the image, and its resource group.')
param registryName string
param registryResourceGroup string = resourceGroupName

@description('The image of deploy/Containerfile in that registry, by digest: auditor@sha256:…')
param image string

@description('Storage account, its resource group and its container for the history.')
param storageAccountName string
param storageResourceGroup string = resourceGroupName
param containerName string = 'auditor'

@description('The data collection rule of reports/sentinel/main.bicep, and its resource group.')
param ruleName string = 'dcr-auditor'
param ruleResourceGroup string

@description('The name of the estate in findings and history.')
param estate string = 'production'

module identity 'identity.bicep' = {
  name: 'auditor-identity'
  scope: resourceGroup(resourceGroupName)
}

module registry 'access/registry.bicep' = {
  name: 'auditor-registry'
  scope: resourceGroup(registryResourceGroup)
  params: {
    principalId: identity.outputs.principalId
    registryName: registryName
  }
}

module history 'access/history.bicep' = {
  name: 'auditor-history'
  scope: resourceGroup(storageResourceGroup)
  params: {
    principalId: identity.outputs.principalId
    storageAccountName: storageAccountName
    containerName: containerName
  }
}

module publish 'access/publish.bicep' = {
  name: 'auditor-publish'
  scope: resourceGroup(ruleResourceGroup)
  params: {
    principalId: identity.outputs.principalId
    ruleName: ruleName
  }
}

module job 'job.bicep' = {
  name: 'auditor-job'
  scope: resourceGroup(resourceGroupName)
  params: {
    environmentName: environmentName
    identityId: identity.outputs.id
    clientId: identity.outputs.clientId
    registry: registry.outputs.loginServer
    image: image
    history: 'https://${storageAccountName}.blob.${environment().suffixes.storage}/${containerName}/auditor-history.db'
    endpoint: publish.outputs.endpoint
    ruleId: publish.outputs.ruleId
    estate: estate
    subscriptionId: subscription().subscriptionId
  }
  dependsOn: [
    history
  ]
}

// Reader reads resources through Resource Graph and Resource Manager, Security Reader the plans and contacts of
// Defender, Key Vault Reader the metadata of keys, certificates and secrets, never their values: deploy/azure-roles.md.
var roles = {
  reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
  securityReader: '39bc4728-0917-49c7-9d2c-d95423bc2eb4'
  keyVaultReader: '21090545-7ca7-4776-b22c-e363652d74d2'
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in items(roles): {
  name: guid(subscription().id, resourceGroupName, role.value)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.value)
    principalId: identity.outputs.principalId
    principalType: 'ServicePrincipal'
  }
}]

@description('The principal id of the identity, to assign roles in other subscriptions.')
output principalId string = identity.outputs.principalId
