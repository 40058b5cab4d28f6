"""Estates of any size, made up: what a large tenant holds, in about its proportions, one resource a line.

The mixture: machines with interfaces, disks and extensions, role assignments, private endpoints with zone groups,
diagnostic settings, storage accounts, vaults and their children, networks, web apps and Kubernetes objects make most
of it; gateways, API Management, clusters, SQL, Cosmos DB and registries are rarer, but occur in every subscription.
About a third are types that no rule judges. One type in five is written in small letters, one enum value in eight in
another casing; properties are null or absent here and there. About one pair of resource and applicable rule in eight
fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import orjson

from benchmarks import data_shapes, gateway_shapes, kubernetes_shapes, network_shapes, platform_shapes
from benchmarks.draw import LOCATIONS, Body, Draw, Place
from benchmarks.subscription_shapes import subscription

_SUBSCRIPTION = 5000
_LARGEST = 32_000  # bytes; ARM has larger ones, but not many
Maker = Callable[[Draw, Place], list[Body]]

_ONCE: tuple[Maker, ...] = (
    subscription, platform_shapes.cluster, gateway_shapes.application_gateway, gateway_shapes.api_management,
    data_shapes.sql, data_shapes.cosmos, data_shapes.registry, data_shapes.storage, data_shapes.vault,
    network_shapes.virtual_network, network_shapes.dns_zone,
)  # fmt: skip
_WEIGHTS: dict[Maker, int] = {
    network_shapes.machine: 19,
    network_shapes.virtual_network: 5,
    network_shapes.dns_zone: 3,
    network_shapes.balancer: 2,
    data_shapes.storage: 20,
    data_shapes.vault: 12,
    data_shapes.sql: 4,
    data_shapes.cosmos: 5,
    data_shapes.registry: 5,
    platform_shapes.web_app: 12,
    platform_shapes.identity: 10,
    platform_shapes.group: 9,
    platform_shapes.action_group: 4,
    platform_shapes.cluster: 4,
    gateway_shapes.application_gateway: 4,
    kubernetes_shapes.application: 18,
}
_MAKERS: list[Maker] = [maker for maker, weight in _WEIGHTS.items() for _ in range(weight)]


def lines(count: int, seed: int = 20260701) -> Iterator[bytes]:
    """The resources of an estate as JSON, with their line ends. Only one subscription is held at a time."""
    tenant = Draw(seed).guid()
    number = 0
    while count > 0:
        wanted = min(count, _SUBSCRIPTION)
        draw = Draw(seed * 1000 + number)
        draw.start(number * 10 * _SUBSCRIPTION)
        found = _one_subscription(draw, tenant, wanted)
        yield from found
        count -= len(found)
        number += 1


def _one_subscription(draw: Draw, tenant: str, wanted: int) -> list[bytes]:
    home = draw.guid()
    place = Place(tenant, home, draw.name("rg"), draw.pick(LOCATIONS))
    found: list[bytes] = []
    for maker in _ONCE:
        found += map(_line, maker(draw, place))
    while len(found) < wanted:
        if draw.chance(0.1):
            place = Place(tenant, home, draw.name("rg"), draw.pick(LOCATIONS))
        found += map(_line, draw.pick(_MAKERS)(draw, place))
    del found[wanted:]
    draw.shuffle(found)
    return found


def _line(body: Body) -> bytes:
    line = orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE)
    assert len(line) < _LARGEST, body["type"]
    return line


def estate(folder: Path, count: int) -> Path:
    """The file of an estate; made when it is not there yet."""
    path = folder / f"estate-{count}.ndjson"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".part")
        with aside.open("wb") as out:
            for line in lines(count):
                out.write(line)
        aside.replace(path)
    return path
