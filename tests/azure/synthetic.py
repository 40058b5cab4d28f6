"""An estate of any size, made of the demo's resources: many subscriptions, and one API Management with many APIs."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Final

import orjson

from auditor.demo.estate_inventory import as_designed, is_kubernetes
from tests.azure.estate import Body, Estate, kind

NAMESPACE: Final = uuid.UUID("5f3f5b0e-0000-4000-8000-000000000000")
COMMON: Final = (
    "microsoft.network/networkinterfaces",
    "microsoft.network/networksecuritygroups",
    "microsoft.network/publicipaddresses",
    "microsoft.network/virtualnetworks",
    "microsoft.network/routetables",
    "microsoft.managedidentity/userassignedidentities",
)
"""What a subscription is full of: types that Resource Graph gives whole. The rest comes once in `EVERY` resources."""
SELDOM: Final = (
    "microsoft.keyvault/vaults",
    "microsoft.storage/storageaccounts",
    "microsoft.containerservice/managedclusters",
    "microsoft.network/applicationgateways",
)
EVERY: Final = 250


def synthetic_estate(subscriptions: int, resources: int, apis: int) -> Estate:
    """`subscriptions` × `resources`, and `apis` with a policy and two operations each in the first one."""
    designed = [body for body in as_designed() if not is_kubernetes(body)]
    shapes = {kind(body): body for body in designed}
    names = [str(uuid.uuid5(NAMESPACE, str(number))) for number in range(subscriptions)]
    bodies: list[Body] = []
    for number, name in enumerate(names):
        bodies.extend(_subscription(shapes, number, name, resources))
    bodies.extend(_api_management(designed, names[0], apis))
    halves = len(names) // 2
    return Estate(bodies, {"contoso": names, "landing-zones": names[:halves] or names})


def _subscription(shapes: dict[str, Body], number: int, subscription: str, resources: int) -> Iterator[Body]:
    own = _moved(shapes["microsoft.resources/subscriptions"], subscription)
    yield own | {"name": f"Synthetic {number:04}", "id": f"/subscriptions/{subscription}"}
    groups = max(1, resources // 200)
    for group in range(groups):
        yield {
            "id": f"/subscriptions/{subscription}/resourceGroups/rg-{group}",
            "name": f"rg-{group}",
            "type": "microsoft.resources/subscriptions/resourcegroups",
            "location": "westeurope",
            "properties": {"provisioningState": "Succeeded"},
        }
    for at in range(resources):
        seldom = at % EVERY == 0
        types = SELDOM if seldom else COMMON
        shape = shapes[types[(at // EVERY + number if seldom else at) % len(types)]]
        yield _placed(shape, subscription, f"rg-{at % groups}", f"{shape['name'][:8]}-{number:04}-{at:05}")


def _moved(shape: Body, subscription: str) -> Body:
    """The same in another subscription: everything that names the old one names the new one."""
    old = shape["id"].split("/")[2]
    moved: Body = orjson.loads(orjson.dumps(shape).replace(old.encode(), subscription.encode()))
    return moved


def _placed(shape: Body, subscription: str, group: str, name: str) -> Body:
    parts = shape["id"].split("/")
    text = orjson.dumps(shape).replace(parts[2].encode(), subscription.encode())
    body: Body = orjson.loads(text.replace(f'/{shape["name"]}"'.encode(), f'/{name}"'.encode()))
    parts[2], parts[4], parts[-1] = subscription, group, name
    body |= {"id": "/".join(parts), "name": name, "resourceGroup": group, "subscriptionId": subscription}
    body["properties"].pop("addonProfiles", None)  # the workspace that they name is not there
    if kind(shape) == "microsoft.keyvault/vaults":
        body["properties"]["vaultUri"] = f"https://{name}.vault.azure.net/"
    return body


def _api_management(designed: list[Body], subscription: str, apis: int) -> Iterator[Body]:
    """The demo's service with its children; of its first API there are as many as asked for."""
    below = [body for body in designed if kind(body).startswith("microsoft.apimanagement/")]
    for body in below:
        if "/apis/" not in body["id"] or kind(body).endswith("/service"):
            yield _moved(body, subscription)
    first = next(body for body in below if kind(body) == "microsoft.apimanagement/service/apis")
    family = [body for body in below if body["id"] == first["id"] or body["id"].startswith(first["id"] + "/")]
    for number in range(apis):
        name = f"{first['name']}-{number:04}"
        for body in family:
            text = orjson.dumps(_moved(body, subscription))
            moved = orjson.loads(text.replace(f"/apis/{first['name']}".encode(), f"/apis/{name}".encode()))
            yield moved | {"name": name} if body is first else moved
