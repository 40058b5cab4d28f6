"""Which types are in which table of Resource Graph. What it lacks is read below its parent: `children`.

Source: "Azure Resource Graph table and resource type reference".
"""

from __future__ import annotations

from typing import Final

SUBSCRIPTION: Final = "microsoft.resources/subscriptions"
GROUP: Final = "microsoft.resources/subscriptions/resourcegroups"
PRICINGS: Final = "microsoft.security/pricings"
VAULT_TYPE: Final = "microsoft.keyvault/vaults"

ELSEWHERE: Final = frozenset({"microsoft.securityinsights/dataconnectors"})
"""Types by which one subscription is served from another: only who reads all can say that there is none."""

GRAPH: Final = {
    "resourcecontainers": (SUBSCRIPTION, GROUP),
    "securityresources": (
        "microsoft.security/assessments", "microsoft.security/locations/alerts", "microsoft.security/pricings",
        "microsoft.security/securescores",
    ),
    "authorizationresources": ("microsoft.authorization/roleassignments", "microsoft.authorization/roledefinitions"),
    "policyresources": (
        "microsoft.authorization/policyassignments", "microsoft.authorization/policydefinitions",
        "microsoft.authorization/policyexemptions", "microsoft.authorization/policysetdefinitions",
    ),
    "dnsresources": tuple(
        f"microsoft.network/{zone}/{record}"
        for zone in ("dnszones", "privatednszones")
        for record in ("a", "aaaa", "caa", "cname", "mx", "ptr", "soa", "srv", "txt")
    ),
    "insightresources": ("microsoft.insights/datacollectionruleassociations",),
    "networkresources": ("microsoft.network/firewallpolicies/rulecollectiongroups",),
    "resources": (
        "microsoft.apimanagement/gateways",
        "microsoft.apimanagement/service",
        "microsoft.app/containerapps",
        "microsoft.app/managedenvironments",
        "microsoft.appconfiguration/configurationstores",
        "microsoft.automation/automationaccounts",
        "microsoft.batch/batchaccounts",
        "microsoft.cache/redis",
        "microsoft.cache/redisenterprise",
        "microsoft.cdn/profiles",
        "microsoft.cdn/profiles/endpoints",
        "microsoft.cognitiveservices/accounts",
        "microsoft.compute/diskencryptionsets",
        "microsoft.compute/disks",
        "microsoft.compute/virtualmachines",
        "microsoft.compute/virtualmachinescalesets",
        "microsoft.containerinstance/containergroups",
        "microsoft.containerregistry/registries",
        "microsoft.containerregistry/registries/replications",
        "microsoft.containerservice/managedclusters",
        "microsoft.databricks/workspaces",
        "microsoft.datafactory/factories",
        "microsoft.dbformysql/flexibleservers",
        "microsoft.dbforpostgresql/flexibleservers",
        "microsoft.devices/iothubs",
        "microsoft.documentdb/databaseaccounts",
        "microsoft.documentdb/mongoclusters",
        "microsoft.eventgrid/domains",
        "microsoft.eventgrid/topics",
        "microsoft.eventhub/namespaces",
        "microsoft.insights/actiongroups",
        "microsoft.insights/activitylogalerts",
        "microsoft.insights/components",
        "microsoft.insights/datacollectionendpoints",
        "microsoft.insights/datacollectionrules",
        "microsoft.insights/metricalerts",
        "microsoft.insights/privatelinkscopes",
        "microsoft.insights/scheduledqueryrules",
        "microsoft.insights/webtests",
        "microsoft.insights/workbooks",
        "microsoft.keyvault/managedhsms",
        "microsoft.keyvault/vaults",
        "microsoft.kubernetes/connectedclusters",
        "microsoft.logic/workflows",
        "microsoft.machinelearningservices/workspaces",
        "microsoft.managedidentity/userassignedidentities",
        "microsoft.network/applicationgateways",
        "microsoft.network/applicationgatewaywebapplicationfirewallpolicies",
        "microsoft.network/azurefirewalls",
        "microsoft.network/bastionhosts",
        "microsoft.network/connections",
        "microsoft.network/ddosprotectionplans",
        "microsoft.network/dnsforwardingrulesets",
        "microsoft.network/dnsresolvers",
        "microsoft.network/dnsresolvers/inboundendpoints",
        "microsoft.network/dnsresolvers/outboundendpoints",
        "microsoft.network/dnszones",
        "microsoft.network/expressroutecircuits",
        "microsoft.network/firewallpolicies",
        "microsoft.network/frontdoors",
        "microsoft.network/frontdoorwebapplicationfirewallpolicies",
        "microsoft.network/ipgroups",
        "microsoft.network/loadbalancers",
        "microsoft.network/natgateways",
        "microsoft.network/networkinterfaces",
        "microsoft.network/networksecuritygroups",
        "microsoft.network/networksecurityperimeters",
        "microsoft.network/networkvirtualappliances",
        "microsoft.network/networkwatchers",
        "microsoft.network/networkwatchers/flowlogs",
        "microsoft.network/privatednszones",
        "microsoft.network/privatednszones/virtualnetworklinks",
        "microsoft.network/privateendpoints",
        "microsoft.network/privatelinkservices",
        "microsoft.network/publicipaddresses",
        "microsoft.network/publicipprefixes",
        "microsoft.network/routetables",
        "microsoft.network/trafficmanagerprofiles",
        "microsoft.network/virtualhubs",
        "microsoft.network/virtualnetworkgateways",
        "microsoft.network/virtualnetworks",
        "microsoft.network/virtualwans",
        "microsoft.operationalinsights/clusters",
        "microsoft.operationalinsights/workspaces",
        "microsoft.operationsmanagement/solutions",
        "microsoft.recoveryservices/vaults",
        "microsoft.search/searchservices",
        "microsoft.security/automations",
        "microsoft.security/securityconnectors",
        "microsoft.servicebus/namespaces",
        "microsoft.servicenetworking/trafficcontrollers",
        "microsoft.servicenetworking/trafficcontrollers/associations",
        "microsoft.servicenetworking/trafficcontrollers/frontends",
        "microsoft.servicenetworking/trafficcontrollers/securitypolicies",
        "microsoft.signalrservice/signalr",
        "microsoft.signalrservice/webpubsub",
        "microsoft.sql/managedinstances",
        "microsoft.sql/managedinstances/databases",
        "microsoft.sql/servers",
        "microsoft.sql/servers/databases",
        "microsoft.sql/servers/elasticpools",
        "microsoft.storage/storageaccounts",
        "microsoft.synapse/workspaces",
        "microsoft.web/certificates",
        "microsoft.web/hostingenvironments",
        "microsoft.web/serverfarms",
        "microsoft.web/sites",
        "microsoft.web/sites/slots",
        "microsoft.web/staticsites",
    ),
}  # fmt: skip
"""Table of Resource Graph → the casefolded types that are known to be in it."""

TABLE_OF: Final = {kind: table for table, kinds in GRAPH.items() for kind in kinds}
CERTIFICATES: Final = "microsoft.keyvault/vaults/certificates"
"""Read from the vaults themselves."""
