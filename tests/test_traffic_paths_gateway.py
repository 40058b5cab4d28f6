"""Traffic paths through Application Gateway: which listener, path rule and pool a request meets, and who calls."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from auditor.model.resource import Unknown
from tests.estates_of_paths import AGW, APP, INGRESS, Body, gateway, paths
from tests.test_traffic_paths_management import api, service

HIDDEN = Unknown("not read")
END = "2027-01-01T00:00:00Z"


def element(collection: str, name: str, **properties: Any) -> Body:
    return {"name": name, "id": f"{AGW}/{collection}/{name}", "properties": properties}


def ref(collection: str, name: str = "x") -> Body:
    return {"id": f"{AGW}/{collection}/{name}"}


POOL = {"backendAddressPool": ref("backendAddressPools"), "backendHttpSettings": ref("backendHttpSettingsCollection")}


def by_paths(*rules: Body, default: Body | None = None, **own: Any) -> list[Body]:
    """A gateway with a path map; what no rule takes is sent to another site."""
    azure = gateway({"ipAddress": "10.1.0.5"}, hostName="apim.internal")
    properties = azure[0]["properties"]
    rule = properties["requestRoutingRules"][0]["properties"]
    for key in POOL:
        rule.pop(key)
    rule["urlPathMap"] = ref("urlPathMaps")
    properties["redirectConfigurations"] = [element("redirectConfigurations", "r", targetUrl="https://www.contoso.com")]
    whole = default or {"defaultRedirectConfiguration": ref("redirectConfigurations", "r")}
    named = [{"name": str(number), "properties": rule} for number, rule in enumerate(rules)]
    properties["urlPathMaps"] = [element("urlPathMaps", "x", pathRules=named, **whole)]
    properties |= own
    return azure


def routes(azure: list[Body], *apis: str) -> list[str]:
    """The APIs that are met, by the route at the entry."""
    found = paths("", [*azure, service(), *(api(name, url=f"https://{name}.fabrikam.com") for name in apis)])
    told = [path for path in found if "redirect" not in path]
    return sorted(f"{path['route']} {path['target']['name'].partition('.')[0]}" for path in told)


# --- path rules ---------------------------------------------------------------------------------------------------


def test_every_path_of_a_path_rule_is_followed() -> None:
    azure = by_paths({"paths": ["/orders/*", "/payments/*"], **POOL})
    assert [line.rpartition(" ")[2] for line in routes(azure, "orders", "payments", "other")] == ["orders", "payments"]


@pytest.mark.parametrize("alone", [False, True])
def test_where_conditions_of_an_advanced_routing_map_lead_is_not_known(alone: bool) -> None:
    azure = gateway({"ipAddress": "10.1.0.5"}, hostName="apim.internal")
    rule = azure[0]["properties"]["requestRoutingRules"][0]["properties"]
    rule["advancedRoutingMap"] = ref("advancedRoutingMaps")
    if alone:
        for key in POOL:
            rule.pop(key)
    found = paths("", azure)
    unknown = [path for path in found if path["route"] == "(paths not known)"]
    assert len(unknown) == 1 and "advanced routing map" in str(unknown[0])
    assert len(found) - len(unknown) == (0 if alone else len(paths("", gateway({"ipAddress": "10.1.0.5"}))))


def test_a_path_that_is_not_known_may_lead_to_every_api() -> None:
    for given in ([HIDDEN], ["/orders/*", HIDDEN], HIDDEN):
        azure = by_paths({"paths": given, **POOL})
        assert [line.rpartition(" ")[2] for line in routes(azure, "orders", "other")] == ["orders", "other"]


HEADERS = {"requestHeaderConfigurations": [{"headerName": "X-Forwarded-For", "headerValue": "1"}]}


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ([HEADERS], ["orders"]),
        ([HEADERS, {"urlConfiguration": {"modifiedQueryString": "a=b"}}], ["orders"]),
        ([HEADERS, {"urlConfiguration": {"modifiedPath": "/other"}}], ["orders", "other"]),
        ([HIDDEN], ["orders", "other"]),
        (None, ["orders", "other"]),
    ],
)
def test_a_rewrite_changes_the_path_where_it_says_so(actions: list[Any] | None, expected: list[str]) -> None:
    rules = [{"name": "w", "actionSet": actionset} for actionset in actions or ()]
    sets = [element("rewriteRuleSets", "w", rewriteRules=rules)] if actions else []
    azure = by_paths({"paths": ["/orders/*"], "rewriteRuleSet": ref("rewriteRuleSets", "w"), **POOL})
    azure[0]["properties"]["rewriteRuleSets"] = sets
    assert [line.rpartition(" ")[2] for line in routes(azure, "orders", "other")] == expected


def test_a_rewrite_of_the_host_leaves_open_which_name_is_asked_for() -> None:
    azure = gateway({"ipAddress": "10.0.0.4"})
    properties = azure[0]["properties"]
    action = {"requestHeaderConfigurations": [{"headerName": "Host", "headerValue": "other.contoso.com"}]}
    rules = [{"name": "w", "actionSet": action}]
    properties["rewriteRuleSets"] = [element("rewriteRuleSets", "w", rewriteRules=rules)]
    properties["requestRoutingRules"][0]["properties"]["rewriteRuleSet"] = ref("rewriteRuleSets", "w")
    (path,) = paths(f"{APP}\n---\n{INGRESS.replace('shop.contoso.com', 'other.contoso.com')}", azure)
    assert path["target"]["name"] == "shop/web"  # whichever name it is, nothing else is there
    assert isinstance(path["hops"][1]["nameMatches"], Unknown)


def test_requests_that_are_distributed_reach_every_pool() -> None:
    azure = gateway({"fqdn": "erp.fabrikam.com"})
    properties = azure[0]["properties"]
    properties["backendAddressPools"].append(
        element("backendAddressPools", "two", backendAddresses=[{"fqdn": "two.fabrikam.com"}])
    )
    targets = [{"name": n, "properties": {"backendAddressPool": ref("backendAddressPools", n)}} for n in ("x", "two")]
    rule = properties["requestRoutingRules"][0]["properties"]
    rule.pop("backendAddressPool")
    rule["loadDistributionPolicy"] = ref("loadDistributionPolicies", "d")
    properties["loadDistributionPolicies"] = [element("loadDistributionPolicies", "d", loadDistributionTargets=targets)]
    assert [path["target"]["name"] for path in paths("", azure)] == ["erp.fabrikam.com", "two.fabrikam.com"]
    for damaged in ([], HIDDEN):
        properties["loadDistributionPolicies"] = damaged
        assert all(isinstance(path["complete"], Unknown) for path in paths("", azure))


def test_elements_of_a_gateway_without_a_known_name_refer_to_each_other() -> None:
    """As in a template: the id of the gateway is not known, the names in it are."""
    azure = gateway({"fqdn": "erp.fabrikam.com"})
    properties = azure[0]["properties"]
    for collection in ("httpListeners", "requestRoutingRules"):
        for value in properties[collection][0]["properties"].values():
            if isinstance(value, dict):
                value["id"] = Unknown("not given", value["id"].removeprefix(AGW))
    (path,) = paths("", azure)
    assert (path["target"]["name"], path["complete"]) == ("erp.fabrikam.com", True)


def test_an_empty_path_of_a_setting_overrides_nothing() -> None:
    for path, expected in (("", ["orders"]), (None, ["orders"]), ("/", ["orders", "other"]), ("/other/", ["other"])):
        azure = by_paths({"paths": ["/orders/*"], **POOL})
        azure[0]["properties"]["backendHttpSettingsCollection"][0]["properties"]["path"] = path
        assert [line.rpartition(" ")[2] for line in routes(azure, "orders", "other")] == expected


def test_a_name_for_tls_alone_does_not_choose_the_route() -> None:
    azure = gateway({"ipAddress": "10.0.0.4"}, sniName="tls.contoso.com")
    (path,) = paths(f"{APP}\n---\n{INGRESS}", azure)
    assert (path["target"]["name"], path["complete"]) == ("shop/web", True)
    assert isinstance(path["hops"][1]["nameMatches"], Unknown)
    hosts = [{"type": "Proxy", "hostName": "apim.internal", "certificate": {"thumbprint": "A" * 40, "expiry": END}}]
    front = gateway({"ipAddress": "10.1.0.5"}, sniName="apim.internal", hostName="shop.contoso.com")
    (path,) = paths("", [*front, service(hostnameConfigurations=hosts), api("orders")])
    assert path["hops"][1]["certificate"]["notAfter"] == END  # that of the name, not of the host
    same = gateway({"ipAddress": "10.0.0.4"}, sniName="shop.contoso.com", hostName="SHOP.contoso.com")
    assert paths(f"{APP}\n---\n{INGRESS}", same)[0]["target"]["name"] == "shop/web"


# --- listeners ----------------------------------------------------------------------------------------------------


def listeners(first: Any, second: Any, wide: list[str] | None) -> list[str]:
    """Where a listener for a wildcard, or for any host, leads beside one for shop.contoso.com, by their priorities."""
    azure = gateway({"ipAddress": "10.0.0.4"})
    properties = azure[0]["properties"]
    (special,), (rule,) = properties["httpListeners"], properties["requestRoutingRules"]
    special["properties"]["frontendPort"] = ref("frontendPorts")
    properties["frontendPorts"] = [element("frontendPorts", "x", port=443)]
    other = {key: value for key, value in special["properties"].items() if key != "hostName"}
    properties["httpListeners"].append(element("httpListeners", "wide", hostNames=wide, **other))
    to = {"httpListener": ref("httpListeners", "wide")}
    properties["requestRoutingRules"].append(element("requestRoutingRules", "wide", **rule["properties"] | to))
    for one, priority in zip(properties["requestRoutingRules"], (first, second), strict=True):
        one["properties"]["priority"] = priority
    blog = INGRESS.replace("name: web, namespace", "name: blog, namespace").replace("shop.contoso", "blog.contoso")
    found = paths("\n---\n".join((APP, INGRESS, blog)), azure)
    return sorted(path["hops"][1]["to"]["name"] for path in found if path["hops"][0]["to"]["name"] == "agw/wide")


@pytest.mark.parametrize("wide", [["*.contoso.com"], None])
@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (100, 200, ["shop/blog"]),
        (None, None, ["shop/blog"]),  # without an order the exact name comes first
        (200, 100, ["shop/blog", "shop/web"]),
        (HIDDEN, 100, ["shop/blog", "shop/web"]),
    ],
)
def test_a_host_that_another_listener_takes_first_does_not_reach_a_wider_one(
    wide: list[str] | None, first: Any, second: Any, expected: list[str]
) -> None:
    assert listeners(first, second, wide) == expected


def test_a_listener_of_another_port_takes_nothing_away() -> None:
    azure = gateway({"ipAddress": "10.0.0.4"})
    properties = azure[0]["properties"]
    properties["frontendPorts"] = [element("frontendPorts", str(port), port=port) for port in (443, 8443)]
    (special,), (rule,) = copy.deepcopy((properties["httpListeners"], properties["requestRoutingRules"]))
    properties["httpListeners"][0]["properties"]["frontendPort"] = ref("frontendPorts", "443")
    other = special["properties"] | {"hostName": "*.contoso.com", "frontendPort": ref("frontendPorts", "8443")}
    properties["httpListeners"].append(element("httpListeners", "wide", **other))
    to = {"httpListener": ref("httpListeners", "wide")}
    properties["requestRoutingRules"].append(element("requestRoutingRules", "wide", **rule["properties"] | to))
    found = paths(f"{APP}\n---\n{INGRESS}", azure)
    assert sorted(path["host"] for path in found) == ["*.contoso.com", "shop.contoso.com"]
    assert all(path["target"]["name"] == "shop/web" for path in found)


# --- who calls ----------------------------------------------------------------------------------------------------


def token(action: Any, protocol: str = "Https") -> list[Body]:
    """A gateway whose rule validates tokens of Entra ID."""
    azure = gateway({"ipAddress": "10.1.0.5"}, hostName="apim.internal")
    properties = azure[0]["properties"]
    properties["httpListeners"][0]["properties"]["protocol"] = protocol
    config = element("entraJWTValidationConfigs", "j", unAuthorizedRequestAction=action, tenantId="t", clientId="c")
    properties["entraJWTValidationConfigs"] = [config]
    rule = properties["requestRoutingRules"][0]["properties"]
    rule["entraJWTValidationConfig"] = ref("entraJWTValidationConfigs", "j")
    return azure


def known(azure: list[Body], *more: Body) -> tuple[Any, list[str]]:
    (path,) = paths("", [*azure, *more])
    told = path.get("authentication", {"effective": None, "by": []})
    return told["effective"], told["by"]


def test_a_gateway_that_refuses_who_shows_no_token_knows_who_calls() -> None:
    behind = (service(), api("orders"))
    assert known(token("Deny"), *behind) == (True, ["entraJWTValidation"])
    assert known(token("Allow"), *behind) == (False, [])
    assert known(token("Deny", "Http"), *behind) == (False, [])  # tokens are looked at over HTTPS alone
    assert isinstance(known(token(HIDDEN), *behind)[0], Unknown)
    gone = token("Deny")
    gone[0]["properties"]["entraJWTValidationConfigs"] = HIDDEN
    assert isinstance(known(gone, *behind)[0], Unknown)


def test_a_gateway_that_demands_a_client_certificate_knows_who_calls() -> None:
    azure = gateway({"ipAddress": "10.1.0.5"}, hostName="apim.internal")
    properties = azure[0]["properties"]
    properties["httpListeners"][0]["properties"]["sslProfile"] = ref("sslProfiles")
    behind = (service(), api("orders"))
    for mode, expected in (("Strict", True), ("Passthrough", False)):
        client = {"verifyClientAuthMode": mode}
        profile = {"trustedClientCertificates": [ref("trustedClientCertificates")], "clientAuthConfiguration": client}
        properties["sslProfiles"] = [element("sslProfiles", "x", **profile)]
        assert known(azure, *behind) == (expected, ["clientCertificate"] if expected else [])
    properties["sslProfiles"] = HIDDEN
    assert isinstance(known(azure, *behind)[0], Unknown)
