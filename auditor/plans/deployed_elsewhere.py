"""Resources that deploy something in their turn which a change does not show as resources, each as a gap. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from auditor.model.case_insensitive import get
from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.plans.change import Change

_TEMPLATE: Final = "the template that it deploys is not evaluated"
_SCRIPT: Final = "it runs a script, whose effect is not evaluated"
_ALWAYS: Final = {
    "microsoft.blueprint/blueprints/artifacts": _TEMPLATE,
    "microsoft.resources/deploymentscripts": _SCRIPT,
    "microsoft.resources/deploymentstacks": _TEMPLATE,
    "microsoft.resources/templatespecs/versions": _TEMPLATE,
    "microsoft.solutions/applicationdefinitions": _TEMPLATE,
    "microsoft.solutions/applications": _TEMPLATE,
}
_DEPLOYMENT: Final = "microsoft.resources/deployments"


def gaps_of_deployed(changes: Iterable[Change]) -> Iterator[Gap]:
    """A gap for each resource that is made or changed and deploys more than the change shows."""
    for change in changes:
        resource = change.after
        reason = _reason(resource) if resource is not None and change.action != "no-op" else None
        if resource is not None and reason is not None:
            what = resource.origin.address or resource.id
            if resource.origin.source == "template" and resource.origin.file:
                what = f"{resource.origin.file}, {what}"
            yield Gap(what=what, reason=reason, kind="unknown-until-apply")


def _reason(resource: Resource) -> str | None:
    kind = resource.type.casefold()
    if kind != _DEPLOYMENT:
        return _ALWAYS.get(kind)
    properties: Any = get(resource.body, "properties")
    held = any(get(properties, name) is not None for name in ("template", "templateLink"))
    return _TEMPLATE if held and resource.origin.source != "template" else None
