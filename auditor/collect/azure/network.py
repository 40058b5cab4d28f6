"""What the network sees at run time, by azure-mgmt-network: opt-in, because Reader does not suffice.

Both are actions that change nothing: how an application gateway finds its backends, and the routes that hold at a
network interface. Each takes a minute or so. The SDK costs more than a second to import: only for this.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from auditor.collect.azure.api_versions import version_of
from auditor.collect.azure.calls import ODD, Gate, ask, reading
from auditor.collect.azure.replies import CallFailed, answered
from auditor.collect.azure.sign_in import missing_extra
from auditor.collect.collection_journal import Book
from auditor.model.resource import Origin, Resource

if TYPE_CHECKING:
    from auditor.collect.azure.clouds import Cloud
    from auditor.collect.azure.sign_in import Credential

SOURCE: Final = "Network"
_PATIENCE: Final = 180.0
"""Seconds for one answer."""
_OTHER: Final = "its answer is not what was asked for"


class Action(NamedTuple):
    """`parent` is the casefolded type that is asked, `type` that of the answer, `right` the action that is needed.

    `holding` is the list that an answer has.
    """

    parent: str
    type: str
    right: str
    holding: str


ACTIONS: Final = {
    "backend-health": Action(
        "microsoft.network/applicationgateways",
        "Microsoft.Network/applicationGateways/backendHealth",
        "Microsoft.Network/applicationGateways/backendhealth/action",
        "backendAddressPools",
    ),
    "effective-routes": Action(
        "microsoft.network/networkinterfaces",
        "Microsoft.Network/networkInterfaces/effectiveRoutes",
        "Microsoft.Network/networkInterfaces/effectiveRouteTable/action",
        "value",
    ),
}
"""What can be asked for by `--with`."""


def applies(action: Action, body: Mapping[str, Any]) -> bool:
    """Only the interface of a machine has effective routes."""
    properties = body.get("properties")
    if action.parent != "microsoft.network/networkinterfaces":
        return True
    return isinstance(properties, Mapping) and bool(properties.get("virtualMachine"))


class Network:
    """The clients, one a subscription, made when they are needed."""

    def __init__(self, cloud: Cloud, credential: Credential, book: Book) -> None:
        self._cloud = cloud
        self._credential = credential
        self._book = book
        self._gate = Gate(credential)
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def act(self, action: Action, parent: str) -> None:
        """Puts what the network answers for a resource into the book. Raises `CallFailed`."""
        call = f"network {parent}/{action.type.rpartition('/')[2]}"
        if self._book.kept(call) is not None:
            return
        reply = ask(lambda: self._send(action, parent), self._gate, self._book, SOURCE)
        if reply.status != 200:
            forbidden = reply.status in (401, 403)
            told = answered(reply) + (f"; needs {action.right}" if forbidden else "")
            raise CallFailed("forbidden" if forbidden else "unreadable", told, status=reply.status)
        if not isinstance(reply.body, dict) or reply.failed or not isinstance(reply.body.get(action.holding), list):
            raise CallFailed("unreadable", _OTHER)
        name = action.type.rpartition("/")[2]
        body = {"id": f"{parent}/{name}/current", "name": "current", "type": action.type, "properties": reply.body}
        self._book.keep(call, [Resource(action.type, body, Origin(source="live", address=parent))])
        self._book.told(SOURCE, done=1)

    def _send(self, action: Action, parent: str) -> tuple[int, Mapping[str, str], bytes]:
        from azure.core.exceptions import HttpResponseError

        _, _, subscription, _, group, _, _, _, name = parent.split("/", 8)
        client, version = self._client(subscription), version_of(action.type).asked
        try:
            if action is ACTIONS["backend-health"]:
                poller = client.application_gateways.begin_backend_health(group, name, cls=_raw, api_version=version)
            else:
                poller = client.network_interfaces.begin_get_effective_route_table(
                    group, name, cls=_raw, api_version=version
                )
            poller.wait(_PATIENCE)
            if not poller.done():
                raise CallFailed("unreachable", f"there was no result after {_PATIENCE:.0f} s")
            response: Any = poller.result()
        except HttpResponseError as error:
            if error.response is None:
                raise
            response = error.response
        except ODD as error:
            raise CallFailed("unreadable", _OTHER) from error
        if response is None:  # it had no content
            raise CallFailed("unreadable", _OTHER)
        return response.status_code, response.headers, response.body()

    def _client(self, subscription: str) -> Any:
        try:
            from azure.mgmt.network import NetworkManagementClient
        except ImportError as error:
            raise missing_extra("azure-mgmt-network") from error
        from auditor.collect.azure.transport import bounded

        with self._lock:
            if subscription not in self._clients:
                self._clients[subscription] = NetworkManagementClient(
                    self._credential,
                    subscription,
                    base_url=self._cloud.resource_manager,
                    policies=reading(self._credential, self._cloud.scope, decoded=True),
                    polling_interval=5,
                    transport=bounded(self._book.until),
                )
            return self._clients[subscription]


def _raw(response: Any, _model: object, _headers: object) -> Any:
    """The last answer as it came, which the SDK would make a model of."""
    return response.http_response
