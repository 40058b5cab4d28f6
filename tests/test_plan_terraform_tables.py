"""The mapping tables: every field that a rule reads of a plan has a place that a table writes."""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auditor.evaluate.bound_rule import Bound, bind
from auditor.evaluate.conditions import grammar as g
from auditor.model.child_arrays import ARRAYS, FLAT
from auditor.plans.body_writer import segments
from auditor.plans.terraform import azurerm
from auditor.plans.terraform.azurerm import INDEX, SHARED, table_of
from auditor.plans.terraform.table import Attr, Below, Block, Part, Table, spellings
from auditor.ruleset.loader import load_rules

CLOCK = dt.datetime(2026, 7, 9, tzinfo=dt.UTC)
OWN = {"id", "name", "type", "parentid", "subscriptionid", "resourcegroup", "location", "zones", "tags"}
"""What every resource has, or what is derived from its id."""

AKS = "microsoft.containerservice/managedclusters"
APIM = "microsoft.apimanagement/service"
GATEWAY = "microsoft.network/applicationgateways"
WAF = "microsoft.network/applicationgatewaywebapplicationfirewallpolicies"
FEDERATED = "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials"
READ_ONLY = "read-only in ARM"
NEVER = "azurerm cannot set it"
OLDER = "an older spelling of ARM's"
CONFIG = "a field of the configuration below the site"

