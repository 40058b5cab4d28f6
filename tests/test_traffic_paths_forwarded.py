"""Traffic paths through what forwards requests unread: destination NAT of Azure Firewall, and public load balancers."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.lenses.registry import TRAFFIC_PATH_READS
from auditor.model.resource import Unknown
from tests.estates_of_paths import AGW, APP, INGRESS, Body, gateway, paths

GROUP = "/subscriptions/s/resourceGroups/hub/providers/Microsoft.Network"
CLUSTER = "\n---\n".join((APP, INGRESS))  # the Ingress has 10.0.0.4
HIDDEN = Unknown("not read")
POLICY = f"{GROUP}/firewallPolicies/fwp"
NETWORK = f"{GROUP}/virtualNetworks/net"
NSG = f"{GROUP}/networkSecurityGroups/nsg"


def network(group: Any = None) -> Body:
    """The network of the cluster, the gateway and the firewall; the group is of the subnet of the cluster."""
    prefixes = {"aks": "10.0.0.0/24", "agw": "10.1.0.0/24", "AzureFirewallSubnet": "10.2.0.0/26"}
    subnets = [{"name": name, "properties": {"addressPrefix": prefix}} for name, prefix in prefixes.items()]
    subnets[0]["properties"]["networkSecurityGroup"] = group
    own = {"subnets": subnets, "addressSpace": {"addressPrefixes": ["10.0.0.0/8"]}}
    return {"id": NETWORK, "name": "net", "type": "Microsoft.Network/virtualNetworks", "properties": own}


def refusing(*rules: Body) -> list[Body]:
    """The network with a group of these rules, in the order of their priority."""
    listed = [
        {
            "name": f"r{number}",
            "properties": {
                "direction": "Inbound", "protocol": "Tcp", "priority": 100 + number, "access": "Allow",
                "destinationAddressPrefix": "*", "destinationPortRange": "443", **rule,
            },
        }
        for number, rule in enumerate(rules)
    ]  # fmt: skip
    kind = "Microsoft.Network/networkSecurityGroups"
    return [network({"id": NSG}), {"id": NSG, "name": "nsg", "type": kind, "properties": {"securityRules": listed}}]


def nat(**rule: Any) -> Body:
    """A rule that leads port 443 of the firewall to the Ingress."""
    return {
        "name": "web",
        "ruleType": "NatRule",
        "ipProtocols": ["TCP"],
        "sourceAddresses": ["*"],
        "destinationAddresses": ["20.0.0.9"],
        "destinationPorts": ["443"],
        "translatedAddress": "10.0.0.4",
        "translatedPort": "443",
        **rule,
    }


def firewall(**properties: Any) -> Body:
    inside = [{"name": "c", "properties": {"subnet": {"id": f"{NETWORK}/subnets/AzureFirewallSubnet"}}}]
    own = {"firewallPolicy": {"id": POLICY}, "ipConfigurations": inside, **properties}
    return {
        "id": f"{GROUP}/azureFirewalls/fw",
        "name": "fw",
        "type": "Microsoft.Network/azureFirewalls",
        "properties": own,
    }


def policy(*rules: Any, kind: Any = "FirewallPolicyNatRuleCollection", **properties: Any) -> Body:
    """A group of rules of the policy."""
    collection = {"name": "in", "ruleCollectionType": kind, "rules": list(rules)}
    return {
        "id": f"{POLICY}/ruleCollectionGroups/nat",
        "name": "nat",
        "type": "Microsoft.Network/firewallPolicies/ruleCollectionGroups",
        "properties": {"ruleCollections": [collection], **properties},
    }


def entered(*azure: Body, cluster: str = CLUSTER, looked_at: frozenset[str] = TRAFFIC_PATH_READS) -> list[Body]:
    """The paths of an estate without a gateway."""
    named = {one["type"] for one in azure}
    return paths(cluster, [*azure, *([] if "Microsoft.Network/virtualNetworks" in named else [network()])], looked_at)


def test_a_firewall_leads_around_the_gateway() -> None:
    (path,) = entered(firewall(), policy(nat()))
    assert (path["entry"]["kind"], path["entry"]["addresses"], path["public"]) == ("firewall", ["20.0.0.9"], True)
    assert [one["to"]["kind"] for one in path["hops"]] == ["ingress", "pods"]
    assert path["hops"][0]["protection"] == "encryptedVerified"
    assert "forwards port 443 to 10.0.0.4" in path["hops"][0]["says"]
    assert path["target"]["kind"] == "pods"


def test_a_classic_rule_says_the_same() -> None:
    rule = nat()
    rule["protocols"] = rule.pop("ipProtocols")
    classic = firewall(natRuleCollections=[{"name": "in", "properties": {"rules": [rule]}}], firewallPolicy=None)
    (path,) = entered(classic)
    assert path["entry"]["element"] == "properties.natRuleCollections[0].properties.rules[0]"
    assert path["target"]["kind"] == "pods"


@pytest.mark.parametrize(
    "rule",
    [
        nat(sourceAddresses=["198.51.100.0/24"]),  # partners alone
        nat(destinationAddresses=["10.4.0.4"]),  # from inside to inside
        nat(ipProtocols=["UDP"]),
        nat(translatedAddress="10.9.9.9", destinationPorts=["22"], translatedPort="22"),  # no request goes there
    ],
)
def test_what_is_not_for_everyone_is_no_way_in(rule: Body) -> None:
    assert entered(firewall(), policy(rule)) == []


def test_other_rules_forward_nothing() -> None:
    assert entered(firewall(), policy(nat(), kind="FirewallPolicyFilterRuleCollection")) == []
    assert entered(firewall(firewallPolicy=None), policy(nat())) == []  # no firewall uses the policy


def public(*azure: Body, **more: Any) -> Any:
    (path,) = entered(*azure, **more)
    return path["public"]


def test_what_is_not_known_may_be_a_way_in() -> None:
    assert isinstance(public(firewall(), policy(nat(sourceAddresses=HIDDEN))), Unknown)
    assert isinstance(public(firewall(), policy(nat(sourceAddresses=[], sourceIpGroups=["/g"]))), Unknown)
    assert isinstance(public(firewall(), policy(nat(destinationAddresses=[HIDDEN]))), Unknown)
    assert isinstance(public(firewall(), policy(nat(), kind=HIDDEN)), Unknown)
    assert isinstance(public(firewall(), policy(nat(), ruleCollections=HIDDEN)), Unknown)
    assert isinstance(public(firewall(firewallPolicy=HIDDEN), policy(nat())), Unknown)
    without = TRAFFIC_PATH_READS - {"microsoft.network/azurefirewalls"}
    assert isinstance(public(policy(nat()), looked_at=without), Unknown)
    (path,) = entered(firewall(), policy(nat(translatedAddress=HIDDEN)))
    assert isinstance(path["complete"], Unknown)


def test_groups_of_addresses_are_followed() -> None:
    group = {"id": f"{GROUP}/ipGroups/all", "name": "all", "type": "Microsoft.Network/ipGroups"}
    rule = nat(sourceAddresses=[], sourceIpGroups=[group["id"]])
    assert public(firewall(), policy(rule), group | {"properties": {"ipAddresses": ["0.0.0.0/0"]}}) is True
    assert entered(firewall(), policy(rule), group | {"properties": {"ipAddresses": ["10.0.0.0/8"]}}) == []


EVERYONE = {"sourceAddressPrefix": "*"}
NOBODY = EVERYONE | {"access": "Deny"}


@pytest.mark.parametrize(
    ("rules", "through_firewall", "through_balancer"),
    [
        ([], True, None),  # what is left is for the virtual network
        ([EVERYONE], True, True),
        ([NOBODY], None, None),
        ([{"sourceAddressPrefix": "10.2.0.0/26"}, NOBODY], True, None),
        ([{"sourceAddressPrefix": "10.2.0.4"}, NOBODY], Unknown, None),  # one of the addresses of the firewall
        ([{"sourceAddressPrefix": "10.3.0.0/16"}, NOBODY], None, None),
        ([{"sourceAddressPrefix": "Internet"}, NOBODY], None, True),
        ([{"sourceAddressPrefix": "128.0.0.0/1"}, NOBODY], None, True),
        ([{"sourceAddressPrefix": "128.0.0.0/1", "access": "Deny"}, EVERYONE], True, True),
        ([{"sourceAddressPrefix": HIDDEN}, NOBODY], Unknown, Unknown),
        ([NOBODY | {"destinationPortRange": "80"}, EVERYONE], True, True),
    ],
)
def test_the_network_behind_may_refuse(rules: list[Body], through_firewall: Any, through_balancer: Any) -> None:
    for azure, expected in (
        ([firewall(), policy(nat())], through_firewall),
        (balancer({"ipAddress": "10.0.0.4"}), through_balancer),
    ):
        found = [path["public"] for path in entered(*azure, *refusing(*rules))]
        assert [Unknown if isinstance(one, Unknown) else one for one in found] == (
            [] if expected is None else [expected]
        )


def private_gateway(address: Body) -> list[Body]:
    """The gateway with a private frontend alone."""
    front, _public = gateway(address, hostName="shop.contoso.com")
    own = front["properties"]
    own["frontendIPConfigurations"][0]["properties"] = {"privateIPAddress": "10.1.0.4"}
    own["frontendPorts"] = [{"name": "x", "id": f"{AGW}/frontendPorts/x", "properties": {"port": 443}}]
    own["httpListeners"][0]["properties"]["frontendPort"] = {"id": f"{AGW}/frontendPorts/x"}
    return [front]


def test_a_firewall_before_the_gateway_leads_through_it() -> None:
    (path,) = entered(
        *private_gateway({"ipAddress": "10.0.0.4"}), firewall(), policy(nat(translatedAddress="10.1.0.4"))
    )
    assert (path["entry"]["kind"], path["entry"]["addresses"]) == ("applicationGateway", ["20.0.0.9"])
    assert [one["to"]["kind"] for one in path["hops"]] == ["applicationGateway", "ingress", "pods"]
    (path,) = entered(
        *private_gateway({"ipAddress": "10.0.0.4"}),
        firewall(),
        policy(nat(translatedAddress="10.1.0.4", translatedPort="80")),
    )
    assert path["complete"] is False  # no listener has that port


def balancer(*members: Body, pool: Any = None, **rule: Any) -> list[Body]:
    own = f"{GROUP}/loadBalancers/lb"
    ip = {"id": f"{GROUP}/publicIPAddresses/lb", "name": "lb", "type": "Microsoft.Network/publicIPAddresses"}
    properties = {
        "frontendIPConfigurations": [
            {
                "name": "f",
                "id": f"{own}/frontendIPConfigurations/f",
                "properties": {"publicIPAddress": {"id": ip["id"]}},
            }
        ],
        "backendAddressPools": [
            {
                "name": "p",
                "id": f"{own}/backendAddressPools/p",
                "properties": {"loadBalancerBackendAddresses": [{"name": "m", "properties": one} for one in members]},
            }
        ],
        "loadBalancingRules": [
            {
                "name": "r",
                "id": f"{own}/loadBalancingRules/r",
                "properties": {
                    "protocol": "Tcp",
                    "frontendPort": 443,
                    "backendPort": 443,
                    "frontendIPConfiguration": {"id": f"{own}/frontendIPConfigurations/f"},
                    "backendAddressPool": {"id": f"{own}/backendAddressPools/p"},
                    **rule,
                },
            }
        ],
    }
    lb = {"id": own, "name": "lb", "type": "Microsoft.Network/loadBalancers", "properties": properties}
    return [lb, ip | {"properties": {"ipAddress": "20.0.0.8"}}]


def test_a_public_load_balancer_leads_to_its_members() -> None:
    (path,) = entered(*balancer({"ipAddress": "10.0.0.4"}), *refusing(EVERYONE))
    assert (path["entry"]["kind"], path["entry"]["addresses"], path["public"]) == ("loadBalancer", ["20.0.0.8"], True)
    assert path["target"]["kind"] == "pods"
    (path,) = entered(*balancer({"networkInterfaceIPConfiguration": {"id": "/nic"}}))
    assert isinstance(path["complete"], Unknown)
    assert (
        entered(*balancer({"networkInterfaceIPConfiguration": {"id": "/nic"}}, frontendPort=22, backendPort=22)) == []
    )
    assert entered(*balancer({"ipAddress": "10.0.0.4"}, protocol="Udp")) == []


def test_a_private_load_balancer_is_no_way_in() -> None:
    lb, ip = balancer({"ipAddress": "10.0.0.4"})
    lb["properties"]["frontendIPConfigurations"][0]["properties"] = {"privateIPAddress": "10.0.0.9"}
    assert entered(lb, ip) == []
    lb["properties"]["frontendIPConfigurations"][0]["properties"] = {"publicIPAddress": HIDDEN}
    assert isinstance(public(lb, ip), Unknown)


def test_the_load_balancer_of_a_service_is_told_by_the_service() -> None:
    service = """
{apiVersion: v1, kind: Service, metadata: {name: out, namespace: shop},
 spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 443, targetPort: 8443}]},
 status: {loadBalancer: {ingress: [{ip: 20.0.0.8}]}}}
"""
    (path,) = entered(*balancer({"networkInterfaceIPConfiguration": {"id": "/nic"}}), cluster=f"{APP}\n---\n{service}")
    assert path["entry"]["name"] == "shop/out"


def test_what_forwards_is_a_way_around_the_gateway() -> None:
    front = gateway({"ipAddress": "10.0.0.4"}, hostName="shop.contoso.com")
    found = {
        path["entry"]["kind"]: [one["says"] for one in path["bypasses"] if one["kind"] == "publicForwarding"]
        for path in entered(
            *front, firewall(), policy(nat()), *balancer({"ipAddress": "10.0.0.4"}), *refusing(EVERYONE)
        )
    }
    through_firewall = "fw/web forwards requests from the Internet to 10.0.0.4"
    through_balancer = "lb/r forwards requests from the Internet to 10.0.0.4"
    assert found == {
        "applicationGateway": [through_firewall, through_balancer],
        "firewall": [through_balancer],
        "loadBalancer": [through_firewall],
    }
