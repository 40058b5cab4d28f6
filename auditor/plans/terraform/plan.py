"""A Terraform plan (`terraform show -json`) → its resources in their ARM or Kubernetes shape, before and after. Pure.

The way: `terraform_nodes` (what the plan declares) → `terraform_ids` and `terraform_references` (ids, and what refers
to them) → `terraform_translate` with the tables in `azurerm/`, `terraform_azapi`, `terraform_kubernetes` →
`terraform_join` (what Terraform keeps apart).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from auditor.model.case_insensitive import get
from auditor.model.child_arrays import RULE
from auditor.model.errors import InputError
from auditor.model.gap import Gap
from auditor.model.resource import MISSING, Origin, Resource, Unknown, holds_unknown
from auditor.plans.change import Addition, Change, Changes, Lines
from auditor.plans.terraform.accounting import accounting_of
from auditor.plans.terraform.azapi import azapi_made, body_not_told
from auditor.plans.terraform.azurerm import INDEX, table_of
from auditor.plans.terraform.computed import without_unwritten
from auditor.plans.terraform.gaps import gaps_of_entries
from auditor.plans.terraform.ids import Side
from auditor.plans.terraform.kubernetes import KINDS, is_kubernetes, kubernetes_made, not_told
from auditor.plans.terraform.merge import Made, additions, join
from auditor.plans.terraform.nodes import Node, nodes_of
from auditor.plans.terraform.references import References
from auditor.plans.terraform.repeats import gaps_of_ids, one_of_each_address
from auditor.plans.terraform.subscription import Subscriptions
from auditor.plans.terraform.table import Extra, Onto
from auditor.plans.terraform.translate import Place, Writer, chosen, filled, if_written
from auditor.plans.terraform.versions import Translation, Versions, translation_of, versions_of

_OF_AZAPI: Final = ("azapi_resource", "azapi_update_resource")
_MAJORS: Final = ("0", "1")
_AZURE: Final = ("azurerm_", "azapi_")
_UNREAD: Final = ("azuread_", "azurerm_", "kubectl_", "kubernetes_")
"""What is told where it is not read; of `azapi_` all is."""
TEMPLATES: Final = frozenset(
    {
        "azurerm_management_group_template_deployment",
        "azurerm_resource_group_template_deployment",
        "azurerm_subscription_template_deployment",
        "azurerm_template_deployment",
        "azurerm_tenant_template_deployment",
    }
)
"""Types that deploy an ARM template."""
_ELSEWHERE: Final = (
    "Microsoft.Authorization/",
    "Microsoft.Network/ipGroups",
    "Microsoft.Resources/",
    "Microsoft.Security/",
    "Microsoft.Sql/managedInstances/securityAlertPolicies",  # a Defender plan of the subscription makes these
    "Microsoft.Sql/servers/securityAlertPolicies",
    "Microsoft.Sql/servers/sqlVulnerabilityAssessments",
)
"""What other plans declare for the same subscription: that this one has none says nothing."""
_INSIDE: Final = frozenset(
    {
        "microsoft.sql/managedinstances/administrators",
        "microsoft.sql/managedinstances/azureadonlyauthentications",
        "microsoft.sql/servers/auditingsettings",
        "microsoft.sql/servers/azureadonlyauthentications",
    }
)
"""Children in ARM that azurerm writes inside their parent or under another name, and the tables too."""


def read_terraform_plan(
    raw: dict[str, Any], file: str, source: str | None = None, subscription: str | None = None
) -> Changes:
    """The changes of a plan. Raises InputError for a format that is not known, and for what is no plan.

    `source`: the folder of the root module, to tell where each resource is written, and what its dynamic blocks refer
    to: a plan tells that of other blocks alone. `subscription`: that of the default provider, where the plan does not
    tell it (`ARM_SUBSCRIPTION_ID`).
    """
    version = raw.get("format_version")
    if not isinstance(version, str) or not ("resource_changes" in raw or "planned_values" in raw):
        raise InputError(
            f"{file}: this is no Terraform plan in JSON.", "Write it with `terraform show -json PLANFILE`."
        )
    if version.partition(".")[0] not in _MAJORS:
        raise InputError(
            f"{file}: the format {version} of this Terraform plan is not known.",
            "Formats 0.x and 1.x are; see whether a newer auditor reads it.",
        )
    nodes = one_of_each_address(nodes_of(raw))
    written, dynamic = {}, None
    if source is not None:
        from auditor.plans.terraform.hcl_source import Source

        files = Source(raw, source)
        written, dynamic = files.places(nodes), files.dynamic
    references = References(raw, nodes, dynamic)
    subscriptions = Subscriptions(raw, nodes, references, subscription)
    versions = versions_of(raw, source)
    before, added_before, _ = _made(nodes, Side(nodes, references, "before", subscriptions), versions)
    after, added, joined = _made(nodes, Side(nodes, references, "after", subscriptions), versions)
    actions = {node.address: node.action for node in nodes}
    origins = {address: _origin(address, file, written.get(address)) for address in actions}
    forgotten = _forgotten(raw)
    changes = tuple(
        _change(actions[key[0]], before.get(key), after.get(key), origins[key[0]]) for key in {**after, **before}
    )
    deployed = list(_deployed(nodes, subscriptions, origins))
    all_changes = (*changes, *(one for one in deployed if isinstance(one, Change)))
    gaps = (
        *_gaps(raw, nodes, references, file),
        *gaps_of_ids(item for item in after.values() if item.address not in forgotten),
        *(one for one in deployed if isinstance(one, Gap)),
    )
    additions = tuple(_additions(added_before, added, actions, origins))
    unread = Counter(node.type for node in nodes if _is_unread(node))
    read = {one.origin.address for change in all_changes for one in (change.after, change.before) if one}
    read |= {part.origin.address for part in additions} | joined
    return Changes(
        all_changes,
        accounting_of(raw, file, nodes, read, unread, {gap.what for gap in gaps}),
        gaps,
        _covers(raw, nodes),
        written,
        additions,
        unread,
    )


Key = tuple[str, str, str, int]
"""Address, casefolded type and name of what a node makes, and its number among those that are alike: one node may make
several things."""
Parts = dict[tuple[str, str], Made]
"""Parts of resources that are not in the plan, by their address and by the id of the resource."""


def _additions(before: Parts, after: Parts, actions: dict[str, Any], origins: dict[str, Origin]) -> Iterator[Addition]:
    for address, target in {**after, **before}:
        old, new = before.get((address, target)), after.get((address, target))
        own = [part.id for part in (old, new) if part is not None]
        if actions[address] != "no-op":
            was, becomes = (None if part is None else part.body for part in (old, new))
            yield Addition(target, was, becomes, origins[address], str(own[0]))


def _made(nodes: list[Node], side: Side, versions: Versions) -> tuple[dict[Key, Made], Parts, set[str]]:
    """The resources of one side, what adds to resources outside of the plan, and the addresses of what `join` puts into
    other resources."""
    made: list[Made] = []
    for node in nodes:
        if node.data or side.raw(node) is None:
            continue
        translation = translation_of(node.type, versions)
        if translation is not None:
            made += _by_table(node, translation, side)
        elif node.type.startswith("azapi_"):
            made += azapi_made(node, side)
        elif is_kubernetes(node.type):
            made += kubernetes_made(node, without_unwritten(side.judged(node), side.written(node)))
    found: dict[Key, Made] = {}
    alike: Counter[tuple[str, str, str]] = Counter()
    for item in join(made):
        name = item.address, item.kind.casefold(), str(_name(item))
        found[*name, alike[name]] = item
        alike[name] += 1
    joined = {item.address for item in made if item.onto or item.kind.casefold() == RULE}
    return found, {(part.address, target): part for target, part in additions(made)}, joined


def _is_unread(node: Node) -> bool:
    """Whether it makes something in Azure or in a cluster that nothing here can tell."""
    if node.data or node.after is None or node.type in TEMPLATES or is_kubernetes(node.type):
        return False
    return node.type.startswith(_UNREAD) and table_of(node.type) is None


def _name(item: Made) -> Any:
    name = item.body.get("name")
    if isinstance(name, str):
        return name
    metadata = item.body.get("metadata")
    return metadata.get("name") if isinstance(metadata, dict) else None


def _by_table(node: Node, translation: Translation, side: Side) -> Iterator[Made]:
    table = translation.table
    tree, written, own = side.judged(node), side.written(node), side.id(node)
    base = own if isinstance(own, str) else f"/-/{table.type}/{node.address}"
    place = Place(base, base, written)
    if isinstance(table.at, Onto):
        body = filled({"type": table.type}, translation.write, tree, place)
        yield Made(table.type, own, body, node.address, onto=True)
        return
    name = table.name[1:] if table.name.startswith("=") else chosen(tree, table.name)
    named = {"id": own, "name": name} if isinstance(name, str | Unknown) else {"id": own}
    yield Made(table.type, own, filled({**named, "type": table.type}, translation.write, tree, place), node.address)
    for extra, write in translation.extras:
        blocks = tree if not extra.block else if_written(chosen(tree, extra.block), extra.block, written)
        yield from _extra(extra, write, f"{table.type}/{extra.kind}", blocks, own, node.address)


def _extra(extra: Extra, write: Writer, kind: str, blocks: Any, own: str | Unknown, address: str) -> Iterator[Made]:
    """The children in ARM that are written inside this resource. Whether there are any is not known of unknown blocks:
    such a child has no id, unless there can be only one."""
    for number, block in enumerate(blocks if isinstance(blocks, list) else [blocks]):
        if block is None or block is MISSING:
            continue
        given = block if isinstance(block, dict) else {}
        name = extra.name[1:] if extra.name.startswith("=") else chosen(given, extra.name)
        if isinstance(block, Unknown) and not isinstance(name, str):
            name = block
        below: str | Unknown = own
        if isinstance(own, str):
            below = block if name is block else f"{own}/{extra.kind}/{name if isinstance(name, str) else number}"
        body: dict[str, Any] = {"id": below, "type": kind}
        if isinstance(name, str | Unknown):
            body["name"] = name
        if isinstance(block, Unknown):
            body["properties"] = block
        else:
            write(given, body, Place(str(below), str(below)))
            if not extra.block and "properties" not in body:
                continue  # the provider of this plan does not know the attributes
        yield Made(kind, below, body, address)


def _deployed(nodes: list[Node], subscriptions: Subscriptions, origins: dict[str, Origin]) -> Iterator[Change | Gap]:
    """What the ARM templates make that Terraform deploys; where the deployment is written, in the plan's file."""
    for node in nodes:
        if node.type in TEMPLATES and not node.data and node.after is not None:
            from auditor.plans.terraform.templates import deployed

            for one in deployed(node, subscriptions.of(node)):
                if isinstance(one, Change) and one.after is not None:
                    one.after.origin = origins[node.address]
                yield one


