"""Resource Manager: any resource and any collection that the estate holds, by GET alone."""

from __future__ import annotations

import base64
import datetime as dt
import re
import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any, Final

from tests.azure import features
from tests.azure.api_versions import accepted
from tests.azure.clouds import Cloud
from tests.azure.entra import CLIENT, OBJECT, TENANT, Entra
from tests.azure.estate import Body, Estate, arm_shape, kind
from tests.azure.http import Answer, Call, Refused, Violation
from tests.azure.id_casing import as_written
from tests.azure.published import cut
from tests.azure.rights import Rights

PAGE: Final = 100
"""Items of a page. Lists that the services give whole are in `WHOLE`."""
WHOLE: Final = frozenset({"microsoft.insights/diagnosticsettings", "microsoft.security/pricings"})
BY_NUMBER: Final = "microsoft.apimanagement/"
"""Lists of this provider page by the number of items to pass over, and say how many there are."""
SHORT: Final = {
    "microsoft.apimanagement/service/policyfragments": ("format", "value"),
    "microsoft.keyvault/vaults/keys": ("curveName", "keyOps", "keySize", "rotationPolicy"),
}
"""Properties that a list leaves out, and a single resource has."""
OF_ITS_SCOPE: Final = frozenset({"microsoft.resources/deployments"})
"""Lists of a subscription that hold what belongs to it alone, not what its resource groups hold."""
BUCKET, REFILL = 250.0, 25.0
"""Reads of a principal in a subscription: so many at once, and so many more a second."""
OPT_IN: Final = re.compile(r"/(backendhealth|effectiveroutetable|effectivenetworksecuritygroups)$", re.IGNORECASE)
KUBECONFIG: Final = re.compile(r"(.*/managedClusters/[^/]+)/listClusterUserCredential$", re.IGNORECASE)


@dataclass(frozen=True)
class Target:
    """What a path names. `type` is that of the resource, or of the items of a collection."""

    path: str
    type: str
    collection: bool


