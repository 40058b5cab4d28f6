"""AKS clusters of an audited subscription: where their API is, by whom it is known, and Entra tokens for it.

Resource Manager tells the authority of an API server only in the kubeconfig of `listClusterUserCredential`, an action
that Reader lacks and "Azure Kubernetes Service Cluster User Role" has. With Entra ID that file holds no secret; address
and authority are taken from it and nothing else. Without Entra ID it would hold an administrator's key: such clusters
are never asked for it. Source: "Use Microsoft Entra ID in AKS", "Access and identity options for AKS".
"""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from auditor.collect.azure.api_versions import version_of
from auditor.collect.azure.arm import Arm
from auditor.collect.azure.replies import CallFailed, answered
from auditor.collect.kubernetes.clusters import Cluster, client_of
from auditor.collect.kubernetes.connection import ApiError
from auditor.model.resource import Resource

if TYPE_CHECKING:
    from kubernetes.client import ApiClient, Configuration

    from auditor.collect.azure.sign_in import Credential

_SCOPE: Final = "6dae42f8-4368-4678-94ff-3960e28e3630/.default"
"""The application that stands for every AKS API server, in all clouds."""
_ACTION: Final = "Microsoft.ContainerService/managedClusters/listClusterUserCredential"
_RIGHT: Final = f"{_ACTION}/action"


class _Server(msgspec.Struct):
    server: str
    authority: str = msgspec.field(name="certificate-authority-data")


class _Named(msgspec.Struct):
    cluster: _Server


class _Kubeconfig(msgspec.Struct):
    clusters: list[_Named]


def aks_clusters(resources: Iterable[Resource], arm: Arm, credential: Credential) -> list[Cluster]:
    """The clusters to read, by their names; one whose name another has too, with its resource group before it."""
    found = list(resources)
    names = Counter(one.name.casefold() for one in found)
    return [
        Cluster(
            one.name if names[one.name.casefold()] == 1 else f"{one.resource_group}.{one.name}",
            partial(_sign_in, one, arm, credential),
        )
        for one in found
    ]


def _sign_in(cluster: Resource, arm: Arm, credential: Credential) -> ApiClient:
    from kubernetes.client import Configuration

    properties = cluster.body.get("properties") or {}
    if not properties.get("aadProfile"):
        raise ApiError(
            "forbidden", "it does not know Entra ID; audit it by --kube-context, with a kubeconfig of its own"
        )
    if (properties.get("powerState") or {}).get("code") == "Stopped":
        raise ApiError("unreachable", "the cluster is stopped")
    where = _server_of(cluster, arm)
    configuration = Configuration(host=where.server.rstrip("/"))
    try:
        configuration.ca_cert_data = base64.b64decode(where.authority, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ApiError("unreadable", "its kubeconfig names no authority for the API server") from error

    def renew(configuration: Configuration) -> None:
        configuration.api_key["BearerToken"] = f"Bearer {_token(credential)}"

    renew(configuration)  # the library asks for a new one only where there is one
    configuration.refresh_api_key_hook = renew  # type: ignore[assignment]
    return client_of(configuration)


def _token(credential: Credential) -> str:
    """A token for API servers of AKS; the credential keeps it while it lasts. Raises `ApiError`."""
    from azure.core.exceptions import AzureError

    try:
        return credential.get_token(_SCOPE).token
    except AzureError as error:
        raise ApiError("forbidden", f"Entra ID gives no token for AKS: {type(error).__name__}") from error


def _server_of(cluster: Resource, arm: Arm) -> _Server:
    """Address and authority of the API server. Raises `ApiError`."""
    import yaml

    try:
        reply = arm.act(f"{cluster.id}/listClusterUserCredential", version_of(_ACTION).asked, "format=exec")
    except CallFailed as failure:
        raise ApiError(failure.kind, failure.reason) from failure
    if reply.status != 200:
        kind = "forbidden" if reply.status in (401, 403) else "unreadable"
        raise ApiError(kind, f"{answered(reply)}: it needs {_RIGHT} (Azure Kubernetes Service Cluster User Role)")
    try:
        text = base64.b64decode(reply.body["kubeconfigs"][0]["value"])
        document: Any = yaml.load(text, Loader=yaml.CSafeLoader)
        return msgspec.convert(document, _Kubeconfig).clusters[0].cluster
    except (LookupError, TypeError, ValueError, yaml.YAMLError, msgspec.ValidationError):
        # the error may hold the text
        raise ApiError("unreadable", "Resource Manager gives no kubeconfig for it that can be read") from None
