"""An ARM template, or what Bicep is compiled to → the resources that it deploys, in their live shape. Pure.

`arm_deployment` opens the template and those nested in it, `arm_resources` unrolls what they declare, `arm_evaluate`
evaluates their expressions, `arm_live` and `arm_join` bring the resources to their live shape.

A resource whose condition is not known is judged as it will be if it is deployed; but its id is unknown, so that no
other resource is said to have it, and a gap of its type tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.model.errors import InputError
from auditor.model.resource import Origin, Resource, Unknown, holds_unknown
from auditor.plans.arm.context import Work
from auditor.plans.arm.deduplicate import once
from auditor.plans.arm.deployment import Deployment
from auditor.plans.arm.merge import Item, join
from auditor.plans.arm.normalize import completed
from auditor.plans.arm.parameters import names_in
from auditor.plans.arm.resources import DEPLOYMENTS, Instance, declared_in
from auditor.plans.arm.scope import Path, Situation
from auditor.plans.arm.scope_ids import DEPLOYMENT as DEPLOYMENT_TYPE
from auditor.plans.arm.scope_ids import Place, id_at
from auditor.plans.arm.secrets import left_behind
from auditor.plans.arm.spelling import DEPLOYMENT, RESOURCE, TEMPLATE, canonical
from auditor.plans.change import NO_SUBSCRIPTION, Change, Changes

_JOINED_BY_PROPERTY: Final = frozenset(
    {
        "microsoft.insights/activitylogalerts",
        "microsoft.network/networkwatchers/flowlogs",
        "microsoft.operationsmanagement/solutions",
    }
)
"""Types that others are joined to through a property instead of the id."""


def read_arm_template(
    raw: dict[str, Any],
    file: str,
    parameters: dict[str, Any] | None = None,
    *,
    subscription_id: str | None = None,
    resource_group: str | None = None,
    location: str | None = None,
    lines: Mapping[Path, int] | None = None,
) -> Changes:
    """What a template deploys. `parameters`: a parameter file as read, or a mapping of names to values; `lines`: where
    its objects begin (`arm_lines.lines_of`). Raises InputError when it is no template."""
    raw = canonical(raw, TEMPLATE) if isinstance(raw, dict) else {}
    if not isinstance(raw.get("resources"), list | dict):
        raise InputError(f"{file} is no ARM template: it has no resources", "Give the JSON that Bicep is compiled to.")
    place = _place_of(raw, subscription_id or NO_SUBSCRIPTION, resource_group or "rg")
    where: Any = Unknown("the location of the resource group is not given") if location is None else location
    work, given = Work(file), {} if parameters is None else parameters
    deployment = Deployment(raw, Situation(place, where, _name_of(file)), given, work)
    for name in deployment.root.undeclared(names_in(given)):
        work.note("", f"parameter {name} is given, and the template does not have it", "unknown-until-apply")
    declared: list[tuple[Item, Path]] = []
    origins: dict[Item, Origin] = {}
    for instance in deployment.every():
        if instance.existing:
            continue
        item = _item(instance, work)
        written = (*instance.template.situation.path, *instance.path)
        line = (lines or {}).get(written)
        origins[item] = Origin(source="template", address=instance.address, file=file, line=line)
        declared.append((item, written))
        work.accounting.resource()
    items = once(declared)
    for rule, group in join(items):
        origins[group] = origins[rule]
        items.append(group)
    changes = tuple(Change("create", _resource(item, origins[item])) for item in items)
    changes += tuple(_histories(deployment, file, lines or {}))
    return Changes(changes, work.accounting, tuple(work.gaps), frozenset(_declared_types(raw)))


def _item(instance: Instance, work: Work) -> Item:
    body = instance.body()
    if isinstance(body, Unknown):
        body = {"id": instance.id, "name": instance.name, "type": instance.kind, "properties": body}
    made = completed(instance.kind, body)
    if instance.doubt is not None:
        work.note(instance.address, instance.doubt.reason, "unknown-until-apply", instance.kind)
        made["id"] = instance.doubt
        if instance.kind.casefold() in _JOINED_BY_PROPERTY:
            made["properties"] = instance.doubt
    return Item(instance.kind, instance.id, made, instance.doubt)


def _histories(deployment: Deployment, file: str, lines: Mapping[Path, int]) -> Iterator[Change]:
    """The deployments themselves, where a secret will stand in their history. Each of a loop leaves the same: one."""
    told: set[tuple[Any, ...]] = set()
    for template in deployment.templates():
        situation = template.situation
        left = left_behind(template.raw)
        if not left or situation.path in told:
            continue
        told.add(situation.path)
        name = situation.name if isinstance(situation.name, str) else _name_of(file)
        place = id_at(situation.place, DEPLOYMENT_TYPE, name)
        body = {"id": place, "name": name, "type": DEPLOYMENT_TYPE, "properties": left}
        origin = Origin(
            source="template", address=f"{DEPLOYMENT_TYPE}.{name}", file=file, line=lines.get(situation.path)
        )
        yield Change("create", _resource(Item(DEPLOYMENT_TYPE, place, body, None), origin))


def _resource(item: Item, origin: Origin) -> Resource:
    resource = Resource(item.kind, item.body, origin, partial=holds_unknown(item.body))
    if isinstance(item.body["id"], Unknown):  # findings still need one: what its conditions see stays unknown
        name = (origin.address or "")[len(item.kind) + 1 :]
        resource._id = item.id if isinstance(item.id, str) else f"/-/{item.kind}/{name}"
    return resource


def _place_of(raw: dict[str, Any], subscription_id: str, resource_group: str) -> Place:
    """From the schema of the template, which names what it is deployed to."""
    schema = raw.get("$schema")
    folded = schema.casefold() if isinstance(schema, str) else ""
    if "tenantdeploymenttemplate" in folded:
        return Place()
    if "managementgroupdeploymenttemplate" in folded:
        return Place(management_group=Unknown("the management group is not given"))
    return Place(subscription_id, None if "subscriptiondeploymenttemplate" in folded else resource_group)


def _name_of(file: str) -> str:
    """The name that the command line gives a deployment: that of the file without its ending."""
    name = file.replace("\\", "/").rpartition("/")[2]
    return name.rpartition(".")[0] or name


def _declared_types(raw: dict[str, Any]) -> Iterator[str]:
    """Every type that the templates declare, also where a condition or an empty loop leaves none: of these it can be
    said that there are no others."""
    pending: list[tuple[Any, str]] = [(raw.get("resources"), "")]
    while pending:
        resources, parent = pending.pop()
        for _path, _symbol, declared in declared_in(resources, ()):
            if not isinstance(declared, dict):
                continue  # which the reader of resources reports
            declared = canonical(declared, RESOURCE)
            kind = declared.get("type")
            if not isinstance(kind, str) or kind.startswith("["):
                continue
            kind = kind.partition("@")[0].strip("/").casefold()
            kind = kind if not parent or "." in kind.partition("/")[0] else f"{parent}/{kind}"
            if kind == DEPLOYMENTS:
                properties = declared.get("properties")
                inner = canonical(properties, DEPLOYMENT).get("template") if isinstance(properties, dict) else None
                pending.append((canonical(inner, TEMPLATE).get("resources") if isinstance(inner, dict) else None, ""))
            elif not declared.get("existing") and "/providers/" not in kind:
                yield kind
            pending.append((declared.get("resources"), kind))
