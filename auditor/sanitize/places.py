"""The table of places that hold secrets whatever their fields are called: a type and a path below its body. Pure.

A path has `*` for every key or element and `**` for any depth. Types are casefolded; a type that ends in `/` stands for
all that begin so. The names of fields that say so themselves are in `names`.

Sources: the references of the resource types; for write-only properties, Azure/bicep-types-az.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

ALL: Final = "all"
"""Every text there is a secret."""
SETTINGS: Final = "settings"
"""Every text but switches, small numbers and references."""
OPAQUE: Final = "opaque"
"""Texts that look like keys or tokens."""
GONE: Final = "gone"
"""The field is taken out."""
KEPT: Final = "kept"
"""No secret, though a place around it is one."""


class Place(NamedTuple):
    """A place, and what of it is a secret."""

    path: tuple[str, ...]
    what: str


_SITE_SETTINGS: Final = (
    "properties.siteconfig.appsettings.*.value all", "properties.siteconfig.connectionstrings.*.connectionstring all",
    "properties.siteconfig.metadata.*.value settings", "properties.siteconfig.pushsettings.** settings",
    "properties.siteconfig.azurestorageaccounts.*.accesskey all", "properties.cloninginfo.appsettingsoverrides.* all",
)  # fmt: skip
_SITE_CONFIG: Final = (
    "properties.appsettings.*.value all", "properties.metadata.*.value settings", "properties.pushsettings.** settings",
    "properties.connectionstrings.*.connectionstring all", "properties.identityproviders.** opaque",
)  # fmt: skip
_CONTAINERS: Final = (
    "properties.template.containers.*.env.*.value settings",
    "properties.template.initcontainers.*.env.*.value settings",
    "properties.template.scale.rules.*.*.metadata.* opaque", "properties.configuration.secrets.*.value all",
)  # fmt: skip
_MACHINE: Final = (
    "properties.osprofile.customdata all", "properties.instanceview.extensions.*.statuses.*.message all",
    "properties.instanceview.extensions.*.substatuses.*.message all",
)  # fmt: skip
_EXTENSION: Final = (
    "properties.settings.commandtoexecute all", "properties.settings.script all",
    "properties.settings.configurationarguments.** settings", "properties.settings.properties.** opaque",
    "properties.settings.inlinescript all", "properties.protectedsettings.** all",
    "properties.instanceview.statuses.*.message all", "properties.instanceview.substatuses.*.message all",
)  # fmt: skip
_RUN_COMMAND: Final = (
    "properties.source.script all", "properties.parameters.*.value all", "properties.protectedparameters.*.value all",
    "properties.instanceview.output all", "properties.instanceview.error all",
    "properties.instanceview.executionmessage all",
)  # fmt: skip
_FACTORY: Final = ("properties.globalparameters.*.value settings", "properties.typeproperties.encryptedcredential all")
_ACTIVITIES: Final = (
    "properties.parameters.*.defaultvalue settings", "properties.variables.*.defaultvalue settings",
    "properties.activities.**.headers.* opaque", "properties.activities.**.body opaque",
)  # fmt: skip

_TABLE: Final[dict[str, tuple[str, ...]]] = {
    "microsoft.web/sites": _SITE_SETTINGS,
    "microsoft.web/sites/slots": _SITE_SETTINGS,
    "microsoft.web/sites/config": _SITE_CONFIG,
    "microsoft.web/sites/slots/config": _SITE_CONFIG,
    "microsoft.web/sites/functions": (
        "properties.test_data all", "properties.files.* all", "properties.secrets_file_href all",
    ),
    "microsoft.web/sites/hybridconnection": ("properties.entityconnectionstring all",),
    "microsoft.web/staticsites": ("properties.templateproperties.** opaque",),
    "microsoft.web/connections": (
        "properties.parametervalues.** all", "properties.nonsecretparametervalues.** settings",
        "properties.customparametervalues.** settings", "properties.alternativeparametervalues.** all",
        "properties.parametervalueset.values.** all",
    ),
    "microsoft.logic/workflows": (
        "properties.parameters.*.value settings", "properties.definition.parameters.*.defaultvalue settings",
        "properties.definition.**.inputs.variables.*.value settings",
        "properties.definition.**.authentication.value all", "properties.definition.**.authentication.pfx all",
        "properties.definition.**.authentication.secret all", "properties.definition.**.authentication.password all",
        "properties.definition.**.queries.* opaque", "properties.definition.**.headers.* opaque",
        "properties.definition.**.body.** opaque", "properties.definition.staticresults.** opaque",
    ),
    "microsoft.automation/automationaccounts/variables": ("properties.value all",),
    "microsoft.automation/automationaccounts/connections": ("properties.fielddefinitionvalues.* settings",),
    "microsoft.automation/automationaccounts/jobs": ("properties.parameters.* settings",),
    "microsoft.automation/automationaccounts/compilationjobs": ("properties.parameters.* settings",),
    "microsoft.automation/automationaccounts/jobschedules": ("properties.parameters.* settings",),
    "microsoft.automation/automationaccounts/webhooks": ("properties.uri all", "properties.parameters.* settings"),
    "microsoft.containerinstance/containergroups": (
        "properties.containers.*.properties.environmentvariables.*.value settings",
        "properties.initcontainers.*.properties.environmentvariables.*.value settings",
        "properties.volumes.*.secret.* all",
    ),
    "microsoft.app/containerapps": _CONTAINERS,
    "microsoft.app/jobs": _CONTAINERS,
    "microsoft.app/managedenvironments/daprcomponents": (
        "properties.metadata.*.value settings", "properties.secrets.*.value all",
    ),
    "microsoft.compute/virtualmachines": _MACHINE,
    "microsoft.compute/virtualmachines/extensions": _EXTENSION,
    "microsoft.compute/virtualmachinescalesets/extensions": _EXTENSION,
    "microsoft.compute/virtualmachinescalesets": (
        "properties.virtualmachineprofile.osprofile.customdata all",
        *(f"properties.virtualmachineprofile.extensionprofile.extensions.*.{place}" for place in _EXTENSION),
    ),
    "microsoft.hybridcompute/machines/extensions": _EXTENSION,
    "microsoft.compute/virtualmachines/runcommands": _RUN_COMMAND,
    "microsoft.compute/virtualmachinescalesets/virtualmachines/runcommands": _RUN_COMMAND,
    "microsoft.hybridcompute/machines/runcommands": _RUN_COMMAND,
    "microsoft.virtualmachineimages/imagetemplates": (
        "properties.customize.*.inline.* all", "properties.validate.invmvalidations.*.inline.* all",
    ),
    "microsoft.batch/batchaccounts/pools": (
        "properties.starttask.environmentsettings.*.value settings",
        "properties.starttask.containersettings.containerrunoptions opaque",
    ),
    "microsoft.resources/deploymentscripts": (
        "properties.scriptcontent all", "properties.arguments all", "properties.cleanuparguments all",
        "properties.environmentvariables.*.value settings", "properties.outputs.** settings",
        "properties.containersettings.** opaque",
    ),
    "microsoft.resources/deploymentstacks": (
        "properties.parameters.*.value settings", "properties.outputs.*.value settings",
    ),
    "microsoft.solutions/applications": (
        "properties.parameters.*.value settings", "properties.outputs.*.value settings",
    ),
    "microsoft.blueprint/blueprintassignments": ("properties.parameters.*.value settings",),
    "microsoft.blueprint/blueprints": ("properties.parameters.*.defaultvalue settings",),
    "microsoft.datafactory/factories": _FACTORY,
    "microsoft.datafactory/factories/pipelines": _ACTIVITIES,
    "microsoft.synapse/workspaces/pipelines": _ACTIVITIES,
    "microsoft.datafactory/factories/linkedservices": (
        "properties.typeproperties.connectionstring.** all", "properties.typeproperties.encryptedcredential all",
        "properties.typeproperties.password.value all", "properties.parameters.*.defaultvalue settings",
        "properties.typeproperties.sasuri.** all", "properties.typeproperties.key.** all",
    ),
    "microsoft.synapse/workspaces/linkedservices": (
        "properties.typeproperties.connectionstring.** all", "properties.typeproperties.encryptedcredential all",
    ),
    "microsoft.containerregistry/registries/tasks": (
        "properties.step.values.*.value settings", "properties.step.encodedtaskcontent all",
        "properties.step.arguments.*.value settings", "properties.credentials.customregistries.*.*.value all",
    ),
    "microsoft.containerregistry/registries/taskruns": (
        "properties.runrequest.values.*.value settings", "properties.runrequest.arguments.*.value settings",
        "properties.runrequest.encodedtaskcontent all",
    ),
    "microsoft.eventgrid/": ("properties.**.deliveryattributemappings.*.properties.value settings",),
    "microsoft.hdinsight/clusters": (
        "properties.clusterdefinition.configurations.** opaque", "properties.storageprofile.storageaccounts.*.key all",
    ),
    "microsoft.notificationhubs/": (
        "properties.apnscredential.** all", "properties.gcmcredential.** all", "properties.wnscredential.** all",
        "properties.mpnscredential.** all", "properties.admcredential.** all", "properties.baiducredential.** all",
        "properties.fcmv1credential.** all", "properties.browsercredential.** all",
    ),
    "microsoft.apimanagement/service/backends": (
        "properties.credentials.header.* all",
        "properties.credentials.query.* all",
        "properties.credentials.authorization.parameter all",
    ),
    "microsoft.apimanagement/service/loggers": (
        "properties.credentials.* all",
        "properties.credentials.endpointaddress kept",
        "properties.credentials.identityclientid kept",
    ),
    "microsoft.apimanagement/service/caches": ("properties.connectionstring all",),
    "microsoft.apimanagement/service/authorizationproviders": ("properties.oauth2.granttypes.*.* opaque",),
    "microsoft.machinelearningservices/workspaces/connections": ("properties.credentials.** settings",),
    "microsoft.machinelearningservices/": ("properties.**.environmentvariables.* settings",),
    "microsoft.cognitiveservices/accounts/connections": ("properties.credentials.** settings",),
    "microsoft.devtestlab/": ("properties.**.artifacts.*.parameters.*.value settings",),
    "microsoft.insights/actiongroups": ("properties.**.webhookproperties.* settings",),
    "microsoft.insights/autoscalesettings": ("properties.notifications.*.webhooks.*.properties.* settings",),
    "microsoft.security/locations/alerts": (
        "properties.entities gone", "properties.extendedproperties gone", "properties.supportingevidence gone",
    ),
    "microsoft.authorization/policyassignments": ("properties.parameters.*.value opaque",),
    "microsoft.search/searchservices": ("properties.querykeys.*.key all",),
    "microsoft.network/applicationgatewaywebapplicationfirewallpolicies": (
        "properties.customrules.*.matchconditions.*.matchvalues.* opaque",
    ),
    "microsoft.network/frontdoorwebapplicationfirewallpolicies": (
        "properties.customrules.rules.*.matchconditions.*.matchvalue.* opaque",
    ),
    "microsoft.storage/storageaccounts": ("properties.keys.*.value all",),
    "microsoft.botservice/botservices/channels": (
        "properties.properties.sites.*.key all", "properties.properties.sites.*.key2 all",
    ),
    "microsoft.keyvault/vaults/secrets": ("properties.value gone",),
    "microsoft.keyvault/vaults/keys": tuple(
        f"properties.{name} gone" for name in ("d", "dp", "dq", "qi", "p", "q", "k", "key_hsm", "key.d", "key.k")
    ),
    "microsoft.apimanagement/service/certificates": ("properties.data gone",),
    "microsoft.network/applicationgateways": ("properties.sslcertificates.*.properties.data gone",),
    "microsoft.network/trafficmanagerprofiles": (
        "properties.monitorconfig.customheaders.*.value all",
        "properties.endpoints.*.properties.customheaders.*.value all",
    ),
    "core/persistentvolume": (
        "spec.csi.volumeattributes.* opaque", "spec.flexvolume.options.* opaque",
    ),
    "storage.k8s.io/storageclass": ("parameters.* opaque",),
    "security.istio.io/authorizationpolicy": ("spec.rules.*.when.*.values.* opaque",),
    "apiserver.config.k8s.io/encryptionconfiguration": ("resources.*.providers.*.*.keys.*.secret all",),
    "core/config": ("users.*.user.auth-provider.config.* opaque", "users.*.user.client-key-data all"),
    "bitnami.com/sealedsecret": ("spec.template.data.* all", "spec.template.stringdata.* all"),
}  # fmt: skip


@lru_cache(maxsize=4096)
def places_of(kind: str) -> tuple[Place, ...]:
    """The places of a type, however it is spelled."""
    folded = kind.casefold()
    found = _TABLE.get(folded, ())
    for head, places in _TABLE.items():
        if head.endswith("/") and folded.startswith(head):
            found += places
    return tuple(Place(tuple(path.split(".")), what) for path, what in (line.split() for line in found))
