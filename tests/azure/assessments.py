"""Custom assessments of Defender for Cloud: metadata of a subscription, then assessments on its resources.

Only there for who has the role that ships (`Rights.assess`): for everybody else a PUT is what no auditor may ask.

Source: Defender for Cloud REST, "Assessments Metadata - Create In Subscription", "Assessments - Create Or Update".
"""

from __future__ import annotations

import re
from typing import Any, Final

from tests.azure.estate import Estate
from tests.azure.http import Answer, Call, Refused
from tests.azure.resource_manager import ResourceManager
from tests.azure.rights import Rights

PATH: Final = re.compile(r"(/subscriptions/.+)/providers/Microsoft\.Security/(assessments|assessmentMetadata)/([^/]+)")
GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
VERSIONS: Final = ("2020-01-01", "2021-06-01")


class Assessments:
    """What was written. `metadata` by subscription and name, `written` by resource (casefolded) and name."""

    def __init__(self, manager: ResourceManager, estate: Estate, rights: Rights) -> None:
        self.metadata: dict[tuple[str, str], dict[str, Any]] = {}
        self.written: dict[tuple[str, str], dict[str, Any]] = {}
        self._manager, self._estate, self._rights = manager, estate, rights

    def asked(self, call: Call) -> bool:
        """Whether a call is for here."""
        return self._rights.assess and bool(PATH.fullmatch(call.path))

    def answer(self, call: Call) -> Answer:
        self._manager.authenticate(call)
        found = PATH.fullmatch(call.path)
        assert found
        scope, kind, name = found[1], found[2], found[3]
        if call.query.get("api-version") not in VERSIONS:
            raise Refused(400, "NoRegisteredProviderFound", "No registered resource provider found.")
        if not GUID.fullmatch(name):
            raise Refused(400, "InvalidAssessmentKey", f"{name} is no GUID.")
        action = "write" if call.method == "PUT" else "read"
        if not self._rights.may(f"Microsoft.Security/{kind}/{action}", scope):
            raise Refused(403, "AuthorizationFailed", f"The client has no right to {kind}/{action} over {scope}.")
        if scope.casefold() not in self._estate.by_id:
            raise Refused(404, "ResourceNotFound", f"The resource {scope} was not found.")
        kept = self.metadata if kind == "assessmentMetadata" else self.written
        key = scope.casefold(), name
        if call.method == "GET":
            if key not in kept:
                raise Refused(404, "NotFound", f"There is no {kind} {name}.")
            return Answer(200, {"id": call.path, "name": name, "properties": kept[key]})
        assert call.method == "PUT", call.name
        properties = call.json()["properties"]
        (self._check_metadata if kind == "assessmentMetadata" else self._check)(scope, name, properties)
        made = key not in kept
        kept[key] = properties
        return Answer(201 if made else 200, {"id": call.path, "name": name, "properties": properties})

    def _check_metadata(self, scope: str, _name: str, given: dict[str, Any]) -> None:
        assert re.fullmatch(r"/subscriptions/[^/]+", scope), scope
        assert given["assessmentType"] == "CustomerManaged"
        assert given["severity"] in ("Low", "Medium", "High")
        assert given["displayName"]
        known = {"assessmentType", "severity", "displayName", "description", "remediationDescription", "categories"}
        assert given.keys() <= known

    def _check(self, scope: str, name: str, given: dict[str, Any]) -> None:
        subscription = re.match(r"/subscriptions/[^/]+", scope)
        assert subscription
        if (subscription[0].casefold(), name) not in self.metadata:
            raise Refused(400, "MetadataNotFound", f"There is no metadata {name}.")
        assert given["status"]["code"] in ("Healthy", "Unhealthy", "NotApplicable")
        assert given["resourceDetails"] == {"source": "Azure"}
        assert all(isinstance(value, str) for value in given.get("additionalData", {}).values())
