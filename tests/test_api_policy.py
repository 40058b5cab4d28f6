"""What is effective for every API: documents merged through scopes, branches, products, and what is not known."""

from __future__ import annotations

import datetime as dt
import gc
import time
from collections.abc import Iterable
from typing import Any

import pytest
import tools
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.evaluate.bound_rule import bind
from auditor.ingest.inventory import CollectedSource, Inventory
from auditor.lenses.api_policy.lens import EffectivePolicies, effective_policies
from auditor.lenses.api_policy.model import EffectivePolicy
from auditor.lenses.api_policy.scopes import Estate
from auditor.lenses.api_policy.text import Element, expression_end, read_policy
from auditor.lenses.coverage import Coverage
from auditor.lenses.registry import API_POLICY_READS, lens_of
from auditor.model.finding import Finding, Outcome
from auditor.model.gap import Gap
from auditor.model.resource import Origin, Resource, Unknown
from auditor.pipeline.audit import audit
from auditor.ruleset.loader import load_rules

APIM = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/apim"
CLOCK = dt.datetime(2026, 7, 9, tzinfo=dt.UTC)
JWT = (
    '<validate-jwt header-name="Authorization"><openid-config url="https://login.microsoftonline.com/t/v2.0/'
    '.well-known/openid-configuration"/><audiences><audience>api://orders</audience></audiences></validate-jwt>'
)
CERT = '<validate-client-certificate><identities><identity thumbprint="00"/></identities></validate-client-certificate>'
LIMIT = '<rate-limit-by-key calls="5" renewal-period="60" counter-key="@(context.Request.IpAddress)"/>'
IDENTITY = '<authentication-managed-identity resource="api://backend"/>'
GLOBAL = JWT + CERT + LIMIT + IDENTITY


def policy(inbound: str = "<base/>", backend: str = "<base/>") -> str:
    return (
        f"<policies><inbound>{inbound}</inbound><backend>{backend}</backend>"
        "<outbound><base/></outbound><on-error><base/></on-error></policies>"
    )


def resource(path: str, kind: str, **properties: Any) -> Resource:
    body_id = f"{APIM}/{path}" if path else APIM
    kind = f"Microsoft.ApiManagement/service{kind}"
    body = {"id": body_id, "type": kind, "name": body_id.rpartition("/")[2], "properties": properties}
    return Resource(kind, body, Origin(source="live"), partial=True)


def document(scope: str, text: Any) -> Resource:
    kinds = [part for part in scope.split("/")[::2] if part]
    kind = "/" + "/".join([*kinds, "policies"])
    return resource(f"{scope}/policies/policy".lstrip("/"), kind, value=text, format="rawxml")


def fragment(name: str, text: str) -> Resource:
    return resource(f"policyFragments/{name}", "/policyFragments", value=f"<fragment>{text}</fragment>")


def named(name: str, **properties: Any) -> Resource:
    return resource(f"namedValues/{name}", "/namedValues", displayName=name, **properties)


def estate(*more: Resource, service: str = GLOBAL, api: str = "<base/>", get: str = "<base/>") -> dict[str, Resource]:
    """One API with two operations, of which one has a policy of its own, in one product without policy."""
    hosts = [{"type": "Proxy", "hostName": "api.contoso.com", "negotiateClientCertificate": True}]
    found = [
        resource("", "", hostnameConfigurations=hosts),
        document("", policy(service, "<forward-request/>")),
        resource("apis/orders", "/apis", subscriptionRequired=True, serviceUrl="https://orders.internal"),
        document("apis/orders", policy(api)),
        resource("apis/orders/operations/get", "/apis/operations", method="GET"),
        document("apis/orders/operations/get", policy(get)),
        resource("apis/orders/operations/list", "/apis/operations", method="GET"),
        resource("products/shop", "/products", subscriptionRequired=True, state="published"),
        resource("products/shop/apis/orders", "/products/apis"),
        *more,
    ]
    return {one.id.casefold(): one for one in found}


def everything(gaps: Iterable[Gap] = ()) -> Coverage:
    return Coverage(API_POLICY_READS, list(gaps))


def effective(resources: Iterable[Resource], coverage: Coverage | None = None) -> EffectivePolicies:
    read = Estate(coverage or everything())
    for resource in resources:
        read.take(resource)
    return effective_policies(read)


def of(operation: str | None, *more: Resource, coverage: Coverage | None = None, **texts: str) -> EffectivePolicy:
    found = effective(estate(*more, **texts).values(), coverage)
    one = found.of(f"{APIM}/apis/orders", f"{APIM}/apis/orders/operations/{operation}" if operation else None)
    assert one is not None
    return one


