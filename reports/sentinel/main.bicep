// Table, data collection rule, right to publish, parser, analytics rules, hunting queries and workbook for
// the findings of auditor. Made by `python -m scripts.sentinel` from what lies beside it.

@description('The Log Analytics workspace, in this resource group, that Sentinel reads.')
param workspaceName string

@description('Region; that of the workspace.')
param location string = resourceGroup().location

@description('Object id of the identity that auditor publishes with; empty: give it the right later.')
param principalId string = ''

@description('ServicePrincipal (managed identities too), User or Group.')
param principalType string = 'ServicePrincipal'

@description('Days that the table keeps records.')
param retentionDays int = 365

@description('Deploy analytics rules; Microsoft Sentinel must be on for the workspace.')
param deployRules bool = true

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: workspaceName
}

resource table 'Microsoft.OperationalInsights/workspaces/tables@2025-07-01' = {
  name: 'AuditorFindings_CL'
  parent: workspace
  properties: {
    plan: 'Analytics'
    totalRetentionInDays: retentionDays
    schema: {
      name: 'AuditorFindings_CL'
      columns: [
        {
          name: 'TimeGenerated'
          type: 'dateTime'
          description: 'Time of arrival; the data collection rule sets it.'
        }
        {
          name: 'RecordId'
          type: 'string'
          description: 'Identity of the record: a record that was sent twice has it twice.'
        }
        {
          name: 'RecordType'
          type: 'string'
          description: 'Finding, or ScanSummary: one for each audit, sent last.'
        }
        {
          name: 'ScanId'
          type: 'string'
          description: 'Identity of the audit.'
        }
        {
          name: 'ScanTime'
          type: 'dateTime'
          description: 'Time of the audit.'
        }
        {
          name: 'Estate'
          type: 'string'
          description: 'What was audited, by the name that the team gave it.'
        }
        {
          name: 'Planned'
          type: 'boolean'
          description: 'True: of a change that is not made yet, under an estate of its own.'
        }
        {
          name: 'FindingId'
          type: 'string'
          description: 'Identity of the finding over all audits: rule, resource and element.'
        }
        {
          name: 'Status'
          type: 'string'
          description: 'Open, Exempt, NotEvaluated or Resolved.'
        }
        {
          name: 'Was'
          type: 'string'
          description: 'How it stood before the audit; empty when it did not.'
        }
        {
          name: 'Change'
          type: 'string'
          description: 'What the audit did to it: Opened, Changed, Resolved or Unchanged.'
        }
        {
          name: 'FirstSeen'
          type: 'dateTime'
          description: 'Time of the audit that opened it.'
        }
        {
          name: 'FailingSince'
          type: 'dateTime'
          description: 'Time of the audit in which it first failed.'
        }
        {
          name: 'RuleId'
          type: 'string'
          description: 'The rule.'
        }
        {
          name: 'RuleTitle'
          type: 'string'
          description: 'The state that the rule asks for.'
        }
        {
          name: 'Severity'
          type: 'string'
          description: 'critical, high, medium, low or info.'
        }
        {
          name: 'Component'
          type: 'string'
          description: 'Part of the reference design that the rule is about.'
        }
        {
          name: 'Controls'
          type: 'dynamic'
          description: 'Framework to its controls that ask for the same.'
        }
        {
          name: 'ResourceId'
          type: 'string'
          description: 'ARM id; of a Kubernetes object /clusters/C/namespaces/N/KIND/NAME.'
        }
        {
          name: 'ResourceType'
          type: 'string'
          description: 'ARM type, or group/Kind.'
        }
        {
          name: 'ResourceName'
          type: 'string'
          description: 'Last part of the name.'
        }
        {
          name: 'SubscriptionId'
          type: 'string'
          description: 'Subscription of an ARM resource.'
        }
        {
          name: 'ResourceGroup'
          type: 'string'
          description: 'Resource group of an ARM resource.'
        }
        {
          name: 'Namespace'
          type: 'string'
          description: 'Namespace of a Kubernetes object.'
        }
        {
          name: 'Element'
          type: 'string'
          description: 'The element of the resource that it is about.'
        }
        {
          name: 'Message'
          type: 'string'
          description: 'What was found, in a sentence.'
        }
        {
          name: 'Evidence'
          type: 'dynamic'
          description: 'Path, actual and expected value; cut when it is too large.'
        }
        {
          name: 'EvidenceDigest'
          type: 'string'
          description: 'SHA-256 of all the evidence, when it had to be cut.'
        }
        {
          name: 'Reason'
          type: 'string'
          description: 'Why it could not be evaluated.'
        }
        {
          name: 'ExemptionOwner'
          type: 'string'
          description: 'Who accepted it.'
        }
        {
          name: 'ExemptionReason'
          type: 'string'
          description: 'Why it is accepted.'
        }
        {
          name: 'ExemptionExpiresOn'
          type: 'dateTime'
          description: 'Until when it is accepted.'
        }
        {
          name: 'Remediation'
          type: 'string'
          description: 'How to mend it.'
        }
        {
          name: 'Origin'
          type: 'string'
          description: 'Where the resource was read.'
        }
        {
          name: 'Records'
          type: 'long'
          description: 'Of a ScanSummary: how many Finding records its audit has.'
        }
        {
          name: 'Summary'
          type: 'dynamic'
          description: 'Of a ScanSummary: counts by outcome and severity, gaps, scope.'
        }
        {
          name: 'ToolVersion'
          type: 'string'
          description: 'Version of auditor.'
        }
      ]
    }
  }
}