SYSTEM = "the tables write the settings of Linux or of Windows, which decide"
NOWHERE = {
    "apiversion": "azurerm chooses the version; templates write one",
    "properties.creationtime": READ_ONLY,
    "properties.provisioningstate": READ_ONLY,
}
"""Fields that azurerm gives of no type."""
NO_TERRAFORM = {
    f"{APIM} properties.createdatutc": READ_ONLY,
    f"{APIM}/backends properties.credentials.certificateids": NEVER,
    f"{APIM}/backends properties.credentials.managedidentity": NEVER,
    f"{APIM}/apis/diagnostics properties.largelanguagemodel": NEVER,
    f"{APIM}/diagnostics properties.largelanguagemodel": NEVER,
    f"{APIM}/namedvalues properties.value": "no plan gives a value that may be secret; its name and key vault decide",
    f"{APIM}/workspaces/": "azurerm has no workspaces; azapi gives them in ARM's shape",
    "microsoft.containerregistry/registries properties.policies.softdeletepolicy": NEVER,
    "microsoft.containerregistry/registries/scopemaps properties.type": READ_ONLY,
    f"{AKS} properties.agentpoolprofiles.[*].currentorchestratorversion": READ_ONLY,
    f"{AKS} properties.currentkubernetesversion": READ_ONLY,
    f"{AKS} properties.apiserverauthorizedipranges": OLDER,
    f"{AKS} properties.agentpoolprofiles.[*].networkprofile.nodepublicipprefixids": NEVER,
    f"{AKS} properties.securityprofile.azuredefender": OLDER,
    f"{AKS}/agentpools properties.networkprofile.nodepublicipprefixids": NEVER,
    f"{AKS} properties.azuremonitorprofile.containerinsights": NEVER,
    f"{AKS} properties.securityprofile.kubernetesresourceobjectencryptionprofile": NEVER,
    f"{AKS}/agentpools properties.type": "azurerm adds scale sets alone",
    "microsoft.compute/virtualmachines properties.upgradepolicy": "a field of scale sets",
    "microsoft.compute/virtualmachines properties.virtualmachineprofile": "a field of scale sets",
    "microsoft.compute/virtualmachinescalesets properties.osprofile": "a field of single machines",
    "microsoft.compute/virtualmachinescalesets properties.securityprofile": "a field of single machines",
    "microsoft.documentdb/databaseaccounts properties.iprangefilter": OLDER,
    "microsoft.insights/actiongroups properties.incidentreceivers": NEVER,
    "microsoft.insights/actiongroups properties.emailreceivers.[*].status": READ_ONLY,
    "microsoft.insights/actiongroups properties.smsreceivers.[*].status": READ_ONLY,
    "microsoft.insights/privatelinkscopes properties.accessmodesettings.exclusions": NEVER,
    "microsoft.network/azurefirewalls properties.threatintelwhitelist": NEVER,
    "microsoft.storage/storageaccounts/blobservices properties.containerdeleteretentionpolicy.allowpermanentdelete": (
        NEVER
    ),
    "microsoft.storage/storageaccounts/fileservices properties.sharedeleteretentionpolicy.allowpermanentdelete": NEVER,
    "microsoft.keyvault/vaults properties.createmode": NEVER,
    "microsoft.keyvault/managedhsms properties.createmode": NEVER,
    "microsoft.keyvault/vaults/accesspolicies": "azurerm writes them into the vault",
    f"{FEDERATED} properties.claimsmatchingexpression": NEVER,
    f"{GATEWAY} properties.requestroutingrules.[*].properties.advancedroutingmap": NEVER,
    f"{GATEWAY} properties.defaultpredefinedsslpolicy": READ_ONLY,
    f"{WAF} properties.managedrules.exceptions": NEVER,
    "microsoft.databricks/workspaces properties.managedresourcegroupid": "asked of deployed machines only",
    "microsoft.compute/virtualmachines properties.storageprofile": SYSTEM,
    "microsoft.compute/virtualmachinescalesets properties.virtualmachineprofile.storageprofile": SYSTEM,
    "microsoft.compute/virtualmachinescalesets properties.storageprofile": "a field of single machines",
    "microsoft.web/sites properties.ftpsstate": CONFIG,
    "microsoft.web/sites properties.hostingenvironmentprofile": "the plan of the service decides it",
    "microsoft.web/sites properties.mintlsversion": CONFIG,
    "microsoft.web/sites properties.remotedebuggingenabled": CONFIG,
    "microsoft.web/sites properties.scmmintlsversion": CONFIG,
    "microsoft.web/sites/config ": "azurerm writes the configuration inside the site",
    "microsoft.web/sites/slots properties.ftpsstate": CONFIG,
    "microsoft.web/sites/slots properties.hostingenvironmentprofile": "the plan of the service decides it",
    "microsoft.web/sites/slots properties.mintlsversion": CONFIG,
    "microsoft.web/sites/slots properties.remotedebuggingenabled": CONFIG,
    "microsoft.web/sites/slots properties.scmmintlsversion": CONFIG,
    "microsoft.web/sites/slots/config ": "azurerm writes the configuration inside the slot",
    "microsoft.cdn/profiles/securitypolicies properties.parameters.isprofilelevel": NEVER,
    "microsoft.cdn/profiles/customdomains properties.customhttpsparameters": "a field of the classic CDN",
    "microsoft.cdn/profiles/customdomains properties.enabledstate": "a field of endpoints",
    "microsoft.cdn/profiles/endpoints/customdomains properties.tlssettings": "a field of Front Door",
    "microsoft.network/frontdoors sku": "a field of profiles",
    "microsoft.network/frontdoors properties.routingrules": "azurerm links policies to frontends alone",
    "microsoft.network/azurefirewalls properties.basepolicy": "a field of firewallPolicies",
    "microsoft.network/firewallpolicies properties.firewallpolicy": "a field of azureFirewalls",
    "microsoft.network/firewallpolicies properties.sku.name": "a field of azureFirewalls",
    "microsoft.network/networkinterfaces properties.addressspace": "a field of virtualNetworks",
    "microsoft.network/networkinterfaces properties.dhcpoptions": "a field of virtualNetworks",
    "microsoft.network/privatednszones properties.numberofvirtualnetworklinks": READ_ONLY,
    "microsoft.network/virtualnetworks/subnets properties.subnets": "a lone subnet lists itself",
    "microsoft.network/virtualnetworks properties.subnets.[*].properties.applicationgatewayipconfigurations": (
        "what the gateways of the change say (`gateway_subnets`)"
    ),
    "microsoft.network/virtualnetworks properties.subnets.[*].properties.resourcenavigationlinks": READ_ONLY,
    "microsoft.network/virtualnetworks properties.subnets.[*].properties.serviceassociationlinks": READ_ONLY,
    "microsoft.network/virtualnetworks properties.dnssettings": "a field of networkInterfaces",
    "microsoft.security/pricings properties.extensions.[*].operationstatus": READ_ONLY,
    "microsoft.security/securitycontacts properties.emails": "azurerm speaks the API of 2017: email",
    "microsoft.security/securitycontacts properties.isenabled": "azurerm speaks the API of 2017",
    "microsoft.security/securitycontacts properties.notifications": "azurerm speaks the API of 2017",
    "microsoft.security/securitycontacts properties.alertnotifications.state": "azurerm speaks the API of 2017",
    "microsoft.sql/managedinstances properties.azureadonlyauthentication": "a field of the child, judged too",
    "microsoft.eventhub/namespaces/networkrulesets": "azurerm writes them into the namespace",
    "microsoft.servicebus/namespaces/networkrulesets": "azurerm writes them into the namespace",
    "microsoft.sql/managedinstances properties.keyid": "azurerm makes encryptionProtector",
    "microsoft.sql/managedinstances properties.login": "a field of the child, judged too",
    "microsoft.sql/managedinstances properties.sid": "a field of the child, judged too",
    "microsoft.sql/managedinstances/administrators": "azurerm writes it into the instance",
    "microsoft.sql/managedinstances/databases/transparentdataencryption": NEVER,
    "microsoft.sql/managedinstances/azureadonlyauthentications": "azurerm writes it into the instance",
    "microsoft.sql/servers properties.azureadonlyauthentication": "a field of the child that the rule judges too",
    "microsoft.sql/servers/auditingsettings": "azurerm makes extendedAuditingSettings",
    "microsoft.sql/servers/azureadonlyauthentications": "azurerm writes it inside the server",
    "microsoft.sql/servers properties.fullyqualifieddomainname": READ_ONLY,
    "microsoft.sql/servers/databases/auditingsettings": "azurerm makes extendedAuditingSettings",
    "microsoft.sql/servers/databases/extendedauditingsettings properties.auditactionsandgroups": NEVER,
    "microsoft.sql/servers/databases kind": "a data warehouse is told by its SKU",
    "microsoft.sql/servers/databases/transparentdataencryption properties.status": OLDER,
    "microsoft.sql/servers/firewallrules properties.startipv6address": "a field of ipv6FirewallRules",
    "microsoft.sql/servers/firewallrules properties.endipv6address": "a field of ipv6FirewallRules",
    "microsoft.sql/servers/ipv6firewallrules": NEVER,
    "microsoft.storage/storageaccounts properties.networkacls.ipv6rules": NEVER,
    "microsoft.web/hostingenvironments": "the plan of the service decides it",
}
"""Fields that no attribute of azurerm gives, by type and the beginning of the path, and why that is right."""