def _origin(address: str, file: str, lines: Lines | None) -> Origin:
    if lines is None:
        return Origin(source="plan", address=address, file=file)
    return Origin(source="plan", address=address, file=lines.file, line=lines.first)


def _change(action: Any, before: Made | None, after: Made | None, origin: Origin) -> Change:
    if after is None:
        return Change("delete", None, _resource(before, origin) if before else None)
    if before is None:
        return Change("create", _resource(after, origin))
    if action == "no-op" and before.body != after.body:
        action = "update"  # what belongs to it changes, though Terraform keeps that in another resource
    now = _resource(after, origin)
    return Change(action, now, now if action == "no-op" else _resource(before, origin))


def _resource(made: Made, origin: Origin) -> Resource:
    resource = Resource(made.kind, made.body, origin, partial=holds_unknown(made.body))
    if isinstance(made.body.get("id"), Unknown):  # findings need one, and a name may occur below several parents
        resource._id = f"/-/{made.kind}/{made.address}/{resource.name}"
    return resource


def _gaps(raw: dict[str, Any], nodes: list[Node], references: References, file: str) -> Iterator[Gap]:
    yield from gaps_of_entries(raw, file)
    for node in nodes:
        kind = (node.after or {}).get("type")
        if node.type in _OF_AZAPI and not node.data and node.after is not None:
            if isinstance(kind, Unknown):
                yield Gap(what=node.address, reason=f"its type is {kind.reason}", kind="unknown-until-apply")
            elif not isinstance(kind, str) or "/" not in kind:
                yield Gap(what=node.address, reason="it does not say the type of a resource")
        hidden = None
        if not node.data and node.after is not None and node.action != "no-op":
            azapi = node.type.startswith("azapi_")
            hidden = body_not_told(node, references.config(node)) if azapi else not_told(node)
        if hidden:
            yield Gap(what=node.address, reason=hidden, kind="unknown-until-apply")


def _forgotten(raw: dict[str, Any]) -> frozenset[str]:
    """The addresses that Terraform stops managing: another address may take over the same resource."""
    changes = raw.get("resource_changes")
    items = [item for item in changes if isinstance(item, dict)] if isinstance(changes, list) else []
    return frozenset(str(item.get("address")) for item in items if get(item, "change", "actions") == ["forget"])


def _covers(raw: dict[str, Any], nodes: list[Node]) -> frozenset[str]:
    """The types of which the plan shows all that its configuration declares."""
    if raw.get("errored") is True or raw.get("complete") is False or not isinstance(raw.get("configuration"), dict):
        return frozenset()
    found: set[str] = set()
    if any(node.type.startswith(_AZURE) for node in nodes):
        found |= {kind.casefold() for kinds in INDEX.values() for kind in kinds if not kind.startswith(_ELSEWHERE)}
        found |= _INSIDE
    if any(is_kubernetes(node.type) for node in nodes):
        found |= {kind.casefold() for kind in KINDS.values()}
    return frozenset(found)