resource rule 'Microsoft.Insights/dataCollectionRules@2023-03-11' = {
  name: 'dcr-auditor'
  location: location
  kind: 'Direct'
  properties: {
    description: 'Findings of auditor.'
    streamDeclarations: {
      'Custom-AuditorFindings_CL': {
        columns: [
          {
            name: 'RecordId'
            type: 'string'
          }
          {
            name: 'RecordType'
            type: 'string'
          }
          {
            name: 'ScanId'
            type: 'string'
          }
          {
            name: 'ScanTime'
            type: 'datetime'
          }
          {
            name: 'Estate'
            type: 'string'
          }
          {
            name: 'Planned'
            type: 'boolean'
          }
          {
            name: 'FindingId'
            type: 'string'
          }
          {
            name: 'Status'
            type: 'string'
          }
          {
            name: 'Was'
            type: 'string'
          }
          {
            name: 'Change'
            type: 'string'
          }
          {
            name: 'FirstSeen'
            type: 'datetime'
          }
          {
            name: 'FailingSince'
            type: 'datetime'
          }
          {
            name: 'RuleId'
            type: 'string'
          }
          {
            name: 'RuleTitle'
            type: 'string'
          }
          {
            name: 'Severity'
            type: 'string'
          }
          {
            name: 'Component'
            type: 'string'
          }
          {
            name: 'Controls'
            type: 'dynamic'
          }
          {
            name: 'ResourceId'
            type: 'string'
          }
          {
            name: 'ResourceType'
            type: 'string'
          }
          {
            name: 'ResourceName'
            type: 'string'
          }
          {
            name: 'SubscriptionId'
            type: 'string'
          }
          {
            name: 'ResourceGroup'
            type: 'string'
          }
          {
            name: 'Namespace'
            type: 'string'
          }
          {
            name: 'Element'
            type: 'string'
          }
          {
            name: 'Message'
            type: 'string'
          }
          {
            name: 'Evidence'
            type: 'dynamic'
          }
          {
            name: 'EvidenceDigest'
            type: 'string'
          }
          {
            name: 'Reason'
            type: 'string'
          }
          {
            name: 'ExemptionOwner'
            type: 'string'
          }
          {
            name: 'ExemptionReason'
            type: 'string'
          }
          {
            name: 'ExemptionExpiresOn'
            type: 'datetime'
          }
          {
            name: 'Remediation'
            type: 'string'
          }
          {
            name: 'Origin'
            type: 'string'
          }
          {
            name: 'Records'
            type: 'long'
          }
          {
            name: 'Summary'
            type: 'dynamic'
          }
          {
            name: 'ToolVersion'
            type: 'string'
          }
        ]
      }
    }
    destinations: {
      logAnalytics: [
        {
          name: 'workspace'
          workspaceResourceId: workspace.id
        }
      ]
    }
    dataFlows: [
      {
        streams: [
          'Custom-AuditorFindings_CL'
        ]
        destinations: [
          'workspace'
        ]
        transformKql: 'source | extend TimeGenerated = now()'
        outputStream: 'Custom-AuditorFindings_CL'
      }
    ]
  }
  dependsOn: [
    table
  ]
}

