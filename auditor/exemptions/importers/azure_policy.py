"""Azure Policy's exemptions (`Microsoft.Authorization/policyExemptions`), live or exported with their assignments.

An exemption names an assignment; which policies that assigns stands in the assignment and its initiative, so both must
be among the resources. Source: https://learn.microsoft.com/azure/governance/policy/concepts/exemption-structure
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from auditor.exemptions.importers.drafts import Foreign, Unmapped
from auditor.exemptions.schema import TODO
from auditor.model.resource import Resource

_PREFIX: Final = "microsoft.authorization/"
TYPES: Final = frozenset(_PREFIX + name for name in ("policyexemptions", "policyassignments", "policysetdefinitions"))


def exempted(resources: Iterable[Resource]) -> Iterator[Foreign | Unmapped]:
    """The exemptions among the resources, one for each policy that each is about."""
    found: dict[str, dict[str, Resource]] = {kind: {} for kind in TYPES}
    for resource in resources:
        found[resource.type.casefold()][resource.id.casefold()] = resource
    for _, exemption in sorted(found[_PREFIX + "policyexemptions"].items()):
        given = _properties(exemption)
        assignment = found[_PREFIX + "policyassignments"].get(_text(given, "policyAssignmentId").casefold())
        if assignment is None:
            yield Unmapped(exemption.name, exemption.id, "its assignment is not among the resources")
            continue
        definition = _text(_properties(assignment), "policyDefinitionId")
        if "/policysetdefinitions/" not in definition.casefold():
            policies: list[str] = [definition]
        elif initiative := found[_PREFIX + "policysetdefinitions"].get(definition.casefold()):
            policies = _of_initiative(initiative, given.get("policyDefinitionReferenceIds"))
        else:
            yield Unmapped(exemption.name, exemption.id, "its initiative is not among the resources")
            continue
        for policy in policies:
            yield _foreign(exemption, given, policy.rpartition("/")[2])


def _foreign(exemption: Resource, given: dict[str, Any], policy: str) -> Foreign:
    at = exemption.id.casefold().rfind("/providers/microsoft.authorization/")
    scope = exemption.id[:at]
    resources: tuple[str, ...] = (scope, f"{scope}/*")
    if given.get("resourceSelectors"):
        resources = (f"{TODO}: which resources of {scope} (its resourceSelectors say)",)
    elif "/managementgroups/" in scope.casefold():
        resources = (f"{TODO}: which subscriptions of {scope}",)
    metadata = given.get("metadata")
    who = metadata if isinstance(metadata, dict) else {}
    return Foreign(
        check=policy,
        place=exemption.id,
        resources=resources,
        category="mitigated" if _text(given, "exemptionCategory").casefold() == "mitigated" else "waiver",
        owner=_text(who, "approvedBy") or _text(who, "requestedBy"),
        reason=_text(given, "description") or _text(given, "displayName"),
        expires_on=_text(given, "expiresOn"),
    )


def _of_initiative(initiative: Resource, names: Any) -> list[str]:
    """The policies of an initiative: those that are named, or all."""
    wanted = {str(name).casefold() for name in names} if isinstance(names, list) else set()
    members = _properties(initiative).get("policyDefinitions")
    return [
        _text(member, "policyDefinitionId")
        for member in (members if isinstance(members, list) else ())
        if isinstance(member, dict)
        and (not wanted or _text(member, "policyDefinitionReferenceId").casefold() in wanted)
    ]


def _properties(resource: Resource) -> dict[str, Any]:
    found = resource.body.get("properties")
    return found if isinstance(found, dict) else {}


def _text(given: dict[str, Any], key: str) -> str:
    value = given.get(key)
    return value if isinstance(value, str) else ""
