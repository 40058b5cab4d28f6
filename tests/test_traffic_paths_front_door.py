"""Traffic paths through Azure Front Door: its names, what it speaks to origins, and where these are."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.lenses.registry import TRAFFIC_PATH_READS
from auditor.model.resource import Unknown
from tests.estates_of_paths import APP, INGRESS, Body, gateway, paths

GROUP = "/subscriptions/s/resourceGroups/edge/providers"
PROFILE = f"{GROUP}/Microsoft.Cdn/profiles/afd"
SERVICE = f"{GROUP}/Microsoft.Network/privateLinkServices/pls"
BALANCER = f"{GROUP}/Microsoft.Network/loadBalancers/kubernetes-internal"
SITE = f"{GROUP}/Microsoft.Web/sites/shop"
CLUSTER = "\n---\n".join((APP, INGRESS))  # the Ingress has 10.0.0.4
HIDDEN = Unknown("not read")
NAMED = "agw.westeurope.cloudapp.azure.com"


def part(path: str, **properties: Any) -> Body:
    """A resource below the profile: `afdEndpoints/shop/routes/all`."""
    names = path.split("/")
    kind = "/".join(["Microsoft.Cdn/profiles", *names[::2]])
    return {"id": f"{PROFILE}/{path}", "name": names[-1], "type": kind, "properties": properties}


def front_door(origin: Body, domain: Body | None = None, **route: Any) -> list[Body]:
    """Front Door that sends what comes for shop.contoso.com to an origin."""
    told = {
        "supportedProtocols": ["Https"],
        "patternsToMatch": ["/*"],
        "forwardingProtocol": "HttpsOnly",
        "linkToDefaultDomain": "Disabled",
        "customDomains": [{"id": f"{PROFILE}/customDomains/shop"}],
        "originGroup": {"id": f"{PROFILE}/originGroups/g"},
        **route,
    }
    names = {"hostName": "shop.contoso.com", "tlsSettings": {"certificateType": "ManagedCertificate"}, **(domain or {})}
    return [
        part("afdEndpoints/e", hostName="e-1.z01.azurefd.net", enabledState="Enabled"),
        part("afdEndpoints/e/routes/all", **told),
        part("customDomains/shop", **names),
        part("originGroups/g/origins/o", **{"hostName": NAMED, "originHostHeader": "shop.contoso.com", **origin}),
    ]


def to_gateway() -> list[Body]:
    """A public gateway with a name of Azure, whose backend is the Ingress."""
    front, address = gateway({"ipAddress": "10.0.0.4"}, hostName="shop.contoso.com")
    address["properties"]["dnsSettings"] = {"fqdn": NAMED}
    return [front, address]


def linked(**service: Any) -> tuple[Body, list[Body]]:
    """An origin behind a private link service, which leads to the Ingress."""
    link = {"privateLink": {"id": SERVICE}, "status": "Approved"}
    frontend = f"{BALANCER}/frontendIPConfigurations/f"
    own = {"loadBalancerFrontendIpConfigurations": [{"id": frontend}], **service}
    inner = {
        "frontendIPConfigurations": [{"name": "f", "id": frontend, "properties": {"privateIPAddress": "10.0.0.4"}}]
    }
    return {"hostName": "shop.contoso.com", "sharedPrivateLinkResource": link}, [
        {"id": SERVICE, "name": "pls", "type": "Microsoft.Network/privateLinkServices", "properties": own},
        {"id": BALANCER, "name": "k", "type": "Microsoft.Network/loadBalancers", "properties": inner},
    ]


def through(*azure: Body, looked_at: frozenset[str] = TRAFFIC_PATH_READS) -> list[Body]:
    """The paths that begin at Front Door."""
    return [one for one in paths(CLUSTER, list(azure), looked_at) if one["entry"]["kind"] == "frontDoor"]


def test_front_door_before_the_gateway() -> None:
    (path,) = through(*front_door({}), *to_gateway())
    assert (path["host"], path["entry"]["name"], path["public"]) == ("shop.contoso.com", "afd/e", True)
    assert [one["to"]["kind"] for one in path["hops"]] == ["frontDoor", "applicationGateway", "ingress", "pods"]
    assert [one["protection"] for one in path["hops"]][:2] == ["encryptedVerified", "encryptedVerified"]
    assert path["hops"][1]["host"] == NAMED  # that is the name in the certificate that is asked for


def test_a_private_link_leads_into_the_cluster() -> None:
    origin, azure = linked()
    (path,) = through(*front_door(origin), *azure)
    assert [one["to"]["kind"] for one in path["hops"]] == ["frontDoor", "ingress", "pods"]
    without = TRAFFIC_PATH_READS - {"microsoft.network/privatelinkservices"}
    (path,) = through(*front_door(origin), looked_at=without)
    assert isinstance(path["complete"], Unknown)
    (path,) = through(*front_door(origin), azure[0])  # the load balancer was not found
    assert isinstance(path["complete"], Unknown)


def test_a_private_link_to_an_app() -> None:
    link = {"hostName": "shop.azurewebsites.net", "sharedPrivateLinkResource": {"privateLink": {"id": SITE}}}
    site = {
        "id": SITE,
        "name": "shop",
        "type": "Microsoft.Web/sites",
        "properties": {"publicNetworkAccess": "Disabled"},
    }
    (path,) = through(*front_door(link), site)
    assert (path["target"]["kind"], path["bypasses"]) == ("appService", [])


def test_what_lies_elsewhere_is_no_way_in() -> None:
    assert through(*front_door({"hostName": "docs.z6.web.core.windows.net"})) == []
    storage = f"{GROUP}/Microsoft.Storage/storageAccounts/docs"
    assert through(*front_door({"sharedPrivateLinkResource": {"privateLink": {"id": storage}}})) == []


def protections(*azure: Body) -> set[tuple[Any, ...]]:
    """The protection of the first two hops of each path."""
    found = ([one["protection"] for one in path["hops"]][:2] for path in through(*azure))
    return {tuple(Unknown if isinstance(one, Unknown) else one for one in each) for each in found}


@pytest.mark.parametrize(
    ("origin", "route", "expected"),
    [
        ({}, {"forwardingProtocol": "HttpOnly"}, "plaintext"),
        ({}, {"forwardingProtocol": "MatchRequest"}, "encryptedVerified"),
        ({}, {"forwardingProtocol": HIDDEN}, Unknown),
        ({"enforceCertificateNameCheck": False}, {}, "encryptedUnverified"),
        ({"enforceCertificateNameCheck": HIDDEN}, {}, Unknown),
    ],
)
def test_what_front_door_speaks_to_origins(origin: Body, route: Body, expected: Any) -> None:
    own, azure = linked()
    assert protections(*front_door({**own, **origin}, **route), *azure) == {("encryptedVerified", expected)}


def test_plain_http_from_clients() -> None:
    both = {"supportedProtocols": ["Http", "Https"]}
    secure = ("encryptedVerified", "encryptedVerified")
    plain = ("plaintext", "encryptedVerified")
    assert protections(*front_door({}, **both, httpsRedirect="Disabled"), *to_gateway()) == {secure, plain}
    origin, azure = linked()
    matching = front_door(origin, **both, httpsRedirect="Disabled", forwardingProtocol="MatchRequest")
    assert protections(*matching, *azure) == {secure, ("plaintext", "plaintext")}
    assert protections(*front_door({}, **both), *to_gateway()) == {secure, plain}
    redirecting = front_door({}, **both, httpsRedirect="Enabled")
    assert protections(*redirecting, *to_gateway()) == {secure, ("plaintext",)}
    found = through(*redirecting, *to_gateway())
    assert [path["redirect"]["encrypted"] for path in found if "redirect" in path] == [True]
    assert (Unknown, "encryptedVerified") in protections(*front_door({}, **both, httpsRedirect=HIDDEN), *to_gateway())
    assert protections(*front_door({}, supportedProtocols=HIDDEN), *to_gateway()) >= {(Unknown, "encryptedVerified")}


def test_the_lowest_version_is_that_of_the_domain() -> None:
    for told, expected in (("TLS10", "1.0"), ("TLS12", "1.2"), ("TLS13", "1.3"), (None, "1.2")):
        domain = {"tlsSettings": {"certificateType": "ManagedCertificate", "minimumTlsVersion": told}}
        (path,) = through(*front_door({}, domain), *to_gateway())
        assert path["hops"][0]["tls"] == expected
    (path,) = through(*front_door({}, {"tlsSettings": {"certificateType": "CustomerCertificate"}}), *to_gateway())
    assert isinstance(path["hops"][0]["nameMatches"], Unknown)


def test_names_of_a_route() -> None:
    found = through(*front_door({}, linkToDefaultDomain="Enabled"), *to_gateway())
    assert {one["host"] for one in found} == {"shop.contoso.com", "e-1.z01.azurefd.net"}
    found = through(*front_door({}, linkToDefaultDomain=HIDDEN), *to_gateway())
    assert {one["host"]: isinstance(one["public"], Unknown) for one in found} == {
        "shop.contoso.com": False,
        "e-1.z01.azurefd.net": True,
    }
    (path,) = through(*front_door({}, customDomains=HIDDEN), *to_gateway())
    assert (path["host"], isinstance(path["complete"], Unknown)) == ("*", True)


def test_what_is_off_is_no_way_in() -> None:
    assert through(*front_door({}, enabledState="Disabled"), *to_gateway()) == []
    assert through(*front_door({"enabledState": "Disabled"}), *to_gateway()) == []
    endpoint, *rest = front_door({})
    endpoint["properties"]["enabledState"] = "Disabled"
    assert through(endpoint, *rest, *to_gateway()) == []
    (path,) = through(*front_door({}, enabledState=HIDDEN), *to_gateway())
    assert isinstance(path["public"], Unknown)


def test_what_was_not_read_may_be_a_way_in() -> None:
    for kind in ("afdendpoints/routes", "origingroups/origins"):
        left = [one for one in front_door({}) if not one["type"].casefold().endswith(kind)]
        found = through(*left, *to_gateway(), looked_at=TRAFFIC_PATH_READS - {f"microsoft.cdn/profiles/{kind}"})
        assert [isinstance(one["complete"], Unknown) for one in found] == [True]


def test_a_route_for_some_paths_leaves_the_rest_to_others() -> None:
    origin, azure = linked()
    first = front_door({})
    narrow = part(
        "afdEndpoints/e/routes/api",
        **first[1]["properties"]
        | {"patternsToMatch": ["/api/*"], "originGroup": {"id": f"{PROFILE}/originGroups/api"}},
    )
    other = part("originGroups/api/origins/o", **origin)
    found = through(*first, narrow, other, *to_gateway(), *azure)
    assert {(one["route"], one["hops"][1]["to"]["kind"]) for one in found} == {
        ("/*", "applicationGateway"),
        ("/api/*", "ingress"),
    }


# --- rule sets --------------------------------------------------------------------------------------------------------

REDIRECT = {"name": "UrlRedirect", "parameters": {"destinationProtocol": "Https", "redirectType": "Moved"}}
HEADER = {"name": "ModifyResponseHeader", "parameters": {"headerName": "Strict-Transport-Security"}}
CACHE = {"name": "RouteConfigurationOverride", "parameters": {"cacheConfiguration": {"cacheDuration": "1.00:00:00"}}}
PLAIN = {"name": "RequestScheme", "parameters": {"operator": "Equal", "matchValues": ["HTTP"]}}
SECURED = {"name": "RequestScheme", "parameters": {"operator": "Equal", "matchValues": ["https"]}}
NOT_SECURED = {"name": "RequestScheme", "parameters": {"operator": "NotEqual", "matchValues": ["HTTPS"]}}
OLD = {"name": "UrlPath", "parameters": {"operator": "BeginsWith", "matchValues": ["old/"]}}
SECURE = ("encryptedVerified", "encryptedVerified")
CLEAR = ("plaintext", "encryptedVerified")


def override(**told: Any) -> Body:
    group = {"originGroup": {"id": f"{PROFILE}/originGroups/other"}, **told}
    return {"name": "RouteConfigurationOverride", "parameters": {"originGroupOverride": group}}


def ruled(*rules: Body, **route: Any) -> list[Body]:
    """A route that takes HTTP too and has these rules."""
    both = {"supportedProtocols": ["Http", "Https"], "ruleSets": [{"id": f"{PROFILE}/RuleSets/s"}], **route}
    listed = [part(f"ruleSets/s/rules/r{number}", **{"order": number, **rule}) for number, rule in enumerate(rules)]
    return [*front_door({}, **both), *listed]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], {SECURE, CLEAR}),
        ([{"actions": [HEADER, CACHE]}], {SECURE, CLEAR}),
        ([{"actions": [REDIRECT], "conditions": [PLAIN]}], {SECURE, ("plaintext",)}),
        ([{"actions": [REDIRECT], "conditions": [PLAIN, OLD]}], {SECURE, (Unknown, "encryptedVerified")}),
        (
            [{"actions": [REDIRECT], "conditions": [{"name": "RequestScheme"}]}],
            {SECURE, (Unknown, "encryptedVerified")},
        ),
        ([{"actions": [REDIRECT], "conditions": [SECURED]}], {("encryptedVerified",), CLEAR}),
        ([{"actions": [REDIRECT], "conditions": [NOT_SECURED]}], {SECURE, ("plaintext",)}),
        ([{"actions": [REDIRECT], "conditions": HIDDEN}], {SECURE, (Unknown, "encryptedVerified")}),
        (
            [
                {"actions": [HEADER], "conditions": [OLD], "matchProcessingBehavior": "Stop"},
                {"actions": [REDIRECT], "conditions": [PLAIN]},
            ],
            {SECURE, (Unknown, "encryptedVerified")},
        ),
        (
            [
                {"actions": [HEADER], "conditions": [OLD], "matchProcessingBehavior": "Continue"},
                {"actions": [REDIRECT], "conditions": [PLAIN]},
            ],
            {SECURE, ("plaintext",)},
        ),
        (
            [{"actions": [{"name": "UrlRedirect", "parameters": {"redirectType": "Found"}}], "conditions": [OLD]}],
            {SECURE, CLEAR},
        ),
    ],
)
def test_rule_sets_that_redirect_or_do_not(rules: list[Body], expected: Any) -> None:
    assert protections(*ruled(*rules), *to_gateway()) == expected


def test_a_rule_that_redirects_all_requests_elsewhere() -> None:
    told = {"name": "urlredirect", "parameters": {"destinationProtocol": "MatchRequest", "customHostname": "www.x.y"}}
    found = through(*ruled({"actions": [told]}), *to_gateway())
    assert {(one["redirect"]["to"], one["redirect"]["encrypted"]) for one in found} == {
        ("https://www.x.y", True),
        ("http://www.x.y", False),
    }


def test_rules_that_cannot_be_read_may_do_anything() -> None:
    without = TRAFFIC_PATH_READS - {"microsoft.cdn/profiles/rulesets/rules"}
    for found in (
        through(*ruled(), *to_gateway(), looked_at=without),
        through(*ruled({"actions": HIDDEN}), *to_gateway()),
        through(*ruled({"actions": [{"name": HIDDEN}]}), *to_gateway()),
    ):
        assert {isinstance(one["complete"], Unknown) for one in found} == {True, False}
        plain = [one for one in found if len(one["hops"]) > 2 and one["hops"][0]["protection"] != "encryptedVerified"]
        assert [isinstance(one["hops"][0]["protection"], Unknown) for one in plain] == [True]


def to_other(**told: Any) -> tuple[list[Body], list[Body]]:
    """An origin of another group, which leads to the Ingress; and what is there."""
    origin, azure = linked()
    return [part("originGroups/other/origins/o", **{**origin, **told})], azure


@pytest.mark.parametrize(
    ("conditions", "told", "expected"),
    [
        (
            [OLD],
            {"forwardingProtocol": "HttpsOnly"},
            {("applicationGateway", "encryptedVerified"), ("ingress", "encryptedVerified")},
        ),
        (
            [OLD],
            {"forwardingProtocol": "HttpOnly"},
            {("applicationGateway", "encryptedVerified"), ("ingress", "plaintext")},
        ),
        ([OLD], {}, {("applicationGateway", "encryptedVerified"), ("ingress", "encryptedVerified")}),
        ([], {"forwardingProtocol": "HttpOnly"}, {("ingress", "plaintext")}),
        ([PLAIN], {"forwardingProtocol": "HttpOnly"}, {("applicationGateway", "encryptedVerified")}),
    ],
)
def test_a_rule_that_chooses_other_origins(conditions: list[Body], told: Body, expected: Any) -> None:
    other, azure = to_other()
    rule = {"actions": [override(**told)], "conditions": conditions}
    found = through(*ruled(rule, supportedProtocols=["Https"]), *other, *to_gateway(), *azure)
    assert {(one["hops"][1]["to"]["kind"], one["hops"][1]["protection"]) for one in found} == expected


def test_a_rule_that_does_not_say_how_it_speaks_to_other_origins() -> None:
    other, azure = to_other()
    found = through(*ruled({"actions": [override()]}, supportedProtocols=["Http"]), *other, *azure)
    assert [isinstance(one["hops"][1]["protection"], Unknown) for one in found] == [True]


def test_a_rule_that_names_the_origins_of_the_route_adds_no_way() -> None:
    same = {"name": "OriginGroupOverride", "parameters": {"originGroup": {"id": f"{PROFILE}/origingroups/G"}}}
    rule = {"actions": [same], "conditions": [OLD]}
    assert len(through(*ruled(rule, supportedProtocols=["Https"], forwardingProtocol=None), *to_gateway())) == 1


def test_a_rewritten_path_may_lead_anywhere() -> None:
    rewrite = {"name": "UrlRewrite", "parameters": {"sourcePattern": "/", "destination": "/api/"}}
    narrow = {"supportedProtocols": ["Https"], "patternsToMatch": ["/orders/*"]}
    origin, azure = linked()
    cluster = CLUSTER.replace("path: /,", "path: /api,")
    assert cluster != CLUSTER
    for rules, reached in (([{"actions": [rewrite]}], True), ([], False)):
        edge = [*ruled(*rules, **narrow), part("originGroups/g/origins/o", **origin)]
        edge = [one for one in edge if one["properties"].get("hostName") != NAMED]
        found = [
            one for one in paths(cluster, [*edge, *azure], TRAFFIC_PATH_READS) if one["entry"]["kind"] == "frontDoor"
        ]
        assert [one["target"]["kind"] == "pods" for one in found] == [reached]


# --- a gateway that asks for one Front Door ---------------------------------------------------------------------------

POLICY = f"{GROUP}/Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies/waf"
HEADER_OF_OTHERS = {
    "matchVariables": [{"variableName": "RequestHeaders", "selector": "X-Azure-FDID"}],
    "operator": "Equal",
    "negationConditon": True,
    "matchValues": ["0b1c2d3e-0000-0000-0000-000000000001"],
}
ASKS = {
    "name": "door",
    "priority": 10,
    "state": "Enabled",
    "ruleType": "MatchRule",
    "action": "Block",
    "matchConditions": [HEADER_OF_OTHERS],
}
LETS_PROBES = {"name": "probes", "priority": 5, "ruleType": "MatchRule", "action": "Allow", "matchConditions": []}
WORKS = {"state": "Enabled", "mode": "Prevention"}


def firewall(*rules: Any, settings: Any = WORKS) -> Body:
    own = {"policySettings": settings, "customRules": list(rules), "managedRules": {}}
    kind = "Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies"
    return {"id": POLICY, "name": "waf", "type": kind, "properties": own}


def is_way_in(*policies: Body, at: str = "gateway", path_policy: str | None = None) -> list[Any]:
    """Whether a gateway with a public address is a way in for everybody."""
    front, address = to_gateway()
    own = front["properties"]
    holder = own if at == "gateway" else own["httpListeners"][0]["properties"]
    holder["firewallPolicy"] = {"id": POLICY.upper()}
    if path_policy:
        rule = {"name": "p", "properties": {"paths": ["/p"], "firewallPolicy": {"id": path_policy}}}
        own["urlPathMaps"] = [{"name": "m", "id": "/m", "properties": {"pathRules": [rule]}}]
    found = paths(CLUSTER, [front, address, *policies], TRAFFIC_PATH_READS)
    return [None if isinstance(one["public"], Unknown) else one["public"] for one in found]


@pytest.mark.parametrize(
    ("rules", "settings", "expected"),
    [
        ([ASKS], WORKS, False),
        ([{**ASKS, "action": "block", "state": None}], {"state": "enabled", "mode": "prevention"}, False),
        ([], WORKS, True),
        ([LETS_PROBES], WORKS, True),
        ([LETS_PROBES, ASKS], WORKS, None),
        ([{**LETS_PROBES, "priority": 20}, ASKS], WORKS, False),
        ([{**LETS_PROBES, "state": "Disabled"}, ASKS], WORKS, False),
        ([{**ASKS, "state": "Disabled"}], WORKS, True),
        ([{**ASKS, "action": "Log"}], WORKS, True),
        ([{**ASKS, "matchConditions": [HEADER_OF_OTHERS, HEADER_OF_OTHERS]}], WORKS, True),
        ([{**ASKS, "matchConditions": [{**HEADER_OF_OTHERS, "negationConditon": False}]}], WORKS, True),
        ([{**ASKS, "matchConditions": [{**HEADER_OF_OTHERS, "matchValues": []}]}], WORKS, True),
        ([{**ASKS, "matchConditions": [{**HEADER_OF_OTHERS, "operator": "Contains"}]}], WORKS, True),
        ([ASKS], {"state": "Enabled", "mode": "Detection"}, True),
        ([ASKS], {"state": "Disabled", "mode": "Prevention"}, True),
        ([ASKS], {"state": HIDDEN, "mode": "Prevention"}, None),
        ([HIDDEN], WORKS, None),
    ],
)
def test_a_firewall_policy_that_asks_for_one_front_door(rules: list[Any], settings: Body, expected: Any) -> None:
    for at in ("gateway", "listener"):
        assert is_way_in(firewall(*rules, settings=settings), at=at) == [expected]


def test_policies_that_are_not_there_or_not_the_only_ones() -> None:
    assert is_way_in() == [None]  # it was not found, and may ask
    assert is_way_in(firewall(ASKS), path_policy=POLICY) == [False]
    other = {**firewall(), "id": f"{POLICY}-of-a-path"}
    assert is_way_in(firewall(ASKS), other, path_policy=f"{POLICY}-of-a-path") == [True]