resource ruleErrors 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: rule
  properties: {
    workspaceId: workspace.id
    logs: [
      {
        category: 'LogErrors'
        enabled: true
      }
    ]
  }
}

resource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(principalId)) {
  name: guid(rule.id, principalId, '3913510d-42f4-4e42-8a64-420c390055eb')
  scope: rule
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '3913510d-42f4-4e42-8a64-420c390055eb')
    principalId: principalId
    principalType: principalType
  }
}

resource parser 'Microsoft.OperationalInsights/workspaces/savedSearches@2020-08-01' = {
  name: 'AuditorFindings'
  parent: workspace
  properties: {
    category: 'Microsoft Sentinel Parser'
    displayName: 'Findings of auditor, as they stand'
    functionAlias: 'AuditorFindings'
    query: '''
AuditorFindings_CL
| where RecordType == "Finding" and Planned == false
| summarize arg_max(ScanTime, *) by Estate, FindingId
'''
    version: 2
  }
  dependsOn: [
    table
  ]
}

resource certificateExpiring 'Microsoft.SecurityInsights/alertRules@2024-09-01' = if (deployRules) {
  name: '2b1f0c1a-63f5-4b0f-8c0e-5a3d1f7e9a03'
  scope: workspace
  kind: 'Scheduled'
  properties: {
    displayName: 'Auditor - a certificate has expired or soon will'
    description: 'A certificate is in the last part of its lifetime, or past its end, and nothing has renewed it. Asked once a day, until it is mended.'
    severity: 'Medium'
    enabled: true
    query: '''
AuditorFindings
| where Status == "Open" and Component == "certificates"
| where RuleId contains "expir" or RuleId contains "in-last-" or RuleId contains "renew"
| extend AzureResourceId = iff(ResourceId startswith "/subscriptions/", ResourceId, "")
| project TimeGenerated, Estate, RuleId, RuleTitle, Severity, ResourceName, ResourceId, AzureResourceId, Element, Message, FailingSince, Remediation, FindingId
'''
    queryFrequency: 'P1D'
    queryPeriod: 'P14D'
    triggerOperator: 'GreaterThan'
    triggerThreshold: 0
    suppressionDuration: 'PT5H'
    suppressionEnabled: false
    tactics: [
      'Impact'
    ]
    techniques: [
      'T1499'
    ]
    customDetails: {
      Estate: 'Estate'
      Rule: 'RuleId'
      Finding: 'FindingId'
      FailingSince: 'FailingSince'
    }
    alertDetailsOverride: {
      alertDisplayNameFormat: '{{ResourceName}}: {{RuleTitle}} - not so'
      alertDescriptionFormat: '{{Message}}'
    }
    eventGroupingSettings: {
      aggregationKind: 'AlertPerResult'
    }
    incidentConfiguration: {
      createIncident: true
      groupingConfiguration: {
        enabled: true
        reopenClosedIncident: false
        lookbackDuration: 'P7D'
        matchingMethod: 'Selected'
        groupByEntities: []
        groupByAlertDetails: []
        groupByCustomDetails: [
          'Finding'
        ]
      }
    }
    templateVersion: '1.0.0'
    entityMappings: [
      {
        entityType: 'AzureResource'
        fieldMappings: [
          {
            identifier: 'ResourceId'
            columnName: 'AzureResourceId'
          }
        ]
      }
    ]
  }
  dependsOn: [
    parser
  ]
}