class ResourceManager:
    def __init__(self, cloud: Cloud, estate: Estate, rights: Rights, entra: Entra) -> None:
        self.cloud, self.estate, self.rights, self.entra = cloud, estate, rights, entra
        self.throttled = 0
        self.today = dt.date(2026, 12, 1)
        """Versions that are retired by this day are refused."""
        self.bucket, self.refill = BUCKET, REFILL
        self.links = "https://{host}"
        """How links to next pages begin. Some providers name the port too, a few leave out the host."""
        self._results: dict[str, list[Body | None]] = {}
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def answer(self, call: Call) -> Answer:
        self.authenticate(call)
        path = call.path.rstrip("/")
        if call.method == "POST" and (found := KUBECONFIG.fullmatch(path)):
            return self._kubeconfig(found[1])
        if call.method != "GET" and not (call.method == "POST" and OPT_IN.search(path) and self.rights.opt_in):
            action = path.rpartition("/")[2]
            raise Violation(403, "AuthorizationFailed", f"A reader has no right to {call.method} {action} at {path}.")
        headers = {"x-ms-request-id": str(uuid.uuid4()), "x-ms-correlation-request-id": str(uuid.uuid4())}
        try:
            self._spend(path, headers)
            answer = self._read(path, call)
        except Refused as refused:
            refused.answer.headers = headers | refused.answer.headers
            raise
        answer.headers = headers | answer.headers
        return answer

    def _read(self, path: str, call: Call) -> Answer:
        if (begun := self._results.get(path.casefold())) is not None:
            return self._result(call, path, begun)
        target = read_target(path)
        self._check_version(call, target)
        if call.method == "POST":
            return self._begun(call, path)
        self._check_right(target)
        version = call.query["api-version"]
        if not target.collection:
            return Answer(200, answered(self._resource(target, call), version))
        left_out = SHORT.get(target.type, ())
        items = [answered(body, version, left_out) for body in self._items(target)]
        return Answer(200, self._page(call, target, items))

    def authenticate(self, call: Call) -> None:
        problem = self.entra.problem(call, self.cloud.arm_audiences)
        if problem:
            code, text = problem
            error = f'Bearer authorization_uri="https://{self.cloud.login}/{TENANT}", error="invalid_token"'
            raise Refused(401, code, text, {"WWW-Authenticate": f'{error}, error_description="{text}"'})

    def _spend(self, path: str, headers: dict[str, str]) -> None:
        """One read out of the bucket of the subscription."""
        found = re.match(r"/subscriptions/([^/]+)", path, re.IGNORECASE)
        name = found[1].casefold() if found else "tenant"
        with self._lock:
            now = time.monotonic()
            left, since = self._buckets.get(name, (self.bucket, now))
            left = min(self.bucket, left + (now - since) * self.refill)
            enough = left >= 1
            self._buckets[name] = (left - 1 if enough else left, now)
            self.throttled += not enough
        scope = "subscription" if found else "tenant"
        headers[f"x-ms-ratelimit-remaining-{scope}-reads"] = str(int(left - enough))
        if not enough:
            text = f"Number of read requests for subscription '{name}' exceeded the limit. Please try again later."
            raise Refused(429, "SubscriptionRequestsThrottled", text, {"Retry-After": "1"})

    def _begun(self, call: Call, path: str) -> Answer:
        """An action of the network takes its time: the result is to be fetched elsewhere, and not there at once."""
        nothing = {"backendAddressPools": []} if path.casefold().endswith("/backendhealth") else {"value": []}
        body = self.estate.by_id.get(path.casefold() + "/result", {}).get("properties", nothing)
        region = f"/subscriptions/{path.split('/')[2]}/providers/Microsoft.Network/locations/westeurope"
        place = f"{region}/operationResults/{path.split('/')[-2]}-{uuid.uuid4()}"
        self._results[place.casefold()] = [None, body]
        return self._later(call, place)

    def _result(self, call: Call, path: str, begun: list[Body | None]) -> Answer:
        found = begun.pop(0) if len(begun) > 1 else begun[0]
        return self._later(call, path) if found is None else Answer(200, found)

    def _later(self, call: Call, place: str) -> Answer:
        address = f"https://{call.host}{place}?api-version={call.query['api-version']}"
        return Answer(202, None, {"Location": address, "Retry-After": "0"})

    def _check_version(self, call: Call, target: Target) -> None:
        version = call.query.get("api-version")
        if not version:
            text = "The api-version query parameter (?api-version=) is required for all requests."
            raise Refused(400, "MissingApiVersionParameter", text)
        versions = accepted(target.type, self.today)
        namespace, _, rest = target.type.partition("/")
        if versions is None:
            text = f"The resource type '{rest}' could not be found in the namespace '{namespace}' for api version"
            raise Refused(404, "InvalidResourceType", f"{text} '{version}'.")
        if version not in versions:
            text = f"No registered resource provider found for API version '{version}' for type '{rest}'."
            names = ", ".join(sorted(versions))
            raise Refused(400, "NoRegisteredProviderFound", f"{text} The supported api-versions are '{names}'.")

    def _check_right(self, target: Target) -> None:
        if target.type == "microsoft.resources/subscriptions" and target.collection:
            return  # gives those that the reader may see
        place = target.path.casefold()
        if target.type == "microsoft.resources/subscriptions" and self.rights.touches(place.rpartition("/")[2]):
            return
        if target.type == "microsoft.authorization/permissions" and self.rights.touches(place.split("/")[2]):
            return  # everybody may ask for his own
        action = f"{target.type}/read"
        of_tenant = place.startswith("/providers/microsoft.aadiam") and not self.rights.opt_in
        if of_tenant or not self.rights.may(action, target.path):
            who = f"The client '{CLIENT}' with object id '{OBJECT}' does not have authorization to perform action"
            text = f"{who} '{action}' over scope '{target.path}' or the scope is invalid."
            raise Refused(403, "AuthorizationFailed", text)

    def _resource(self, target: Target, call: Call) -> Body:
        body = self.estate.by_id.get(target.path.casefold())
        if body is None or kind(body) != target.type.casefold():
            raise not_found(target)
        if target.type.casefold() == "microsoft.resources/subscriptions":
            return subscription(body)
        body = arm_shape(body)
        if (
            target.type.casefold().endswith(("/policies", "/policyfragments"))
            and call.query.get("format", "xml") != "rawxml"
        ):
            raise Violation(
                400, "AuditorError", "A policy is to be read as rawxml: in xml its expressions are escaped."
            )
        return body

    def _items(self, target: Target) -> list[Body]:
        place, type_ = target.path.casefold(), target.type.casefold()
        if type_ == "microsoft.resources/subscriptions":
            there = self.estate.collections["/subscriptions"]
            return [subscription(body) for body in there if self.rights.touches(body["id"].rpartition("/")[2])]
        if type_ == "microsoft.management/managementgroups" and place.endswith("/descendants"):
            return self._descendants(place)
        if not self._exists(place):
            raise not_found(target)
        if type_ == "microsoft.authorization/permissions":
            return self._permissions(place)
        owner = self.estate.by_id.get(_owner(place))
        if owner is not None:
            features.check(self.estate, owner, type_)
        found = self.estate.collections.get(place, [])
        everywhere = re.fullmatch(r"/subscriptions/[^/]+/providers/[^/]+/[^/]+", place)
        if everywhere and not found and type_ not in OF_ITS_SCOPE:
            scope = place.partition("/providers/")[0] + "/"
            found = [body for body in self.estate.of_type(target.type) if body["id"].casefold().startswith(scope)]
        return [arm_shape(body) for body in found]

    def _exists(self, place: str) -> bool:
        """Whether what a collection belongs to is there: the parent, or what an extension resource extends."""
        owner = _owner(place)
        return owner == "" or owner in self.estate.by_id

    def _permissions(self, place: str) -> list[Body]:
        """What the reader may do: Reader where it has that role, but for what is denied to it."""
        scope = place.partition("/providers/")[0]
        denied = [action for action, start in self.rights.denied if scope.startswith(start.casefold())]
        if not self.rights.reads(scope):
            return []
        return [{"actions": ["*/read"], "notActions": denied, "dataActions": [], "notDataActions": []}]

    def _descendants(self, place: str) -> list[Body]:
        name = place.split("/")[-2]
        groups = {group.casefold(): (group, members) for group, members in self.estate.groups.items()}
        if name not in groups:
            raise Refused(404, "NotFound", f"'{name}' not found")
        group, members = groups[name]
        parent = {"id": f"/providers/Microsoft.Management/managementGroups/{group}"}
        return [
            {
                "id": f"/subscriptions/{member}",
                "type": "/subscriptions",
                "name": member,
                "properties": {"displayName": member, "parent": parent},
            }
            for member in members  # what the reader may do in them does not matter
        ]

    def _page(self, call: Call, target: Target, items: list[Body]) -> Body:
        """A page of a collection, with the address of the next one: opaque, absolute, with the same API version."""
        if target.type.casefold() in WHOLE:
            return {"value": items}
        size = min(int(call.query.get("$top", PAGE)), PAGE)
        token = call.query.get("$skiptoken")
        start = int(base64.urlsafe_b64decode(token)) if token else int(call.query.get("$skip", 0))
        page: dict[str, Any] = {"value": items[start : start + size]}
        by_number = target.type.startswith(BY_NUMBER)
        if by_number:
            page["count"] = len(items)
        if start + size < len(items):
            following = base64.urlsafe_b64encode(str(start + size).encode()).decode()
            following = f"%24skip={start + size}" if by_number else f"%24skiptoken={following}"
            same = "".join(
                f"&{k}={v}" for k, v in call.query.items() if k not in {"api-version", "$skiptoken", "$skip"}
            )
            version = f"api-version={call.query['api-version']}"
            page["nextLink"] = f"{self.links.format(host=call.host)}{call.path}?{version}{same}&{following}"
        return page

    def _kubeconfig(self, cluster: str) -> Answer:
        """What a user needs to reach a cluster: no secret with Entra ID, but a right of its own."""
        text = self.estate.kubeconfigs.get(cluster.casefold())
        if text is None:
            action = "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action"
            raise Refused(403, "AuthorizationFailed", f"The client '{CLIENT}' may not perform action '{action}'.")
        encoded = base64.b64encode(text.encode()).decode()
        return Answer(200, {"kubeconfigs": [{"name": "clusterUser", "value": encoded}]})


