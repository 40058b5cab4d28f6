"""The tenant behind the subscriptions: where Microsoft Entra ID sends its logs. Opt-in, because no role at a
subscription or management group suffices.

One `auditor/tenant` for the tenant of the identity, with the diagnostic settings of Entra ID:

    id          /providers/microsoft.aadiam
    properties  diagnosticSettings [name, properties] · unknown when they could not be read

Source: "Integrate Microsoft Entra logs with Azure Monitor logs" and the reference of `microsoft.aadiam`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from auditor.collect.azure.api_versions import version_of
from auditor.collect.azure.arm import SOURCE as ARM
from auditor.collect.azure.context import Live
from auditor.collect.azure.replies import CallFailed
from auditor.collect.workers import Job
from auditor.model.gap import Gap
from auditor.model.resource import Origin, Resource, Unknown
from auditor.sanitize.azure import sanitized_azure

EXTRA: Final = "entra-logs"
"""How it is asked for by `--with`."""
TENANT: Final = "auditor/tenant"
PLACE: Final = "/providers/microsoft.aadiam"
RIGHT: Final = "microsoft.aadiam/diagnosticSettings/read"
GRANTED: Final = f"Security Reader or Global Reader of Entra ID, or Reader at {PLACE}, grants it"
_TYPE: Final = "microsoft.aadiam/diagnosticSettings"


@dataclass(frozen=True)
class ReadTenant(Job):
    """The diagnostic settings of Entra ID."""

    live: Live
    lane: str = ARM

    def run(self) -> Iterable[Job]:
        book = self.live.book
        if book.kept("tenant logs") is None:
            book.forget("tenant not known")
            try:
                found = self.live.arm.all(f"{PLACE}/diagnosticSettings", version_of(_TYPE).asked)
                settings = [{"name": setting.get("name"), **_properties(setting)} for setting in found]
            except CallFailed as failure:
                self.lost(failure)
            else:
                book.keep("tenant logs", [_tenant(settings)])
                book.told(ARM, done=1)
        return ()

    def lost(self, failure: CallFailed) -> None:
        """A tenant of which nothing is known, and a gap. The next run asks again."""
        reason = f"GET diagnosticSettings: {failure.reason}"
        if failure.status in (401, 403):
            reason += f"; needs {RIGHT}: {GRANTED}"
        self.live.book.gap(Gap(what=PLACE, reason=reason, kind=failure.kind, type=TENANT))
        self.live.book.keep("tenant not known", [_tenant(Unknown(reason))])


def _properties(setting: dict[str, Any]) -> dict[str, Any]:
    found = setting.get("properties")
    if not isinstance(found, dict):
        raise CallFailed("unreadable", "its answer is not a list of settings")
    return found


def _tenant(settings: list[dict[str, Any]] | Unknown) -> Resource:
    body = {"id": PLACE, "name": "Microsoft Entra ID", "type": TENANT, "properties": {"diagnosticSettings": settings}}
    unknown = isinstance(settings, Unknown)
    return Resource(TENANT, sanitized_azure(body), Origin(source="live", address=PLACE), partial=unknown)