resource coverageDropped 'Microsoft.SecurityInsights/alertRules@2024-09-01' = if (deployRules) {
  name: '2b1f0c1a-63f5-4b0f-8c0e-5a3d1f7e9a06'
  scope: workspace
  kind: 'Scheduled'
  properties: {
    displayName: 'Auditor - an audit saw less than the one before'
    description: 'The latest audit of an estate read a tenth fewer resources than the one before, exercised fewer rules, or has more gaps: rights may be missing, or something is out of reach.'
    severity: 'Medium'
    enabled: true
    query: '''
let Scans = AuditorFindings_CL
    | where RecordType == "ScanSummary" and Planned == false
    | summarize arg_max(TimeGenerated, *) by ScanId
    | project Estate, ScanId, ScanTime, Resources = tolong(Summary.resources), Rules = tolong(Summary.rules), Gaps = tolong(Summary.gaps);
let Latest = Scans
    | summarize arg_max(ScanTime, *) by Estate
    | project Estate, LatestTime = ScanTime, LatestResources = Resources, LatestRules = Rules, LatestGaps = Gaps;
Scans
| join kind=inner Latest on Estate
| where ScanTime < LatestTime
| summarize arg_max(ScanTime, *) by Estate
| where LatestResources * 10 < Resources * 9 or LatestRules * 10 < Rules * 9 or LatestGaps > Gaps
| project Estate, ScanTime, Resources, Rules, Gaps, LatestTime, LatestResources, LatestRules, LatestGaps
'''
    queryFrequency: 'P1D'
    queryPeriod: 'P14D'
    triggerOperator: 'GreaterThan'
    triggerThreshold: 0
    suppressionDuration: 'PT5H'
    suppressionEnabled: false
    tactics: [
      'DefenseEvasion'
    ]
    techniques: [
      'T1562'
    ]
    customDetails: {
      Estate: 'Estate'
      Resources: 'LatestResources'
      Before: 'Resources'
      Gaps: 'LatestGaps'
    }
    alertDetailsOverride: {
      alertDisplayNameFormat: '{{Estate}}: {{LatestResources}} resources were audited, {{Resources}} before'
    }
    eventGroupingSettings: {
      aggregationKind: 'AlertPerResult'
    }
    incidentConfiguration: {
      createIncident: true
      groupingConfiguration: {
        enabled: true
        reopenClosedIncident: false
        lookbackDuration: 'P1D'
        matchingMethod: 'Selected'
        groupByEntities: []
        groupByAlertDetails: []
        groupByCustomDetails: [
          'Estate'
        ]
      }
    }
    templateVersion: '1.0.0'
  }
  dependsOn: [
    parser
  ]
}

resource exemptionExpiring 'Microsoft.SecurityInsights/alertRules@2024-09-01' = if (deployRules) {
  name: '2b1f0c1a-63f5-4b0f-8c0e-5a3d1f7e9a04'
  scope: workspace
  kind: 'Scheduled'
  properties: {
    displayName: 'Auditor - an exemption ends within two weeks'
    description: 'A finding is accepted for now, and the acceptance is about to end. Mend it, or renew the exemption with its owner.'
    severity: 'Low'
    enabled: true
    query: '''
AuditorFindings
| where Status == "Exempt" and ExemptionExpiresOn < now() + 14d
| extend AzureResourceId = iff(ResourceId startswith "/subscriptions/", ResourceId, "")
| project TimeGenerated, Estate, RuleId, RuleTitle, Severity, ResourceName, ResourceId, AzureResourceId, Element, ExemptionOwner, ExemptionReason, ExemptionExpiresOn, FindingId
'''
    queryFrequency: 'P1D'
    queryPeriod: 'P14D'
    triggerOperator: 'GreaterThan'
    triggerThreshold: 0
    suppressionDuration: 'PT5H'
    suppressionEnabled: false
    tactics: []
    techniques: []
    customDetails: {
      Estate: 'Estate'
      Rule: 'RuleId'
      Finding: 'FindingId'
      Owner: 'ExemptionOwner'
      EndsOn: 'ExemptionExpiresOn'
    }
    alertDetailsOverride: {
      alertDisplayNameFormat: '{{ResourceName}}: the exemption from {{RuleTitle}} ends'
      alertDescriptionFormat: 'Accepted by {{ExemptionOwner}}: {{ExemptionReason}}'
    }
    eventGroupingSettings: {
      aggregationKind: 'AlertPerResult'
    }
    incidentConfiguration: {
      createIncident: true
      groupingConfiguration: {
        enabled: true
        reopenClosedIncident: false
        lookbackDuration: 'P7D'
        matchingMethod: 'Selected'
        groupByEntities: []
        groupByAlertDetails: []
        groupByCustomDetails: [
          'Finding'
        ]
      }
    }
    templateVersion: '1.0.0'
    entityMappings: [
      {
        entityType: 'AzureResource'
        fieldMappings: [
          {
            identifier: 'ResourceId'
            columnName: 'AzureResourceId'
          }
        ]
      }
    ]
  }
  dependsOn: [
    parser
  ]
}

