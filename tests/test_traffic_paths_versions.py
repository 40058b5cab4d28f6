"""Traffic paths to the versions of an API: by segment of the path, by header or query, and where nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.lenses.registry import TRAFFIC_PATH_READS
from auditor.model.resource import Unknown
from tests.estates_of_paths import Body, gateway, paths
from tests.test_traffic_paths_management import SERVICE, child, service

SETS = "microsoft.apimanagement/service/apiversionsets"


def version(name: str, number: str | None, path: str = "orders", within: str = "", **more: Any) -> Body:
    own = {"path": path, "serviceUrl": f"https://{name}.fabrikam.com", "apiVersionSetId": f"{SERVICE}/{within}{IN}"}
    return child(f"{'workspaces/' if within else ''}apis", f"{within}apis/{name}", apiVersion=number, **own, **more)


IN = "apiVersionSets/orders"


def by(scheme: str, within: str = "") -> Body:
    kind = "workspaces/apiVersionSets" if within else "apiVersionSets"
    return child(kind, f"{within}{IN}", versioningScheme=scheme, versionHeaderName="v", versionQueryName="v")


def met(route: str, *more: Body, looked_at: frozenset[str] = TRAFFIC_PATH_READS) -> dict[str, Body]:
    """The paths of one path rule of a gateway, by the host that they end at."""
    azure = gateway({"ipAddress": "10.1.0.5"}, hostName="apim.internal")
    own = azure[0]["properties"]
    rule = own["requestRoutingRules"][0]["properties"]
    way = {key: rule.pop(key) for key in ("backendAddressPool", "backendHttpSettings")}
    rule["urlPathMap"] = {"id": "/m"}
    special = {"name": "o", "properties": {"paths": [route], **way}}
    elsewhere = {"name": "r", "id": "/r", "properties": {"targetUrl": "https://www.contoso.com"}}
    own["redirectConfigurations"] = [elsewhere]
    whole = {"defaultRedirectConfiguration": {"id": "/r"}, "pathRules": [special]}
    own["urlPathMaps"] = [{"name": "m", "id": "/m", "properties": whole}]
    found = paths("", [*azure, service(), *more], looked_at)
    return {path["target"]["name"].partition(".")[0]: path for path in found if "redirect" not in path}


BOTH = (version("one", "v1"), version("two", "v2"))


def test_a_version_in_the_path_is_the_way_to_that_version_alone() -> None:
    estate = (*BOTH, by("Segment"))
    assert {name: path["route"] for name, path in met("/orders/v2/*", *estate).items()} == {"two": "/orders/v2/*"}
    assert {path["route"] for path in met("/orders/*", *estate).values()} == {"/orders/v1/*", "/orders/v2/*"}
    assert all(path["complete"] is True for path in met("/orders/*", *estate).values())


def test_an_api_that_was_there_before_its_versions_keeps_its_path() -> None:
    first = version("first", None)
    assert set(met("/orders/v2/*", *BOTH, first, by("Segment"))) == {"two"}
    assert set(met("/orders/v9/*", *BOTH, first, by("Segment"))) == {"first"}
    assert set(met("/orders/*", *BOTH, first, by("Segment"))) == {"one", "two", "first"}
    assert met("/orders/*", first, by("Segment"))["first"]["route"] == "/orders/*"


@pytest.mark.parametrize("scheme", ["Header", "Query"])
def test_a_version_beside_the_path_does_not_narrow_it(scheme: str) -> None:
    found = met("/orders/v1/*", *BOTH, by(scheme))
    assert set(found) == {"one", "two"}
    assert all(path["complete"] is True for path in found.values())


def test_where_the_scheme_was_not_read_a_version_may_be_met_and_another_surely_is() -> None:
    for estate, looked_at in (
        (BOTH, TRAFFIC_PATH_READS - {SETS}),
        ((*BOTH, by("Tea leaves")), TRAFFIC_PATH_READS),
        ((*BOTH, child("apiVersionSets", IN, versioningScheme=Unknown("not read"))), TRAFFIC_PATH_READS),
    ):
        found = met("/orders/v2/*", *estate, looked_at=looked_at)
        assert isinstance(found["one"]["complete"], Unknown) and "version v1" in found["one"]["complete"].reason
        assert found["two"]["complete"] is True
        assert all(path["complete"] is True for path in met("/orders/*", *estate, looked_at=looked_at).values())


def test_a_version_that_is_not_known_may_be_any() -> None:
    hidden = version("hidden", None)
    hidden["properties"]["apiVersion"] = Unknown("not read")
    assert set(met("/orders/v2/*", *BOTH, hidden, by("Segment"))) == {"two", "hidden"}


def test_the_set_may_stand_in_the_api_itself_and_in_a_workspace() -> None:
    inline = version("one", "v1", apiVersionSet={"versioningScheme": "Segment"})
    assert met("/orders/v2/*", inline, looked_at=TRAFFIC_PATH_READS - {SETS}).keys() == {"API of apim"}
    team = "workspaces/team/"
    estate = (version("one", "v1", within=team), version("two", "v2", within=team), by("Segment", team))
    space = child("workspaces", "workspaces/team", serveOn="workspaceAndDefault")
    assert set(met("/orders/v2/*", *estate, space)) == {"two"}


def revision(number: int, *, online: Any = True, **more: Any) -> Body:
    """A revision of the API of orders, of which the third is the current one."""
    told = {"apiRevision": str(number), "isCurrent": number == 3, "isOnline": online}
    name = "apis/orders" if number == 3 else f"apis/orders;rev={number}"
    return child("apis", name, path="orders", serviceUrl=f"https://rev{number}.fabrikam.com", **told, **more)


def test_revisions_that_are_online_are_called_by_their_number() -> None:
    every = (revision(3), revision(2), revision(1, online=False))
    assert {name: path["route"] for name, path in met("/*", *every).items()} == {
        "rev3": "/orders/*",
        "rev2": "/orders;rev=2/*",
    }
    assert set(met("/orders/*", *every)) == {"rev3"}  # which is another path
    assert set(met("/orders;rev=2/*", *every)) == {"rev2"}
    old = revision(2, apiVersion="v1", apiVersionSetId=f"{SERVICE}/{IN}")
    assert met("/*", old, by("Segment"))["rev2"]["route"] == "/orders/v1;rev=2/*"