# --- text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression",
    [
        '@(context.Request.Headers.GetValueOrDefault("X","") == "y" && a < 3)',
        "@(context.Request.Headers.GetValueOrDefault(&quot;X)&quot;,&quot;&quot;) == &quot;y&quot;)",
        '@(body.As<JObject>(preserveContent: true)["a"].ToString() == ")")',
        '@{ var s = $"{d["x"]} }}"; if (a<b) { return s; } return "}"; }',
        '@{ // it\'s a comment with ) and "\n return \'"\' + "\\""; }',
        '@{ /* ) } */ return @"c:\\" + $@"{a}""" + "{"; }',
        '@(new [] { ")", "]" }[0])',
    ],
)
def test_an_expression_ends_where_csharp_says(expression: str) -> None:
    assert expression_end(expression + '" y="z">', 0) == len(expression)
    root = read_policy(f'<policies><inbound><when condition="{expression}" y="z"><base/></when></inbound></policies>')
    assert isinstance(root, Element)
    (when,) = root.all("inbound")[0].children
    assert when.attributes["y"] == "z" and [child.name for child in when.children] == ["base"]
    root = read_policy(f"<a><value> {expression} </value><b/></a>")
    assert isinstance(root, Element) and [child.name for child in root.children] == ["value", "b"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<policies>", "line 1: <policies> is not closed"),
        ("<policies>\n</inbound>", "line 2: </inbound> closes nothing"),
        ('<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><p>&x;</p>', "declares a document type"),
        ('<p a="@(x"/>', "an expression is not closed"),
        ("<p a=1/>", "an attribute of <p> cannot be read"),
        ("<!-- <p/>", "a comment is not closed"),
        ("<p/><p/>", "not one root element"),
        ("", "not one root element"),
        ("<a>" * 5000, "nested too deep"),
    ],
)
def test_what_cannot_be_read_is_unknown(text: str, why: str) -> None:
    found = read_policy(text)
    assert isinstance(found, Unknown) and why in found.reason


def test_nothing_is_fetched_and_nothing_grows() -> None:
    found = read_policy("<p a='&lt;&#65;&#x42;&amp;lt;&x;&#xD800;'><![CDATA[<b>]]>&quot;</p>")
    assert isinstance(found, Element)
    assert (found.attributes["a"], found.text) == ("<AB&lt;&x;&#xD800;", '<b>"')