resource newCriticalFinding 'Microsoft.SecurityInsights/alertRules@2024-09-01' = if (deployRules) {
  name: '2b1f0c1a-63f5-4b0f-8c0e-5a3d1f7e9a01'
  scope: workspace
  kind: 'Scheduled'
  properties: {
    displayName: 'Auditor - a critical control began to fail'
    description: 'A rule of critical severity fails for a resource that it did not fail for before, or its exemption has ended. The finding says what was found, and how to mend it.'
    severity: 'High'
    enabled: true
    query: '''
AuditorFindings_CL
| where RecordType == "Finding" and Severity == "critical" and Status == "Open"
| where Planned == false and (FailingSince == ScanTime or Was == "Exempt")
| summarize arg_max(TimeGenerated, *) by RecordId
| extend AzureResourceId = iff(ResourceId startswith "/subscriptions/", ResourceId, "")
| project TimeGenerated, Estate, RuleId, RuleTitle, ResourceName, ResourceId, AzureResourceId, Element, Message, Remediation, FindingId
'''
    queryFrequency: 'PT1H'
    queryPeriod: 'PT1H'
    triggerOperator: 'GreaterThan'
    triggerThreshold: 0
    suppressionDuration: 'PT5H'
    suppressionEnabled: false
    tactics: [
      'InitialAccess'
    ]
    techniques: [
      'T1190'
    ]
    customDetails: {
      Estate: 'Estate'
      Rule: 'RuleId'
      Finding: 'FindingId'
      Remediation: 'Remediation'
    }
    alertDetailsOverride: {
      alertDisplayNameFormat: '{{ResourceName}}: {{RuleTitle}} - not so'
      alertDescriptionFormat: '{{Message}}'
    }
    eventGroupingSettings: {
      aggregationKind: 'AlertPerResult'
    }
    incidentConfiguration: {
      createIncident: true
      groupingConfiguration: {
        enabled: true
        reopenClosedIncident: false
        lookbackDuration: 'P7D'
        matchingMethod: 'Selected'
        groupByEntities: []
        groupByAlertDetails: []
        groupByCustomDetails: [
          'Finding'
        ]
      }
    }
    templateVersion: '1.0.0'
    entityMappings: [
      {
        entityType: 'AzureResource'
        fieldMappings: [
          {
            identifier: 'ResourceId'
            columnName: 'AzureResourceId'
          }
        ]
      }
    ]
  }
  dependsOn: [
    parser
  ]
}

