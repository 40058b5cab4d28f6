"""Custom assessments of Microsoft Defender for Cloud: one for each rule, on each resource that fails it.

This writes to Azure, beside the resources that are audited, and so no audit does it by itself: it has a command and a
role of its own (deploy/azure/defender-role.json). Source: Defender for Cloud, "Assessments - Create Or Update": a PUT
on the resource, after one for the metadata in its subscription.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec

from auditor.history.open_findings import Key, Standing
from auditor.model.errors import ResourceError
from auditor.publish.delivery import BusyError, RefusedError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

API_VERSION: Final = "2021-06-01"
_PROVIDER: Final = "/providers/Microsoft.Security"
_SEVERITY: Final = {"critical": "High", "high": "High", "medium": "Medium", "low": "Low", "info": "Low"}
_ARM: Final = re.compile(r"/subscriptions/([0-9a-f-]{36})(/(?!\.{1,2}(/|$))[^/\\]+)*", re.IGNORECASE)
"""An id in a subscription, without a segment that leads out of it."""
_MOST: Final = 1000  # characters of what is told; the service sets no limit, and people read no more
_TIMEOUTS: Final = {"connection_timeout": 10, "read_timeout": 60}


class Defender:
    """The assessments of all subscriptions of a cloud. `standing` gives how an estate stands, by its name."""

    limit = 60_000

    def __init__(
        self,
        address: str,
        scope: str,
        credential: TokenCredential,
        standing: Callable[[str], Mapping[Key, Standing]],
    ) -> None:
        from azure.core.pipeline.policies import UserAgentPolicy
        from azure.mgmt.core import ARMPipelineClient
        from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

        self.name = f"defender {address}"
        self._standing = standing
        self._stands: dict[str, Mapping[Key, Standing]] = {}
        self._done: set[tuple[str, ...]] = set()
        self._address = address
        # No policy that retries, follows redirects or registers providers: what to do is decided in `delivery`.
        self._client: Any = ARMPipelineClient(
            base_url=address,
            policies=[UserAgentPolicy("auditor"), ARMChallengeAuthenticationPolicy(credential, scope)],
            **_TIMEOUTS,
        )

    def send(self, rows: Sequence[bytes]) -> None:
        """Write how the resources of these rows stand now. BusyError, RefusedError; ResourceError for a sign-in."""
        for row in map(msgspec.json.decode, rows):
            place = _ARM.fullmatch(row.get("ResourceId") or "")
            if row["RecordType"] != "Finding" or row["Planned"] or not place or _derived(row):
                continue
            key = row["Estate"], row["RuleId"], row["ResourceId"].casefold()
            if key not in self._done:
                self._assess(row, place[1], self._stand(*key))
                self._done.add(key)

    def _stand(self, estate: str, rule: str, resource: str) -> Standing | None:
        if estate not in self._stands:
            self._stands[estate] = self._standing(estate)
        return self._stands[estate].get((rule, resource))

    def _assess(self, row: dict[str, Any], subscription: str, stands: Standing | None) -> None:
        name = assessment_name(row["RuleId"])
        path = f"{row['ResourceId']}{_PROVIDER}/assessments/{name}"
        status = _status(stands)
        if status is None:
            return  # it cannot be told, and so it stays as it was
        if stands is None or "RuleTitle" not in row:
            if self._ask("GET", path) == 404:
                return  # there is nothing to close: it never failed here, or the resource is gone
        else:
            self._describe(row, subscription, name)
        told = {"estate": row["Estate"], "rule": row["RuleId"], "audit": row["ScanId"]}
        if stands and stands.since:
            told["failingSince"] = stands.since
        body = {"resourceDetails": {"source": "Azure"}, "status": status, "additionalData": told}
        self._ask("PUT", path, {"properties": body})

    def _describe(self, row: dict[str, Any], subscription: str, name: str) -> None:
        """The metadata of a rule, which must be there before its assessments."""
        if (subscription, name) in self._done:
            return
        properties = {
            "displayName": row["RuleTitle"],
            "assessmentType": "CustomerManaged",
            "severity": _SEVERITY[row["Severity"]],
            "description": f"Rule {row['RuleId']} of auditor: {row['RuleTitle']}.",
        }
        if row.get("Remediation"):
            properties["remediationDescription"] = row["Remediation"]
        path = f"/subscriptions/{subscription}{_PROVIDER}/assessmentMetadata/{name}"
        if self._ask("PUT", path, {"properties": properties}) == 404:
            raise RefusedError(f"there is no subscription {subscription}")
        self._done.add((subscription, name))

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> int:
        """The status: of success, or 404."""
        from azure.core.exceptions import AzureError, ClientAuthenticationError
        from azure.core.rest import HttpRequest

        url = f"{self._address}{quote(path, safe='/()-_.~')}?api-version={API_VERSION}"
        try:
            answer = self._client.send_request(HttpRequest(method, url, json=body))
        except ClientAuthenticationError as error:
            raise ResourceError("The sign-in failed.", "Check the credentials and --auth.") from error
        except AzureError as error:
            raise BusyError(f"Resource Manager cannot be reached: {type(error).__name__}") from error
        status: int = answer.status_code
        if status in (200, 201, 202, 404):
            return status
        told = f"Resource Manager answered {status} {_code(answer)} to {method} {path}"
        if status == 401:
            raise ResourceError(f"{told}.", "The token is not for this cloud: check --cloud and --auth.")
        if status in (400, 405, 409):
            raise RefusedError(told)
        right = "; the role of deploy/azure/defender-role.json is needed" if status == 403 else ""
        after = answer.headers.get("Retry-After", "")
        raise BusyError(f"{told}{right}", float(after) if after.isdigit() else None)


def assessment_name(rule: str) -> str:
    """The name of the assessments of a rule: the same everywhere and always."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://auditor/rules/{rule}"))


def _code(answer: Any) -> str:
    """The code of an error in Azure's form, such as MissingSubscriptionRegistration."""
    try:
        found = answer.json()["error"]["code"]
    except (ValueError, LookupError, TypeError):
        return ""
    return str(found)[:100]


def _derived(row: dict[str, Any]) -> bool:
    """Whether it is no resource of Azure itself, but was derived from some."""
    return str(row.get("ResourceType", "")).casefold().startswith("auditor/")


def _status(stands: Standing | None) -> dict[str, str] | None:
    """The status of an assessment; None when nobody can tell. One element that fails is enough, and all must pass."""
    if stands is None:
        return {"code": "Healthy"}
    if stands.failing:
        return {"code": "Unhealthy", "description": _cut(" ".join(stands.failing))}
    if stands.unknown:
        return None
    return {"code": "NotApplicable", "cause": "Exempt", "description": _cut(" ".join(stands.accepted))}


def _cut(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"
