"""The local Azure answers as the asked API version does, and what the product makes of it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.azure.collected import Collected, azure_of, copies
from tests.azure.estate import Body, Estate, demo_estate
from tests.azure.local import LocalAzure
from tests.azure.product import scan
from tests.test_local_azure import APIM, get, meet, query

pytestmark = pytest.mark.slow

POOLS = "Microsoft.ContainerService/managedClusters/agentPools"
KEYS = "Microsoft.KeyVault/vaults/keys"
NEW, OLD = "2026-05-01", "2024-09-01"


def pools_without_ssh() -> Estate:
    estate = demo_estate()
    for pool in estate.of_type(POOLS):
        pool["properties"] = {**pool["properties"], "osType": "Linux", "securityProfile": {"sshAccess": "Disabled"}}
    return estate


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAzure]:
    estate = pools_without_ssh()
    cluster = estate.of_type("Microsoft.ContainerService/managedClusters")[0]
    cluster["properties"] = {**cluster["properties"], "azureMonitorProfile": {"containerInsights": {"enabled": True}}}
    api = copies(estate, "Microsoft.ApiManagement/service/apis", 230)
    with azure_of(Estate([*estate.bodies, *api], estate.groups)) as running:
        meet(running, monkeypatch)
        yield running
    assert not running.violations


def first(azure: LocalAzure, kind: str) -> Body:
    return azure.estate.of_type(kind)[0]


# ── what the service does ──


def test_a_body_has_what_the_asked_version_has(azure: LocalAzure) -> None:
    pool = first(azure, POOLS)["id"]
    assert get(f"{pool}?api-version={NEW}").json()["properties"]["securityProfile"]["sshAccess"] == "Disabled"
    assert "sshAccess" not in get(f"{pool}?api-version={OLD}").json()["properties"]["securityProfile"]
    listed = get(f"{pool.rpartition('/')[0]}?api-version={OLD}").json()["value"]
    assert listed and all("sshAccess" not in one["properties"]["securityProfile"] for one in listed)


def test_resource_graph_has_the_newest_version_that_is_generally_available(azure: LocalAzure) -> None:
    cluster = first(azure, "Microsoft.ContainerService/managedClusters")
    rows = query(f"resources | where id =~ '{cluster['id']}' | project properties").data
    assert "containerInsights" not in rows[0]["properties"]["azureMonitorProfile"]
    whole = get(f"{cluster['id']}?api-version=2026-05-02-preview").json()
    assert whole["properties"]["azureMonitorProfile"]["containerInsights"]


def test_a_child_has_versions_of_its_own(azure: LocalAzure) -> None:
    group = APIM.partition("/providers/")[0]
    network = f"{group}/providers/Microsoft.Network"
    assert get(f"{network}/privateEndpoints/e?api-version=2024-05-01").status_code == 404  # it is not there
    refused = get(f"{network}/networkSecurityPerimeters/p/profiles?api-version=2024-05-01")
    assert refused.status_code == 400 and refused.json()["error"]["code"] == "NoRegisteredProviderFound"
    supported = re.search(r"The supported api-versions are '(.*)'", refused.json()["error"]["message"])
    assert supported and "2025-09-01" in supported[1] and "2024-05-01" not in supported[1]
    assert get(f"{APIM}/apis?api-version=2099-01-01").status_code == 400


def test_versions_of_vaults_retire(azure: LocalAzure) -> None:
    keys = first(azure, KEYS)["id"].rpartition("/")[0]
    assert get(f"{keys}?api-version=2023-07-01").status_code == 200
    azure.manager.today = dt.date(2027, 2, 27)
    refused = get(f"{keys}?api-version=2023-07-01")
    assert refused.status_code == 400 and "2026-02-01" in refused.json()["error"]["message"]
    assert get(f"{keys}?api-version=2026-02-01").status_code == 200


def test_a_list_of_keys_says_less_than_a_key(azure: LocalAzure) -> None:
    key = first(azure, KEYS)["id"]
    (short,) = [
        one
        for one in get(f"{key.rpartition('/')[0]}?api-version=2026-02-01").json()["value"]
        if one["id"].casefold() == key.casefold()
    ]
    assert set(get(f"{key}?api-version=2026-02-01").json()["properties"]) > set(short["properties"])
    assert "/resourcegroups/" in short["id"]


def test_api_management_pages_by_number_and_says_how_many_there_are(azure: LocalAzure) -> None:
    there = len(azure.estate.collections[f"{APIM}/apis".casefold()])
    page = get(f"{APIM}/apis?api-version=2024-05-01").json()
    assert page["count"] == there > len(page["value"]) == 100
    assert "%24skip=100" in page["nextLink"]


def test_a_tier_lacks_children(azure: LocalAzure) -> None:
    first(azure, "Microsoft.ApiManagement/service")["sku"] = {"name": "Consumption", "capacity": 0}
    refused = get(f"{APIM}/gateways?api-version=2024-05-01")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "MethodNotAllowedInPricingTier")
    assert get(f"{APIM}/apis?api-version=2024-05-01").status_code == 200


# ── what the product does with it ──


def outcomes(done: Any, rule: str) -> set[str]:
    assert done.audit, done.err
    return {finding["outcome"] for finding in done.audit["findings"] if finding["ruleId"] == rule}


def test_pools_without_ssh_pass(tmp_path: Path) -> None:
    rule = "azure.kubernetes-service.agent-pool-ssh-disabled"
    with azure_of(pools_without_ssh()) as azure:
        assert outcomes(scan(azure, tmp_path, "--select", rule), rule) == {"pass"}


def test_vaults_are_read_after_the_retirement_of_old_versions(tmp_path: Path) -> None:
    with azure_of() as azure:
        azure.manager.today = dt.date(2027, 3, 1)
        found = Collected(azure, tmp_path, "--select", "azure.key-vault.*")
    assert not found.gaps and found.of("keys")


def test_every_item_of_every_page_is_collected(tmp_path: Path) -> None:
    estate = demo_estate()
    more = copies(estate, "Microsoft.ApiManagement/service/backends", 230)
    with azure_of(Estate([*estate.bodies, *more], estate.groups)) as azure:
        found = Collected(azure, tmp_path, "--select", "azure.api-management.backend-*")
    assert len({one.casefold() for one in found.of("backends")}) == len(
        [body for body in [*estate.bodies, *more] if body["type"].casefold().endswith("/service/backends")]
    )


def test_the_consumption_tier_leaves_no_gap(tmp_path: Path) -> None:
    estate = demo_estate()
    for service in estate.of_type("Microsoft.ApiManagement/service"):
        service["sku"] = {"name": "Consumption", "capacity": 0}
    lacking = ("/gateways/", "/workspaces/", "/portalconfigs/")
    kept = [body for body in estate.bodies if not any(part in body["id"].casefold() for part in lacking)]
    with azure_of(Estate(kept, estate.groups)) as azure:
        assert not Collected(azure, tmp_path, "--select", "azure.api-management.*").gaps