resource pathBroken 'Microsoft.SecurityInsights/alertRules@2024-09-01' = if (deployRules) {
  name: '2b1f0c1a-63f5-4b0f-8c0e-5a3d1f7e9a02'
  scope: workspace
  kind: 'Scheduled'
  properties: {
    displayName: 'Auditor - a traffic path lost its protection'
    description: 'On the way from the Internet to a pod a hop is no longer encrypted, verified or authenticated, or there is a way around it.'
    severity: 'High'
    enabled: true
    query: '''
AuditorFindings_CL
| where RecordType == "Finding" and RuleId startswith "paths." and Status == "Open"
| where RuleId !in ("paths.complete", "paths.logs-together")
| where Planned == false and (FailingSince == ScanTime or Was == "Exempt")
| summarize arg_max(TimeGenerated, *) by RecordId
| project TimeGenerated, Estate, RuleId, RuleTitle, Severity, ResourceName, ResourceId, Element, Message, Remediation, FindingId
'''
    queryFrequency: 'PT1H'
    queryPeriod: 'PT1H'
    triggerOperator: 'GreaterThan'
    triggerThreshold: 0
    suppressionDuration: 'PT5H'
    suppressionEnabled: false
    tactics: [
      'CredentialAccess'
      'Collection'
    ]
    techniques: [
      'T1557'
    ]
    customDetails: {
      Estate: 'Estate'
      Rule: 'RuleId'
      Finding: 'FindingId'
      Remediation: 'Remediation'
    }
    alertDetailsOverride: {
      alertDisplayNameFormat: '{{ResourceName}}: {{RuleTitle}} - not so'
      alertDescriptionFormat: '{{Message}}'
    }
    eventGroupingSettings: {
      aggregationKind: 'AlertPerResult'
    }
    incidentConfiguration: {
      createIncident: true
      groupingConfiguration: {
        enabled: true
        reopenClosedIncident: false
        lookbackDuration: 'P7D'
        matchingMethod: 'Selected'
        groupByEntities: []
        groupByAlertDetails: []
        groupByCustomDetails: [
          'Finding'
        ]
      }
    }
    templateVersion: '1.0.0'
    entityMappings: [
      {
        entityType: 'CloudApplication'
        fieldMappings: [
          {
            identifier: 'Name'
            columnName: 'ResourceName'
          }
        ]
      }
    ]
  }
  dependsOn: [
    parser
  ]
}

resource scanMissing 'Microsoft.SecurityInsights/alertRules@2024-09-01' = if (deployRules) {
  name: '2b1f0c1a-63f5-4b0f-8c0e-5a3d1f7e9a05'
  scope: workspace
  kind: 'Scheduled'
  properties: {
    displayName: 'Auditor - an estate was not audited, or its records did not all arrive'
    description: 'No audit of an estate was completed for more than 26 hours, or fewer records arrived than its summary counts. What is not audited is not known to be well.'
    severity: 'Medium'
    enabled: true
    query: '''
let Rows = AuditorFindings_CL
    | where RecordType == "Finding"
    | distinct ScanId, RecordId
    | summarize Arrived = count() by ScanId;
AuditorFindings_CL
| where RecordType == "ScanSummary" and Planned == false
| summarize arg_max(ScanTime, *) by Estate
| join kind=leftouter Rows on ScanId
| extend Arrived = coalesce(Arrived, 0)
| extend Missing = Records - Arrived
| where ScanTime < ago(26h) or Missing > 0
| project Estate, ScanId, ScanTime, Records, Arrived, Missing
'''
    queryFrequency: 'PT6H'
    queryPeriod: 'P14D'
    triggerOperator: 'GreaterThan'
    triggerThreshold: 0
    suppressionDuration: 'PT5H'
    suppressionEnabled: false
    tactics: [
      'DefenseEvasion'
    ]
    techniques: [
      'T1562'
    ]
    customDetails: {
      Estate: 'Estate'
      LastAudit: 'ScanTime'
      Missing: 'Missing'
    }
    alertDetailsOverride: {
      alertDisplayNameFormat: '{{Estate}}: no complete audit since {{ScanTime}}'
    }
    eventGroupingSettings: {
      aggregationKind: 'AlertPerResult'
    }
    incidentConfiguration: {
      createIncident: true
      groupingConfiguration: {
        enabled: true
        reopenClosedIncident: false
        lookbackDuration: 'P1D'
        matchingMethod: 'Selected'
        groupByEntities: []
        groupByAlertDetails: []
        groupByCustomDetails: [
          'Estate'
        ]
      }
    }
    templateVersion: '1.0.0'
  }
  dependsOn: [
    parser
  ]
}