def answered(body: Body, version: str, left_out: tuple[str, ...] = ()) -> Body:
    """A body as a version of its service gives it, in a list without what lists leave out."""
    if "type" not in body:
        return body
    body = cut(body, version)
    body = as_written(body)
    if left_out and isinstance(body.get("properties"), dict):
        shown = {name: value for name, value in body["properties"].items() if name not in left_out}
        body = {**body, "properties": shown}
    return body


def read_target(path: str) -> Target:
    """What a path of Resource Manager names.

    Types and names take turns after the last `/providers/NAMESPACE`: an odd number is a collection.
    """
    if re.search(r"/managementgroups/[^/]+/descendants$", path, re.IGNORECASE):
        return Target(path, "microsoft.management/managementgroups", True)
    _, providers, rest = path.rpartition("/providers/")
    parts = [part for part in (rest if providers else path).split("/") if part]
    if not providers:
        names = [part.casefold() for part in parts]
        if names[:1] != ["subscriptions"] or len(parts) > 4 or (len(names) > 2 and names[2] != "resourcegroups"):
            raise Refused(404, "InvalidResourceType", f"There is nothing at '{path}'.")
        types = "microsoft.resources/subscriptions" + ("/resourcegroups" if len(parts) > 2 else "")
        return Target(path, types, len(parts) % 2 == 1)
    namespace, *chain = parts
    if not chain:
        raise Refused(404, "InvalidResourceNamespace", f"There is nothing at '{path}'.")
    return Target(path, "/".join([namespace, *chain[::2]]).casefold(), len(chain) % 2 == 1)


def _owner(place: str) -> str:
    """The id of what a collection belongs to."""
    return re.sub(r"/providers/[^/]+$", "", place.rpartition("/")[0])


def not_found(target: Target) -> Refused:
    group = re.search(r"/resourcegroups/([^/]+)", target.path, re.IGNORECASE)
    named = f"The Resource '{target.type}/{target.path.rpartition('/')[2]}'"
    under = f" under resource group '{group[1]}'" if group else ""
    return Refused(404, "ResourceNotFound", f"{named}{under} was not found.")


def subscription(body: Body) -> Body:
    """A subscription as Resource Manager lists it: another shape than in Resource Graph."""
    id_ = body["id"].rpartition("/")[2]
    return {
        "id": body["id"],
        "authorizationSource": "RoleBased",
        "subscriptionId": id_,
        "tenantId": body.get("tenantId", TENANT),
        "displayName": body.get("name", id_),
        "state": (body.get("properties") or {}).get("state", "Enabled"),
    }