@pytest.mark.slow
@pytest.mark.parametrize("piece", ['<a b="@(', "<a>", "<!--", '<a b="', "@(", '@{"', "<a/>", "&quot;", '@{$"{'])
def test_reading_is_linear(piece: str) -> None:
    def seconds(length: int) -> float:
        text = "<p>" + piece * (length // len(piece))
        gc.collect()
        gc.disable()  # as an audit does
        begin = time.process_time()
        read_policy(text)
        taken = time.process_time() - begin
        gc.enable()
        return taken

    seconds(10_000)
    large = min(seconds(400_000) for _ in range(2))
    assert large < 40 * max(seconds(40_000), 0.005), "ten times as much; a square would be a hundred"


# --- merging ------------------------------------------------------------------------------------------------------


def test_all_levels_are_merged_through_base() -> None:
    get = of("get", fragment("pay", "<authentication-basic username='u' password='{{p}}'/>"),
             named("p", secret=True), get="<base/><include-fragment fragment-id='pay'/>")  # fmt: skip
    assert (get.authenticated, get.token_checked, get.certificate_checked) == (True, True, True)
    assert (get.limited, get.backend_identity, get.backend_credentials) == (True, True, True)
    assert [name.removeprefix(APIM) for name in get.documents] == [
        "/policies/policy",
        "/apis/orders/policies/policy",
        "/apis/orders/operations/get/policies/policy",
        "/policyFragments/pay",
    ]
    assert of("list").operations == (f"{APIM}/apis/orders/operations/list",)


def test_a_missing_base_cuts_everything_above() -> None:
    get = of("get", get="<set-variable name='x' value='y'/>")
    assert (get.authenticated, get.limited, get.backend_identity) == (False, False, False)
    assert get.lost_in == (f"{APIM}/apis/orders/operations/get/policies/policy",)
    assert get.lost_surely is True
    assert of("list").authenticated is True, "the other operation keeps it"


def test_what_a_missing_base_cuts_is_not_known_when_what_stands_above_was_not_read() -> None:
    found = estate(get="<set-variable name='x' value='y'/>")
    del found[document("", "").id.casefold()]
    gap = Gap(what=APIM, reason="403", type="Microsoft.ApiManagement/service/policies")
    read = effective(found.values(), everything([gap])).of(f"{APIM}/apis/orders", f"{APIM}/apis/orders/operations/get")
    assert read is not None
    assert read.authenticated is False  # its own document drops whatever there is
    assert read.lost_in == (f"{APIM}/apis/orders/operations/get/policies/policy",)
    assert isinstance(read.lost_surely, Unknown)


def test_a_section_that_is_missing_cuts_too() -> None:
    found = estate()
    text = document("apis/orders", "<policies><backend><base/></backend></policies>")
    found[text.id.casefold()] = text
    assert all(one.authenticated is False for one in effective(found.values()).all)


def test_a_document_that_is_not_there_is_base() -> None:
    found = estate()
    del found[f"{APIM}/apis/orders/policies/policy".casefold()]
    assert all(one.authenticated is True for one in effective(found.values()).all)


def test_workspaces_stand_between_service_and_product() -> None:
    space = f"{APIM}/workspaces/w"
    api = {"id": f"{space}/apis/a", "type": "Microsoft.ApiManagement/service/workspaces/apis", "name": "a",
           "properties": {"subscriptionRequired": True}}  # fmt: skip
    kind = "Microsoft.ApiManagement/service/workspaces/policies"
    cut = {"id": f"{space}/policies/policy", "type": kind, "name": "policy", "properties": {"value": policy("")}}
    resources = [document("", policy(GLOBAL)), Resource(api["type"], api, Origin())]  # type: ignore[arg-type]
    (kept,) = effective(resources).all
    (lost,) = effective([*resources, Resource(kind, cut, Origin())]).all
    assert (kept.authenticated, lost.authenticated) == (True, False)
    assert kept.service == APIM and kept.name == "a"


# --- products -----------------------------------------------------------------------------------------------------

WITHOUT_BASE = document("products/shop", policy(LIMIT))


def test_the_worst_way_in_counts() -> None:
    assert of("list").authenticated is True
    assert of("list", WITHOUT_BASE).authenticated is False


def test_a_product_alone_protects_only_those_who_come_through_it() -> None:
    product = document("products/shop", policy("<base/>" + JWT))
    assert of("list", product, service=LIMIT).authenticated is True
    key = resource("subscriptions/x", "/subscriptions", scope=f"{APIM}/apis/orders", state="active")
    assert of("list", product, key, service=LIMIT).authenticated is False, "a key of the API goes past the product"
    key = resource("subscriptions/x", "/subscriptions", scope=f"{APIM}/apis", state="suspended")
    assert of("list", product, key, service=LIMIT).authenticated is True


def test_products_that_were_not_read_are_not_guessed() -> None:
    nothing_of_products = Coverage(frozenset(kind for kind in API_POLICY_READS if "products" not in kind))
    found = {key: one for key, one in estate().items() if "products" not in key}
    verdicts = [one.authenticated for one in effective(found.values(), nothing_of_products).all]
    assert all(isinstance(verdict, Unknown) for verdict in verdicts)
    assert all(one.authenticated is True for one in effective(estate(get=JWT + "<base/>", api=JWT).values()).all)


def test_links_that_were_not_read_matter_only_where_products_differ() -> None:
    links = ("products/apis", "products/apilinks", "apis/products")
    no_links = Coverage(frozenset(kind for kind in API_POLICY_READS if not kind.endswith(links)))
    found = estate()
    del found[f"{APIM}/products/shop/apis/orders".casefold()]
    assert all(one.authenticated is True for one in effective(found.values(), no_links).all)
    found[WITHOUT_BASE.id.casefold()] = WITHOUT_BASE
    assert all(isinstance(one.authenticated, Unknown) for one in effective(found.values(), no_links).all)
    open_ = {**estate(service=LIMIT), WITHOUT_BASE.id.casefold(): WITHOUT_BASE}
    assert all(one.authenticated is False for one in effective(open_.values(), no_links).all), "on every way"


# --- what is not known --------------------------------------------------------------------------------------------


def test_a_check_in_one_branch_is_not_sure() -> None:
    branch = f'<choose><when condition="@(context.Request.Method == "POST")">{JWT}</when></choose>'
    assert isinstance(of("list", service=branch).authenticated, Unknown)
    every = f'<choose><when condition="@(a < b)">{JWT}</when><otherwise>{JWT}</otherwise></choose>'
    assert of("list", service=every).authenticated is True
    either = f'<choose><when condition="@(a)">{JWT}</when><otherwise>{CERT}</otherwise></choose>'
    mixed = of("list", service=either)
    assert mixed.authenticated is True
    assert isinstance(mixed.token_checked, Unknown) and isinstance(mixed.certificate_checked, Unknown)
    refused = '<return-response><set-status code="401"/></return-response>'
    rest = f'<choose><when condition="@(a)">{JWT}</when><otherwise>{refused}</otherwise></choose>'
    assert of("list", service=rest).authenticated is True, "the others are refused"
    by_hand = f'<choose><when condition="@(context.Request.Certificate == null)">{refused}</when></choose>'
    assert isinstance(of("list", service=by_hand).certificate_checked, Unknown)


def test_named_values_are_resolved_where_they_are_not_secret() -> None:
    text = '<set-backend-service base-url="{{scheme}}://{{host}}/"/>' + GLOBAL
    one = of("list", named("scheme", value="http"), named("host", secret=True), service=text)
    (target,) = one.targets
    assert target.url == "http://{{host}}/" and "secret" in (target.unknown or "")
    weak = JWT.replace("<validate-jwt ", '<validate-jwt require-signed-tokens="{{signed}}" ')
    assert of("list", named("signed", value="false"), service=weak).token_checked is False
    assert isinstance(of("list", named("signed", secret=True), service=weak).token_checked, Unknown)
    assert isinstance(of("list", service=weak).token_checked, Unknown), "there is no such value"


@pytest.mark.parametrize(
    "text", ["<policies><inbound>", "https://contoso.com/policy.xml", Unknown("known after apply"), None]
)
def test_a_document_that_cannot_be_read_may_hold_anything(text: Any) -> None:
    found = estate(get=JWT)
    broken = document("apis/orders", text)
    found[broken.id.casefold()] = broken
    policies = effective(found.values())
    api = policies.of(f"{APIM}/apis/orders")
    get = policies.of(f"{APIM}/APIS/orders", f"{APIM}/apis/orders/operations/GET")
    assert api and isinstance(api.authenticated, Unknown)
    assert get and get.authenticated is True, "it asks for itself"
    assert get.certificate_checked is False, "no policy in the section backend can ask for it"


def test_a_gap_at_one_operation_is_of_that_operation() -> None:
    place = f"{APIM}/apis/orders/operations/list/policies/policy"
    kind = "Microsoft.ApiManagement/service/apis/operations/policies"
    coverage = everything([Gap(what=place, reason="403", type=kind)])
    found = estate(resource("apis/orders/operations/put", "/apis/operations", method="PUT"))
    verdicts = {one.name: one.authenticated for one in effective(found.values(), coverage).all}
    assert verdicts["orders"] is True and verdicts["orders: get"] is True
    assert isinstance(verdicts["orders: list"], Unknown)


@pytest.mark.parametrize("name", ["loop", "not-there", "{{secret}}", "broken"])
def test_fragments_that_cannot_be_followed_are_unknown(name: str) -> None:
    more = [fragment("loop", "<include-fragment fragment-id='loop'/>"), named("secret", secret=True)]
    broken = resource("policyFragments/broken", "/policyFragments", value="<fragment>")
    one = of("list", *more, broken, service=f"{LIMIT}<include-fragment fragment-id='{name}'/>")
    assert isinstance(one.authenticated, Unknown) and one.limited is True


def test_fragments_do_not_multiply() -> None:
    more = [fragment(f"f{level}", f"<include-fragment fragment-id='f{level + 1}'/>" * 20) for level in range(20)]
    begin = time.process_time()
    one = of("list", *more, service="<include-fragment fragment-id='f0'/>")
    assert isinstance(one.authenticated, Unknown) and time.process_time() - begin < 5


# --- every fault, and nothing but it ------------------------------------------------------------------------------

RULES = [bind(rule, CLOCK) for rule in load_rules() if rule.component in ("apis", "azure/api-management")]
REFERENCE = estate(
    resource("backends/b", "/backends", url="https://b", credentials={"certificateIds": ["/c"]}),
    named("off", value="false", secret=False),
    named("star", value="*", secret=False),
    named("plain", value="not-a-real-password", secret=False),
    named("hidden", secret=True, keyVault={"secretIdentifier": "https://v.vault.azure.net/secrets/hidden"}),
    fragment(
        "call", "<set-header name='x-functions-key' exists-action='override'><value>{{hidden}}</value></set-header>"
    ),
)


def faults(resources: dict[str, Resource]) -> set[str]:
    """`rule@resource` of everything that does not pass, `rule?@resource` of what is unknown."""
    inventory = Inventory(["a test"], [CollectedSource(list(resources.values()))], covers=API_POLICY_READS, unique=True)
    _, findings = audit(RULES, inventory, clock=CLOCK)
    with findings:
        return {told(found) for found in findings if found.outcome is not Outcome.PASS}


def told(found: Finding) -> str:
    rule = found.rule_id.replace("azure.api-management.", "apim.").removeprefix("apis.")
    where = "document" if found.resource.name.startswith("apim: ") else found.resource.name.removeprefix("orders: ")
    return f"{rule}{'' if found.outcome is Outcome.FAIL else '?'}@{where}"


BASELINE = faults(REFERENCE)
HEADER = "<set-header name='{}' exists-action='override'><value>{}</value></set-header>"
CALL = '<send-request mode="new" response-variable-name="r"><set-url>https://b/{}</set-url></send-request>'
REDIRECT = '<return-response><set-status code="{}"/></return-response>'
SIGNED, EXPIRES = 'require-signed-tokens="{{off}}"', 'require-expiration-time="{{off}}"'
CORS = "<cors {}><allowed-origins><origin>{}</origin></allowed-origins></cors>"


SIGNING = "<issuer-signing-keys><key>c2VjcmV0c2VjcmV0</key></issuer-signing-keys>"
OWN = "https://login.microsoftonline.com/t/v2.0/"
AUDIENCE = "<audiences><audience>a</audience></audiences>"


def jwt(attributes: str = "", *, url: str = OWN, inner: str = AUDIENCE) -> str:
    return f'<validate-jwt header-name="Authorization" {attributes}><openid-config url="{url}"/>{inner}</validate-jwt>'


KEPT = IDENTITY.replace(" resource", ' output-token-variable-name="t" resource')
REST = CERT + LIMIT + IDENTITY
VARIANTS: list[tuple[str, dict[str, str], str]] = [
    # (what is done, inbound of service / api / get, what it causes)
    ("base dropped in the operation", {"get": LIMIT + IDENTITY}, "authenticated@get"),
    ("base dropped in the API", {"api": LIMIT + IDENTITY, "get": "<base/>"}, "authenticated@get authenticated@orders"),
    (
        "base dropped, a token is checked again",
        {"get": JWT + LIMIT + IDENTITY},
        "apim.policies-keep-base@policy client-certificate-validated@get",
    ),
    (
        "base under a condition",
        {"get": f'<choose><when condition="@(a)"><base/></when></choose>{LIMIT}{IDENTITY}'},
        "apim.policies-keep-base?@policy authenticated?@get client-certificate-validated?@get",
    ),
    ("no limit in the operation", {"get": JWT + CERT + IDENTITY}, "apim.policies-keep-base@policy rate-limited@get"),
    (
        "nothing sent to the backend",
        {"get": JWT + CERT + LIMIT},
        "apim.policies-keep-base@policy backend-authenticated@get",
    ),
    (
        "the token is kept in a variable",
        {"get": JWT + CERT + LIMIT + KEPT},
        "apim.policies-keep-base@policy backend-authenticated?@get",
    ),
    ("to plain http", {"get": '<base/><set-backend-service base-url="http://b"/>'}, "backend-https@get"),
    (
        "to plain http in one branch",
        {"get": '<base/><choose><when condition="@(a)"><set-backend-service base-url="http://b"/></when></choose>'},
        "backend-https@get",
    ),
    ("to an expression", {"get": '<base/><set-backend-service base-url="@(x)"/>'}, "backend-https?@get"),
    ("to a hidden address", {"get": '<base/><set-backend-service base-url="{{hidden}}"/>'}, "backend-https?@get"),
    ("no audience", {"service": jwt(inner="") + REST}, "token-audience@get token-audience@orders"),
    (
        "no audience, but in the operation",
        {"service": jwt(inner="") + REST, "get": "<base/>" + JWT},
        "token-audience@orders",
    ),
    (
        "any tenant",
        {"service": jwt(url="https://login.microsoftonline.com/common/v2.0/") + REST},
        "token-issuer@get token-issuer@orders",
    ),
    (
        "a tenant that is not known",
        {"service": jwt(url="https://login.microsoftonline.com/{{hidden}}/v2.0/") + REST},
        "token-issuer?@get token-issuer?@orders",
    ),
    ("keys in plain text", {"get": "<base/>" + jwt(url="http://idp/")}, "token-keys-over-https@get"),
    ("signatures off by a named value", {"get": "<base/>" + jwt(SIGNED)}, "named-values-weaken-nothing@get"),
    (
        "signatures off by a named value, nothing else",
        {"get": jwt(SIGNED) + LIMIT + IDENTITY},
        "named-values-weaken-nothing@get",
    ),
    ("expiry off by a named value", {"get": "<base/>" + jwt(EXPIRES)}, "named-values-weaken-nothing@get"),
    (
        "signatures off in the document",
        {"get": "<base/>" + jwt('require-signed-tokens="false"')},
        "apim.tokens-signed@policy",
    ),
    (
        "signatures off in the one check",
        {"service": jwt('require-signed-tokens="false"') + LIMIT + IDENTITY},
        "apim.tokens-signed@policy",
    ),
    (
        "expiry off in the document",
        {"get": "<base/>" + jwt('require-expiration-time="false"')},
        "apim.tokens-expire@policy",
    ),
    (
        "any origin by a named value",
        {"get": "<base/>" + CORS.format("", "{{star}}")},
        "named-values-weaken-nothing@get",
    ),
    ("any origin in the document", {"get": "<base/>" + CORS.format("", "*")}, "apim.cors-origins-named@policy"),
    (
        "certificate not validated",
        {"service": JWT + LIMIT + IDENTITY},
        "client-certificate-validated@get client-certificate-validated@orders",
    ),
    (
        "certificate errors ignored",
        {"service": JWT + CERT.replace("certificate>", 'certificate ignore-error="true">', 1) + LIMIT + IDENTITY},
        "apim.client-certificate-checks-on@policy",
    ),
    (
        "certificate looked at by hand",
        {"service": JWT + f'<choose><when condition="@(x)">{REDIRECT.format(403)}</when></choose>' + LIMIT + IDENTITY},
        "client-certificate-validated?@get client-certificate-validated?@orders",
    ),
    (
        "cache before the token",
        {"get": '<cache-lookup vary-by-developer="false"/><base/>'},
        "answers-after-authentication@get",
    ),
    ("cache behind the token", {"get": '<base/><cache-lookup vary-by-developer="false"/>'}, ""),
    ("a request before the token", {"get": CALL + "<base/>"}, "answers-after-authentication@get"),
    (
        "an answer to some before the token",
        {"get": f'<choose><when condition="@(x)">{REDIRECT.format(200)}</when></choose><base/>'},
        "answers-after-authentication?@get",
    ),
    (
        "a refusal before the token",
        {"get": f'<choose><when condition="@(x)">{REDIRECT.format(404)}</when></choose><base/>'},
        "",
    ),
    ("a mock for everybody", {"get": "<mock-response/><base/>"}, "answers-after-authentication@get"),
    ("a mock behind the token", {"get": "<base/><mock-response/>"}, ""),
    ("a mock of a refusal", {"get": '<mock-response status-code="410"/><base/>'}, ""),
    (
        "signatures off, written with a character reference",
        {"get": "<base/>" + jwt("require-signed-tokens='f&#97;lse'")},
        "apim.tokens-signed@policy",
    ),
    (
        "signatures off by a constant, after an attribute with a bracket",
        {"get": "<base/>" + jwt("""failed-validation-error-message='>"' require-signed-tokens="@(false)\"""")},
        "apim.tokens-signed@policy",
    ),
    (
        "expiry off by an expression",
        {"get": "<base/>" + jwt('require-expiration-time="@(context.User == null)"')},
        "apim.tokens-expire?@policy",
    ),
    (
        "any origin in a CDATA section",
        {"get": "<base/>" + CORS.format("allow-credentials=' TRUE '", "<![CDATA[*]]>")},
        "apim.cors-credentials-named-origins@policy apim.cors-origins-named@policy",
    ),
    (
        "a password that begins like a named value",
        {"get": "<base/><authentication-basic username='u' password='{hunter22'/>"},
        "apim.basic-password-in-named-value@policy",
    ),
    (
        "any certificate that claims a subject",
        {
            "service": JWT
            + "<validate-client-certificate validate-trust='false'><identities><identity thumbprint='00'/>"
            "<identity subject='CN=partner'/></identities></validate-client-certificate>" + LIMIT + IDENTITY
        },
        "apim.client-certificate-checks-on@policy",
    ),
    ("a secret address", {"get": "<base/>" + CALL.format("?code=0123456789abcdef")}, "no-secrets-in-policies@document"),
    (
        "a key in a header",
        {"get": "<base/>" + HEADER.format("x-functions-key", "0123456789abcdef")},
        "no-secrets-in-policies@document",
    ),
    (
        "a key in a header by a named value",
        {"get": "<base/>" + HEADER.format("Authorization", "Basic {{plain}}")},
        "no-secrets-in-policies@document",
    ),
    (
        "a password by a named value",
        {"get": "<base/><authentication-basic username='u' password='{{plain}}'/>"},
        "no-secrets-in-policies@document",
    ),
    (
        "a password in the document",
        {"get": "<base/><authentication-basic username='u' password='hunter22'/>"},
        "apim.basic-password-in-named-value@policy",
    ),
    ("a hidden password", {"get": "<base/><authentication-basic username='u' password='{{hidden}}'/>"}, ""),
    ("a key that signs", {"get": "<base/>" + jwt(inner=AUDIENCE + SIGNING)}, "no-secrets-in-policies@document"),
    *(
        (name, {"get": "<base/>" + text}, "no-secrets-in-policies@document")
        for name, text in {
            "a secret in a form": "<set-body>grant_type=client_credentials&amp;client_secret=c0rrecthorse</set-body>",
            "a secret in JSON": '<set-body>{"user": "u", "password": "c0rrecthorse"}</set-body>',
            "a secret in a form that an expression makes": (
                '<set-body>@("grant_type=password&amp;password=c0rrecthorse&amp;scope=" + s)</set-body>'
            ),
            "a secret in JSON that an expression makes": (
                '<set-body>@{ var b = new JObject(); b["client_secret"] = "c0rrecthorse"; return b.ToString(); }'
                "</set-body>"
            ),
            "a secret in an XML body": "<set-body><login><password>c0rrecthorse</password></login></set-body>",
            "a secret in a variable": '<set-variable name="apiKey" value="c0rrecthorse"/>',
            "a constant in a variable": '<set-variable name="client_secret" value="@(&quot;c0rrecthorse&quot;)"/>',
            "a plain named value in a variable": '<set-variable name="apiKey" value="{{plain}}"/>',
            "a key that callers must show": (
                '<check-header name="X-Api-Key" failed-check-httpcode="401"><value>c0rrecthorse</value></check-header>'
            ),
            "a user and a password that an expression encodes": HEADER.format(
                "Authorization", '@("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("user:c0rrecthorse")))'
            ),
            "keys that a condition chooses between": HEADER.format(
                "X-Api-Key", '@(context.Api.Id == "a" ? "c0rrecthorse" : "batterystaple")'
            ),
            "a constant in a parameter": (
                '<set-query-parameter name="subscription-key"><value>@("c0rrecthorse")</value></set-query-parameter>'
            ),
            "a secret in a parameter": (
                '<set-query-parameter name="client_secret"><value>c0rrecthorse</value></set-query-parameter>'
            ),
            "a connection string in a variable": (
                '<set-variable name="x" value="Endpoint=sb://a/;SharedAccessKeyName=k;SharedAccessKey=c0rrecthorse="/>'
            ),
        }.items()
    ),
    *(
        (name, {"get": "<base/>" + text}, "")
        for name, text in {
            "a hidden secret in a form": "<set-body>client_secret={{hidden}}&amp;grant_type=password</set-body>",
            "a template with a password": '<set-body template="liquid">{"password": "{{body.password}}"}</set-body>',
            "a password out of the body": (
                '<set-body>@{ var password = context.Request.Body.As&lt;JObject&gt;()["password"]; return password; }'
                "</set-body>"
            ),
            "a scheme that a condition chooses": HEADER.format(
                "Authorization", '@((context.Api.Id == "a" ? "Bearer " : "Basic ") + (string)context.Variables["t"])'
            ),
            "a switch that is named like a token": '<set-variable name="useToken" value="true"/>',
            "a token out of a response": (
                '<set-variable name="token" value=\'@(((IResponse)context.Variables["r"]).Body.As<string>())\'/>'
            ),
            "a hidden key that callers must show": (
                '<check-header name="X-Api-Key" failed-check-httpcode="401"><value>{{hidden}}</value></check-header>'
            ),
            "the address of tokens": '<set-variable name="tokenEndpoint" value="https://login.contoso.com/token"/>',
        }.items()
    ),
    (
        "a password in an expression",
        {"get": "<base/>" + HEADER.format("Authorization", '@("Basic dXNlcjpwYXNzd29yZA==")')},
        "no-secrets-in-policies@document",
    ),
    (
        "not readable",
        {"get": "<base/><choose>"},
        "answers-after-authentication?@get apim.basic-password-in-named-value?@policy"
        " apim.client-certificate-checks-on?@policy apim.cors-credentials-named-origins?@policy"
        " apim.cors-origins-named?@policy apim.policies-keep-base?@policy apim.tokens-expire?@policy"
        " apim.tokens-signed?@policy authenticated?@get backend-authenticated?@get backend-https?@get"
        " client-certificate-validated?@get named-values-weaken-nothing?@get no-secrets-in-policies?@document"
        " rate-limited?@get token-audience?@get token-issuer?@get token-keys-over-https?@get",
    ),
]


def with_texts(texts: dict[str, str]) -> dict[str, Resource]:
    found = dict(REFERENCE)
    for scope, inbound in texts.items():
        path = {"service": "", "api": "apis/orders", "get": "apis/orders/operations/get"}[scope]
        one = document(path, policy(inbound, "<base/>" if path else "<forward-request/>"))
        found[one.id.casefold()] = one
    return found


def test_the_reference_passes() -> None:
    assert all(rule.startswith("apim.") for rule in BASELINE)


@pytest.mark.parametrize(("texts", "caused"), [variant[1:] for variant in VARIANTS], ids=[one[0] for one in VARIANTS])
def test_one_fault_is_told_once(texts: dict[str, str], caused: str) -> None:
    assert " ".join(sorted(faults(with_texts(texts)) - BASELINE)) == caused


def test_there_are_enough_variants() -> None:
    assert sum(bool(caused) for _, _, caused in VARIANTS) >= 30


def test_an_open_api_is_told_of_as_open() -> None:
    found = with_texts({"service": LIMIT + IDENTITY})
    found[f"{APIM}/apis/orders".casefold()] = resource("apis/orders", "/apis", subscriptionRequired=False)
    assert faults(found) - BASELINE == {"not-open@orders", "not-open@get"}


# --- an unknown makes nothing better ------------------------------------------------------------------------------

GOOD = ("authenticated", "token_checked", "certificate_checked", "audience_checked", "issuer_checked",
        "backend_certificate", "backend_identity", "backend_credentials", "filtered", "limited",
        "front_door_checked")  # fmt: skip


@settings(max_examples=tools.examples(120))
@given(st.data())
def test_an_unknown_never_makes_a_verdict_better(data: st.DataObject) -> None:
    texts = data.draw(st.sampled_from([variant[1] for variant in VARIANTS]))
    resources = with_texts(texts)
    before = {one.id: one for one in effective(resources.values()).all}
    key = data.draw(st.sampled_from(sorted(resources)))
    hidden = resources[key]
    how = data.draw(st.sampled_from(["properties", "gone"]))
    if how == "gone":
        del resources[key]
        coverage = everything([Gap(what=hidden.id, reason="403", type=hidden.type)])
    else:
        body = {**hidden.body, "properties": Unknown("403")}
        resources[key] = Resource(hidden.type, body, hidden.origin, partial=True)
        coverage = everything()
    for one in effective(resources.values(), coverage).all:
        known = before.get(one.id) or before[f"{APIM}/apis/orders/effectivePolicies/policy"]
        better = [name for name in GOOD if getattr(one, name) is True and getattr(known, name) is not True]
        assert not better, (key, how)
        assert not (one.answered_first is False and known.answered_first is not False), (key, how)


# --- growth -------------------------------------------------------------------------------------------------------


def large(services: int, apis: int) -> list[Resource]:
    found = []
    for number in range(services):
        for one in REFERENCE.values():
            if "/apis/" not in one.id:
                found.append(moved(one, f"apim{number}", "orders"))
        for api in range(apis):
            found += [moved(one, f"apim{number}", f"orders{api}") for one in REFERENCE.values() if "/apis/" in one.id]
    return found


def moved(one: Resource, service: str, api: str) -> Resource:
    place = one.id.replace("/service/apim", f"/service/{service}").replace("/apis/orders", f"/apis/{api}")
    return Resource(one.type, {**one.body, "id": place}, one.origin)


@pytest.mark.slow
def test_many_gaps_cost_no_more_than_few() -> None:
    kind = "Microsoft.ApiManagement/service/apis/operations/policies"
    gaps = [
        Gap(what=f"{APIM}/apis/x{n}/operations/get/policies/policy", reason="403", type=kind) for n in range(50_000)
    ]
    coverage, begin = everything(gaps), time.process_time()
    for number in range(2_000):
        here = f"{APIM}/apis/X{number}/operations/get/policies/policy"
        assert coverage.hole(kind.casefold(), True, here)
        assert coverage.hole(kind.casefold(), True, here.replace("get", "put")) is None
        assert coverage.hole(kind.casefold(), True, f"{APIM}/apis/x{number}") is None
        assert coverage.hole(kind.casefold(), True, f"{APIM}/apis/x{number}", below=True)
    assert coverage.hole(kind.casefold(), True) == f"{kind.casefold()}: 403"
    assert time.process_time() - begin < 30, "looking through all of them each time takes minutes"


def derived(resources: list[Resource]) -> tuple[int, float]:
    lens = lens_of("auditor/apiPolicy")
    gc.collect()
    gc.disable()  # as an audit does
    begin = time.process_time()
    count = sum(1 for _ in lens.derive(resources, everything()))
    taken = time.process_time() - begin
    gc.enable()
    return count, taken


@pytest.mark.slow
def test_growth_is_linear() -> None:
    small, large_ = min(derived(large(10, 20)) for _ in range(3)), derived(large(100, 20))
    assert (small[0], large_[0]) == (400, 4000)
    assert large_[1] <= 30 * max(small[1], 0.05), "ten times as much; a square would be a hundred"
    wide = derived(large(10, 200))
    assert wide[0] == 4000 and wide[1] <= 30 * max(small[1], 0.05)


def test_a_product_leads_to_every_revision_of_its_apis() -> None:
    token = "<base/><validate-jwt><issuers><issuer>i</issuer></issuers></validate-jwt>"
    resources = [
        resource("", "", hostnameConfigurations=[]),
        resource("apis/orders", "/apis", isCurrent=True, subscriptionRequired=True),
        resource("apis/orders;rev=2", "/apis", isCurrent=False, subscriptionRequired=True),
        resource("products/shop", "/products", subscriptionRequired=True, state="published"),
        resource("products/shop/apis/orders", "/products/apis"),
        document("products/shop", policy(token)),
    ]
    found = [
        one.body["properties"] for one in lens_of("auditor/apiPolicy").derive(resources, Coverage(API_POLICY_READS))
    ]
    assert [(one["products"], one["authenticated"]) for one in found] == [(["shop"], True)] * 2


def test_a_revision_that_is_offline_has_no_effective_policy() -> None:
    kinds = {"apis/orders;rev=1": False, "apis/orders;rev=2": True, "apis/orders;rev=3": Unknown("not read")}
    resources = [resource("", "", hostnameConfigurations=[])]
    resources += (resource(path, "/apis", isCurrent=False, isOnline=online) for path, online in kinds.items())
    found = list(lens_of("auditor/apiPolicy").derive(resources, Coverage(API_POLICY_READS)))
    assert [one.name for one in found] == ["orders;rev=2", "orders;rev=3"]


def test_policies_that_check_nothing_do_not_hide_the_check_after_them() -> None:
    header = '<set-header name="x" exists-action="override"><value>v</value></set-header>'
    inside = f'<when condition="@(a)">{header}</when><otherwise><retry count="1">{header}</retry></otherwise>'
    silent = f"<choose>{inside}</choose>"
    found = of("list", service=silent * 21_000 + JWT)
    assert (found.authenticated, found.token_checked, found.unread) == (True, True, None)
    answers = silent.replace(header, '<return-response><set-status code="200"/></return-response>', 1)
    assert of("list", service=silent + JWT).answered_first is False
    assert isinstance(of("list", service=answers + JWT).answered_first, Unknown)