resource cameBack 'Microsoft.OperationalInsights/workspaces/savedSearches@2020-08-01' = {
  name: '3c2a1d2b-7406-4c1f-9d1f-6b4e2a8f0b02'
  parent: workspace
  properties: {
    category: 'Hunting Queries'
    displayName: 'Auditor - findings that were resolved and came back'
    query: '''
let Resolved = AuditorFindings_CL
    | where RecordType == "Finding" and Status == "Resolved" and Planned == false
    | summarize ResolvedAt = max(ScanTime), Times = dcount(ScanId, 4) by Estate, FindingId;
AuditorFindings
| where Status == "Open"
| join kind=inner Resolved on Estate, FindingId
| where ScanTime > ResolvedAt
| project Estate, Severity, RuleTitle, ResourceName, ResourceId, Element, Times, ResolvedAt, FailingSince
| order by Times desc
'''
    version: 2
    tags: [
      {
        name: 'description'
        value: 'What was mended and failed again: something puts the old state back.'
      }
      {
        name: 'tactics'
        value: 'Persistence'
      }
      {
        name: 'techniques'
        value: 'T1098'
      }
    ]
  }
  dependsOn: [
    parser
  ]
}

resource mostExposed 'Microsoft.OperationalInsights/workspaces/savedSearches@2020-08-01' = {
  name: '3c2a1d2b-7406-4c1f-9d1f-6b4e2a8f0b04'
  parent: workspace
  properties: {
    category: 'Hunting Queries'
    displayName: 'Auditor - resources with the most failures'
    query: '''
AuditorFindings
| where Status == "Open"
| summarize Critical = countif(Severity == "critical"), High = countif(Severity == "high"), All = count() by Estate, ResourceId, ResourceType
| order by Critical desc, High desc, All desc
| take 50
'''
    version: 2
    tags: [
      {
        name: 'description'
        value: 'Where the most critical and high rules fail together.'
      }
      {
        name: 'tactics'
        value: 'InitialAccess'
      }
      {
        name: 'techniques'
        value: 'T1190'
      }
    ]
  }
  dependsOn: [
    parser
  ]
}

resource notEvaluated 'Microsoft.OperationalInsights/workspaces/savedSearches@2020-08-01' = {
  name: '3c2a1d2b-7406-4c1f-9d1f-6b4e2a8f0b03'
  parent: workspace
  properties: {
    category: 'Hunting Queries'
    displayName: 'Auditor - what could not be evaluated, and why'
    query: '''
AuditorFindings
| where Status == "NotEvaluated"
| summarize Findings = count(), Resources = dcount(ResourceId, 4), Worst = min(Severity) by Estate, Reason
| order by Findings desc
'''
    version: 2
    tags: [
      {
        name: 'description'
        value: 'Answers that are not known, by reason. Most are missing rights.'
      }
      {
        name: 'tactics'
        value: 'DefenseEvasion'
      }
      {
        name: 'techniques'
        value: 'T1562'
      }
    ]
  }
  dependsOn: [
    parser
  ]
}

