"""Children that a collection holds without a parent that lists them are evaluated, or are a gap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers"
NSG = f"{GROUP}/Microsoft.Network/networkSecurityGroups/nsg"
NETWORK = f"{GROUP}/Microsoft.Network/virtualNetworks/vnet"
CLUSTER = f"{GROUP}/Microsoft.ContainerService/managedClusters/aks"
RDP = {"direction": "Inbound", "access": "Allow", "priority": 200, "protocol": "Tcp", "sourceAddressPrefix": "*",
       "sourcePortRange": "*", "destinationAddressPrefix": "*", "destinationPortRange": "3389"}  # fmt: skip
DENY = {**RDP, "access": "Deny", "priority": 100, "protocol": "*", "destinationPortRange": "*"}
_RDP = "azure.network-security-group.rdp-from-internet"
_SUBNET = "azure.virtual-network.subnet-nsg"


def resource(id: str, properties: Any = None, **more: Any) -> dict[str, Any]:
    parts = id.rpartition("/providers/")[2].split("/")
    return {"id": id, "name": parts[-1], "type": "/".join([parts[0], *parts[1::2]]), "properties": properties or {},
            **more}  # fmt: skip


def rule(name: str = "rdp", properties: Any = None) -> dict[str, Any]:
    return resource(f"{NSG}/securityRules/{name}", properties or RDP)


def scan(command: Any, tmp_path: Path, rows: list[Any], *select: str) -> tuple[int, list[tuple[str, str]], list[str]]:
    """The exit code of a scan; outcome and end of the id of each finding; what its gaps name."""
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    chosen = [part for one in select for part in ("--select", one)]
    done = command(
        "scan", "--from", "rows.json", *chosen, "-f", "json", "-o", "out.json", "--outcomes", "pass,fail,unknown"
    )
    audit = json.loads((tmp_path / "out.json").read_text())
    found = [(one["outcome"], one["resource"]["id"].rpartition("/")[2]) for one in audit["findings"]]
    return done.returncode, found, [gap["what"] for gap in audit["gaps"]]


LISTED = [{"id": f"{NSG}/securityRules/RDP", "name": "RDP", "properties": RDP}]


@pytest.mark.parametrize(
    "rows",
    [
        [rule()],
        [{**rule(), "type": "microsoft.network/networksecuritygroups/securityrules"}],
        [resource(NSG, {"securityRules": []}), rule()],
        [rule(), resource(NSG)],
        [resource(NSG, resources=[rule()])],
        [rule(), rule("deny", {**DENY, "priority": 300})],
    ],
    ids=["alone", "small letters", "not listed", "no list", "nested", "denied later"],
)
def test_a_security_rule_that_no_group_lists_is_evaluated(command: Any, tmp_path: Path, rows: list[Any]) -> None:
    code, found, _gaps = scan(command, tmp_path, rows, _RDP)
    assert code == 1
    assert ("fail", "rdp") in found


def test_a_security_rule_that_its_group_lists_is_evaluated_once(command: Any, tmp_path: Path) -> None:
    group = resource(NSG, {"securityRules": LISTED})
    for rows in ([group, rule()], [rule(), {**group, "id": NSG.upper()}]):
        _code, found, _gaps = scan(command, tmp_path, rows, _RDP)
        assert [outcome for outcome, _id in found] == ["fail"]


def test_a_denial_beside_a_security_rule_counts(command: Any, tmp_path: Path) -> None:
    code, found, _gaps = scan(command, tmp_path, [rule(), rule("deny", DENY)], _RDP)
    assert code == 0
    assert {outcome for outcome, _id in found} == {"pass"}


def test_other_rules_on_groups_are_not_asked_of_a_rule_alone(command: Any, tmp_path: Path) -> None:
    _code, found, _gaps = scan(command, tmp_path, [rule()], "azure.network-security-group.attached", _RDP)
    assert found == [("fail", "rdp")]


@pytest.mark.parametrize("parent", [[], [resource(NETWORK)]], ids=["alone", "not listed"])
def test_a_subnet_that_no_network_lists_is_evaluated(command: Any, tmp_path: Path, parent: list[Any]) -> None:
    subnet = resource(f"{NETWORK}/subnets/app", {"addressPrefix": "10.0.0.0/24"})
    code, found, _gaps = scan(command, tmp_path, [*parent, subnet], _SUBNET)
    assert (code, found) == (1, [("fail", "app")])


def test_a_node_pool_that_no_cluster_lists_is_a_gap(command: Any, tmp_path: Path) -> None:
    pool = resource(f"{CLUSTER}/agentPools/user", {"mode": "System"})
    code, _found, gaps = scan(command, tmp_path, [pool], "azure.kubernetes-service.*")
    assert (code, gaps) == (3, [pool["id"]])
    listed = resource(CLUSTER, {"agentPoolProfiles": [{"name": "user", "mode": "System"}]})
    assert not scan(command, tmp_path, [pool, listed], "azure.kubernetes-service.*")[2]


def test_a_rule_alone_is_not_counted_as_not_evaluated(command: Any, tmp_path: Path) -> None:
    scan(command, tmp_path, [rule()], _RDP)
    assert not json.loads((tmp_path / "out.json").read_text())["scope"]["unjudged"]