def read(
    node: g.Node, types: tuple[str, ...], base: tuple[str, ...], bound: Bound
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every (type, path) that a condition reads; `base` is the path of the current element."""
    each = bound.each.segments if bound.each else ()

    def at(path: g.Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if path.start == "$":
            return bound.types, path.segments
        return (bound.types, each + path.segments) if path.start == "^" else (types, base + path.segments)

    def all_of(path: g.Path) -> Iterator[tuple[str, tuple[str, ...]]]:
        kinds, place = at(path)
        yield from ((kind, place) for kind in kinds)

    def operand(test: g.Test) -> Iterator[tuple[str, tuple[str, ...]]]:
        if isinstance(test.operand, g.Path):
            yield from all_of(test.operand)

    match node:
        case g.All(parts) | g.AnyOf(parts):
            for part in parts:
                yield from read(part, types, base, bound)
        case g.Not(part):
            yield from read(part, types, base, bound)
        case g.Field(path, test):
            yield from all_of(path)
            yield from operand(test)
        case g.Value(_value, test):
            yield from operand(test)
        case g.Count(path, where, test):
            yield from all_of(path)
            yield from operand(test)
            if where is not None:
                kinds, place = at(path)
                yield from read(where, kinds, place, bound)
        case g.Related(theirs_types, theirs, ours, where, test):
            yield from all_of(ours)
            yield from operand(test)
            yield from ((kind, theirs.segments) for kind in theirs_types)
            if where is not None:
                yield from read(where, theirs_types, (), bound)


def read_by_rules() -> dict[tuple[str, tuple[str, ...]], set[str]]:
    found: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for rule in load_rules():
        if "plan" not in rule.sources:
            continue
        bound = bind(rule, CLOCK)
        each = bound.each.segments if bound.each else ()
        pairs = [(kind, each) for kind in bound.types if each]
        for node in (bound.when, bound.condition):
            if node is not None:
                pairs += read(node, bound.types, each, bound)
        for kind, place in pairs:
            if kind.startswith("microsoft.") and place:
                found.setdefault((kind, tuple(key.casefold() for key in place)), set()).add(rule.id)
    return found


def written(parts: tuple[Part, ...], base: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Part]]:
    """Every path that a part of a table can write, with the part."""
    for part in parts:
        place = base + tuple(g.EACH if key == "*" else key.casefold() for key in segments(part.to))
        if isinstance(part, Block):
            yield from written(part.parts, place)
            if part.ids:
                yield (*place, "id"), part
        elif isinstance(part, Below):
            yield (*place, g.EACH, "id") if part.many else (*place, "id"), part
        else:
            yield place, part


def written_by_tables() -> dict[str, list[tuple[tuple[str, ...], Part]]]:
    found: dict[str, list[tuple[tuple[str, ...], Part]]] = {}
    for kind in INDEX:
        table = table_of(kind)
        assert table is not None
        own = found.setdefault(table.type.casefold(), [])
        own += written(table.parts, ())
        for extra in table.extras:
            found.setdefault(f"{table.type}/{extra.kind}".casefold(), []).extend(written(extra.parts, ()))
    for child, array in ARRAYS.items():
        below = ("properties", array.casefold(), g.EACH)
        skip = 1 if child in FLAT else 0
        parent = found[child.rpartition("/")[0]]
        parent += [((*below, *place[skip:]), part) for place, part in found[child]]
    status = ("properties", "privateendpointconnections", g.EACH, "properties", "privatelinkserviceconnectionstate")
    for paths in found.values():
        paths.append(((*status, "status"), Attr("private_service_connection", "")))
    return found


def gives(place: tuple[str, ...], part: Part, wanted: tuple[str, ...]) -> bool:
    """True when a written path is the wanted one, holds it, or lies in it."""
    shared = min(len(place), len(wanted))
    same = all(
        one.casefold() == other or g.EACH in (one, other)
        for one, other in zip(place[:shared], wanted[:shared], strict=True)
    )
    rest = wanted[shared:]
    return same and (not rest or all(key == g.EACH for key in rest) or (isinstance(part, Attr) and callable(part.how)))


def excused(kind: str, place: tuple[str, ...]) -> bool:
    field = ".".join(place)
    return field in NOWHERE or any(f"{kind} {field}".startswith(beginning) for beginning in NO_TERRAFORM)


def test_every_field_that_a_rule_reads_of_a_plan_has_a_mapping() -> None:
    tables = written_by_tables()
    asked = read_by_rules()
    missing = [
        f"{kind} {'.'.join(wanted)} ({sorted(rules)[0]})"
        for (kind, wanted), rules in sorted(asked.items())
        if wanted[0] not in OWN
        and not excused(kind, wanted)
        and not any(gives(place, part, wanted) for place, part in tables.get(kind, ()))
    ]
    excuses = sum(excused(kind, wanted) for kind, wanted in asked)
    print(f"{len(asked) - len(missing) - excuses} of {len(asked)} fields mapped, {excuses} not in Terraform")
    assert not missing, "\n".join(missing)


def test_nothing_is_excused_that_no_rule_reads() -> None:
    asked = [f"{kind} {'.'.join(place)}" for kind, place in read_by_rules()]
    assert [name for name in NO_TERRAFORM if not any(text.startswith(name) for text in asked)] == []


def test_the_index_names_the_tables_and_what_they_make() -> None:
    folder = Path(azurerm.__file__).parent
    files = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")}
    assert files == {SHARED.get(kind, kind.removeprefix("azurerm_")) for kind in INDEX}
    for kind, made in INDEX.items():
        table = table_of(kind)
        assert table is not None
        assert made == (table.type, *(f"{table.type}/{extra.kind}" for extra in table.extras))


@pytest.mark.parametrize("kind", INDEX)
def test_a_table_names_each_spelling_once_for_a_place(kind: str) -> None:
    table: Any = table_of(kind)
    assert isinstance(table, Table)

    def check(parts: tuple[Part, ...]) -> None:
        for part in parts:
            if isinstance(part, Attr | Block):
                names = spellings(part.names)
                assert len(names) == len(set(names))
            if isinstance(part, Block):
                check(part.parts)

    check(table.parts)
    name = SHARED.get(kind, kind.removeprefix("azurerm_"))
    module = importlib.import_module(f"auditor.plans.terraform.azurerm.{name}")
    assert "→" in (module.__doc__ or "")