resource oldestFindings 'Microsoft.OperationalInsights/workspaces/savedSearches@2020-08-01' = {
  name: '3c2a1d2b-7406-4c1f-9d1f-6b4e2a8f0b01'
  parent: workspace
  properties: {
    category: 'Hunting Queries'
    displayName: 'Auditor - critical and high findings that stand longest'
    query: '''
AuditorFindings
| where Status == "Open" and Severity in ("critical", "high")
| extend AgeDays = datetime_diff("day", now(), FailingSince)
| project AgeDays, Severity, RuleTitle, ResourceName, ResourceId, Element, Message, Estate
| order by AgeDays desc
| take 100
'''
    version: 2
    tags: [
      {
        name: 'description'
        value: 'What has failed longest, and on which resource.'
      }
      {
        name: 'tactics'
        value: 'InitialAccess'
      }
      {
        name: 'techniques'
        value: 'T1190'
      }
    ]
  }
  dependsOn: [
    parser
  ]
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: '5a0f3a5e-6a3b-4c37-8a4d-5c1b7d2e9f10'
  location: location
  kind: 'shared'
  properties: {
    displayName: 'Auditor'
    category: 'sentinel'
    sourceId: workspace.id
    serializedData: '{"version":"Notebook/1.0","items":[{"type":1,"name":"about","content":{"json":"## Auditor\\nWhat stands, what changed, and whether every audit arrived whole."}},{"type":9,"name":"parameters","content":{"version":"KqlParameterItem/1.0","parameters":[{"id":"7d0c8a51-95a4-4a0b-8a43-1e2f3a4b5c01","version":"KqlParameterItem/1.0","name":"TimeRange","type":4,"isRequired":true,"value":{"durationMs":2592000000},"typeSettings":{"selectableValues":[{"durationMs":604800000},{"durationMs":2592000000},{"durationMs":7776000000}]}},{"id":"7d0c8a51-95a4-4a0b-8a43-1e2f3a4b5c02","version":"KqlParameterItem/1.0","name":"Estate","type":2,"isRequired":true,"multiSelect":true,"quote":"\'","delimiter":",","value":["value::all"],"typeSettings":{"additionalResourceOptions":["value::all"]},"query":"AuditorFindings_CL | distinct Estate | order by Estate asc","queryType":0,"resourceType":"microsoft.operationalinsights/workspaces","timeContextFromParameter":"TimeRange"}],"style":"pills","queryType":0,"resourceType":"microsoft.operationalinsights/workspaces"}},{"type":3,"name":"open by severity","content":{"version":"KqlItem/1.0","title":"Open now, by severity","query":"AuditorFindings\\n| where Estate in ({Estate}) and Status == \'Open\'\\n| summarize Findings = count(), Resources = dcount(ResourceId, 4) by Severity","size":1,"queryType":0,"resourceType":"microsoft.operationalinsights/workspaces","timeContextFromParameter":"TimeRange","visualization":"table"}},{"type":3,"name":"opened and resolved","content":{"version":"KqlItem/1.0","title":"Opened and resolved, by day","query":"AuditorFindings_CL\\n| where Estate in ({Estate}) and RecordType == \'Finding\' and Change in (\'Opened\', \'Resolved\')\\n| summarize arg_max(TimeGenerated, *) by RecordId\\n| summarize Findings = count() by bin(ScanTime, 1d), Change","size":0,"queryType":0,"resourceType":"microsoft.operationalinsights/workspaces","timeContextFromParameter":"TimeRange","visualization":"barchart"}},{"type":3,"name":"worst","content":{"version":"KqlItem/1.0","title":"Critical and high, oldest first","query":"AuditorFindings\\n| where Estate in ({Estate}) and Status == \'Open\' and Severity in (\'critical\', \'high\')\\n| project FailingSince, Severity, RuleTitle, ResourceName, Element, Message, Remediation, ResourceId\\n| order by FailingSince asc\\n| take 250","size":0,"queryType":0,"resourceType":"microsoft.operationalinsights/workspaces","timeContextFromParameter":"TimeRange","visualization":"table"}},{"type":3,"name":"audits","content":{"version":"KqlItem/1.0","title":"Audits","query":"let Rows = AuditorFindings_CL\\n    | where RecordType == \'Finding\'\\n    | distinct ScanId, RecordId\\n    | summarize Arrived = count() by ScanId;\\nAuditorFindings_CL\\n| where Estate in ({Estate}) and RecordType == \'ScanSummary\'\\n| summarize arg_max(TimeGenerated, *) by ScanId\\n| join kind=leftouter Rows on ScanId\\n| project ScanTime, Estate, Resources = tolong(Summary.resources), Rules = tolong(Summary.rules), Failures = tolong(Summary.counts.fail), Unknown = tolong(Summary.counts.unknown), Gaps = tolong(Summary.gaps), Records, Arrived = coalesce(Arrived, 0)\\n| order by ScanTime desc","size":0,"queryType":0,"resourceType":"microsoft.operationalinsights/workspaces","timeContextFromParameter":"TimeRange","visualization":"table"}}],"styleSettings":{},"$schema":"https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json"}'
  }
}

@description('For --endpoint.')
output endpoint string = rule.properties.endpoints.logsIngestion

@description('For --rule.')
output ruleId string = rule.properties.immutableId

@description('For --stream.')
output stream string = 'Custom-AuditorFindings_CL'
