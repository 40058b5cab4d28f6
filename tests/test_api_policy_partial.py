"""Policies of APIs that were partly read, or that a change declares: what is known counts, what is not is unknown."""

from __future__ import annotations

import pytest
from test_api_policy import (
    APIM,
    AUDIENCE,
    CERT,
    CLOCK,
    CORS,
    IDENTITY,
    JWT,
    LIMIT,
    RULES,
    document,
    fragment,
    jwt,
    named,
    policy,
    resource,
    with_texts,
)

from auditor.ingest.inventory import CollectedSource, Inventory
from auditor.lenses.registry import API_POLICY_READS
from auditor.model.gap import Gap
from auditor.model.resource import Origin, Resource, Unknown
from auditor.pipeline.audit import audit

HTTP = jwt(url="http://idp/.well-known/openid-configuration")


def outcomes(
    *resources: Resource, source: str = "file", covers: frozenset[str] | None = None, gaps: tuple[Gap, ...] = ()
) -> dict[str, set[str]]:
    """What each rule on APIs says, without what it passes on beside a failure: rule → outcomes."""
    moved = [Resource(one.type, one.body, Origin(source=source), partial=True) for one in resources]
    inventory = Inventory(["a test"], [CollectedSource(moved)], covers=covers, unique=True)
    inventory.gaps.extend(gaps)
    _, findings = audit(RULES, inventory, clock=CLOCK)
    found: dict[str, set[str]] = {}
    with findings:
        for finding in findings:
            found.setdefault(finding.rule_id.removeprefix("apis."), set()).add(finding.outcome.value)
    return found


SERVICE = resource("", "", publisherEmail="a@contoso.com")
API = resource("apis/orders", "/apis", subscriptionRequired=True, serviceUrl="https://orders.internal")


def declared(text: str, *more: Resource, source: str = "template") -> dict[str, set[str]]:
    """A service, an API and its policy, and nothing else."""
    return outcomes(SERVICE, API, document("apis/orders", policy(text)), *more, source=source)


# --- a change -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["template", "plan", "file"])
def test_a_bad_policy_does_not_wait_for_operations_and_products(source: str) -> None:
    bad = declared(f"<base/>{HTTP}", source=source)
    assert bad["token-keys-over-https"] == {"fail"}
    common = "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration"
    bad = declared("<base/>" + jwt(url=common, inner=""), source=source)
    assert bad["token-audience"] == bad["token-issuer"] == {"fail"}
    bad = declared('<base/><set-backend-service base-url="http://orders"/>', source=source)
    assert bad["backend-https"] == {"fail"}
    weak = jwt('require-signed-tokens="{{signed}}"')
    bad = declared(weak, named("signed", value="false"), source=source)
    assert bad["named-values-weaken-nothing"] == {"fail"}
    bad = declared("<base/>" + CORS.format("", "{{any}}"), named("any", value="*"), source=source)
    assert bad["named-values-weaken-nothing"] == {"fail"}


def test_what_a_change_declares_decides() -> None:
    good = declared(JWT + LIMIT + CERT + IDENTITY + '<set-backend-service base-url="https://orders"/>')
    rules = ("rate-limited", "authenticated", "token-keys-over-https", "token-audience", "token-issuer",
             "named-values-weaken-nothing", "backend-https", "not-open", "answers-after-authentication")  # fmt: skip
    assert {rule: good[rule] for rule in rules} == {rule: {"pass"} for rule in rules}
    good = declared("<base/>" + JWT + LIMIT)
    assert all(good[rule] == {"pass"} for rule in rules if rule != "backend-https" and not rule.startswith("answers"))
    assert good["backend-https"] == {"unknown"}, "the policy of the service may set an address"


def test_what_files_do_not_hold_is_unknown() -> None:
    read = declared(JWT + LIMIT, source="file")
    for rule in ("rate-limited", "authenticated", "token-keys-over-https", "named-values-weaken-nothing"):
        assert read[rule] == {"unknown"}, "policies of operations were not collected"
    read = outcomes(SERVICE, API, source="template")
    for rule in ("token-keys-over-https", "token-audience", "token-issuer", "named-values-weaken-nothing"):
        assert read[rule] == {"unknown"}, "no policy was read at all"


def test_a_policy_of_the_service_counts_through_a_product_that_was_not_read() -> None:
    found = declared("<base/>", document("", policy(HTTP)))
    assert found["token-keys-over-https"] == {"fail"}
    cut = declared(JWT, document("", policy(HTTP)))
    assert cut["token-keys-over-https"] == {"pass"}, "the API leaves out what stands above"


def test_a_gap_is_no_reason_to_pass() -> None:
    kind = "Microsoft.ApiManagement/service/apis/operations/policies"
    gap = Gap(what=f"{APIM}/apis/orders/operations", reason="403", type=kind)
    good = (SERVICE, API, document("apis/orders", policy(JWT + LIMIT)))
    for source in ("live", "template"):
        read = outcomes(*good, source=source, covers=API_POLICY_READS, gaps=(gap,))
        assert read["rate-limited"] == read["named-values-weaken-nothing"] == {"unknown"}
    read = outcomes(*good, document("", policy(HTTP)), source="live", covers=API_POLICY_READS)
    assert read["rate-limited"] == read["token-keys-over-https"] == {"pass"}


# --- what is effective, and what only looks so ----------------------------------------------------------------------


def live(*more: Resource, **texts: str) -> dict[str, set[str]]:
    resources = {**with_texts(texts), **{one.id.casefold(): one for one in more}}
    return outcomes(*resources.values(), source="live", covers=API_POLICY_READS)


def branch(text: str, condition: str = "@(a)", otherwise: str = "") -> str:
    rest = f"<otherwise>{otherwise}</otherwise>" if otherwise else ""
    return f"<choose><when condition='{condition}'>{text}</when>{rest}</choose>"


LOOSE = jwt(inner="")
COMMON = jwt(url="https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration")
CLAIM = "<required-claims><claim name='{}'>{}</claim></required-claims>"


@pytest.mark.parametrize(
    ("rule", "expected", "texts"),
    [
        # a token check in one branch is a check of that branch, and must name what it checks
        ("token-audience", "fail", {"service": branch(LOOSE, otherwise=CERT)}),
        ("token-audience", "fail", {"service": branch(JWT, otherwise=LOOSE)}),
        ("token-audience", "fail", {"service": branch(LOOSE)}),
        ("token-audience", "pass", {"service": branch(LOOSE) + JWT}),
        ("token-audience", "pass", {"service": JWT + branch(LOOSE)}),
        ("token-audience", "fail", {"service": jwt(inner=CLAIM.format("aud", ""))}),
        ("token-audience", "pass", {"service": jwt(inner=CLAIM.format("aud", "<value>a</value>"))}),
        ("token-audience", "fail", {"service": jwt(inner="<audiences><audience> </audience></audiences>")}),
        ("token-audience", "fail", {"service": jwt(inner="<audiences/>")}),
        ("token-issuer", "fail", {"service": branch(COMMON, otherwise=JWT)}),
        ("token-issuer", "pass", {"service": branch(COMMON, otherwise=JWT) + JWT}),
        ("token-issuer", "fail", {"service": COMMON.replace("/common/", "/ORGANIZATIONS/")}),
        (
            "token-issuer",
            "fail",  # each configuration adds an issuer
            {"service": JWT.replace("<openid-config", '<openid-config url="https://l/common/v2.0"/><openid-config')},
        ),
        (
            "token-issuer",
            "pass",
            {"service": COMMON.replace(AUDIENCE, AUDIENCE + "<issuers><issuer>i</issuer></issuers>")},
        ),
        ("token-issuer", "fail", {"service": COMMON.replace(AUDIENCE, AUDIENCE + "<issuers><issuer/></issuers>")}),
        ("token-issuer", "fail", {"service": COMMON.replace(AUDIENCE, AUDIENCE + CLAIM.format("tid", ""))}),
        ("token-issuer", "fail", {"service": '<validate-azure-ad-token tenant-id="https://l.com/organizations"/>'}),
        ("token-issuer", "pass", {"service": '<validate-azure-ad-token tenant-id="https://l.com/t"/>'}),
        # addresses that are built at run time
        ("token-keys-over-https", "fail", {"get": "<base/>" + jwt(url='@("http://" + context.Variables["idp"])')}),
        ("token-keys-over-https", "pass", {"get": "<base/>" + jwt(url='@($"https://{context.Api.Name}/c")')}),
        ("token-keys-over-https", "unknown", {"get": "<base/>" + jwt(url='@(a ? "https://a" : "http://b")')}),
        ("token-keys-over-https", "unknown", {"get": "<base/>" + jwt(url="{{hidden}}")}),
        ("token-keys-over-https", "fail", {"get": "<base/>" + jwt(url="{{hidden}}") + jwt(url=" HTTP://idp")}),
        ("token-keys-over-https", "fail", {"service": branch(jwt(url="http://idp"), otherwise=JWT)}),
        ("backend-https", "fail", {"get": '<base/><set-backend-service base-url="@("http://" + x)"/>'}),
        ("backend-https", "pass", {"get": '<base/><set-backend-service base-url="@("https://" + x)"/>'}),
        ("backend-https", "unknown", {"get": '<base/><set-backend-service base-url="@(x + "https://")"/>'}),
        ("backend-https", "unknown", {"get": '<base/><set-backend-service backend-id="elsewhere"/>'}),
        ("backend-https", "fail", {"service": '<set-backend-service base-url="http://b"/>', "get": "<base/>"}),
        (
            "backend-https",
            "pass",  # the last one counts
            {"service": '<set-backend-service base-url="http://b"/><set-backend-service base-url="https://b"/>'},
        ),
        # a check that is switched off on one way in is no excuse for another
        ("authenticated", "fail", {"service": branch(jwt('require-signed-tokens="false"'))}),
        ("authenticated", "fail", {"service": LIMIT, "get": "<base/>" + jwt('require-signed-tokens="false"')}),
        (
            "client-certificate-validated",
            "fail",
            {"service": JWT + branch(CERT.replace(">", ' ignore-error="true">', 1))},
        ),
        ("client-certificate-validated", "unknown", {"service": branch(JWT, otherwise=CERT)}),
        ("client-certificate-validated", "unknown", {"service": branch(JWT)}),
        # limits that limit nothing
        ("rate-limited", "fail", {"service": LIMIT.replace('"5"', '"1000000000"')}),
        ("rate-limited", "fail", {"service": LIMIT.replace("context.Request.IpAddress", "Guid.NewGuid()")}),
        (
            "rate-limited",
            "fail",
            {"service": LIMIT.replace("@(context.Request.IpAddress)", '@($"{context.RequestId}")')},
        ),
        ("rate-limited", "fail", {"service": LIMIT.replace("calls", 'increment-condition="@(false)" calls')}),
        ("rate-limited", "fail", {"service": LIMIT.replace("calls", 'increment-count="0" calls')}),
        ("rate-limited", "pass", {"service": LIMIT.replace("context.Request.IpAddress", 'h["RequestId"]')}),
        ("rate-limited", "pass", {"service": LIMIT.replace('"5"', '"@(x)"')}),
        ("rate-limited", "pass", {"service": '<quota calls="1000000000" renewal-period="31536000"/>'}),
        ("rate-limited", "pass", {"service": LIMIT.replace('"5"', '"1000000000"') + LIMIT}),
        # an answer of a model out of a cache
        (
            "answers-after-authentication",
            "fail",
            {"service": '<llm-semantic-cache-lookup score-threshold="0.1" embeddings-backend-id="e"/>' + JWT + CERT},
        ),
    ],
)
def test_policies_are_read_as_the_gateway_runs_them(rule: str, expected: str, texts: dict[str, str]) -> None:
    found = live(**{"api": "<base/>", "get": "<base/>", **texts})[rule]
    assert expected in found and found <= {expected, *(["pass", "fail"] if "get" in texts else [])}, found


def test_a_product_that_may_not_lead_here_is_a_doubt() -> None:
    shop = resource("products/shop", "/products", subscriptionRequired=True, state="published")
    weak = document("products/shop", policy(jwt('require-signed-tokens="{{off}}"')))
    good = (SERVICE, API, document("", policy(JWT)), shop, weak, named("off", value="false"))
    links = ("products/apis", "products/apilinks", "apis/products")
    covers = frozenset(kind for kind in API_POLICY_READS if not kind.endswith(links))
    assert outcomes(*good, covers=covers)["named-values-weaken-nothing"] == {"unknown"}
    link = resource("products/shop/apis/orders", "/products/apis")
    assert outcomes(*good, link, covers=covers)["named-values-weaken-nothing"] == {"fail"}


def test_fragments_and_named_values_hide_nothing() -> None:
    """Written as the documentation of fragments and named values shows it."""
    auth = fragment("auth", jwt(url="{{idp}}", inner="<audiences><audience>{{aud}}</audience></audiences>"))
    include = '<include-fragment fragment-id="auth"/>'
    idp, aud = named("idp", value="http://idp/c"), named("aud", value="api://orders")
    found = live(auth, idp, aud, service=include + CERT + LIMIT + IDENTITY)
    assert found["token-keys-over-https"] == {"fail"} and found["token-audience"] == {"pass"}
    found = live(auth, named("idp", value="https://idp/c"), named("aud", value=""), service=include)
    assert found["token-audience"] == {"fail"} and found["token-keys-over-https"] == {"pass"}


# --- named values in place of addresses -----------------------------------------------------------------------------


def addressed(*more: Resource, api: str = "https://orders.internal", **texts: str) -> set[str] | None:
    """What `apis.backend-https` says of an API with this address."""
    own = resource("apis/orders", "/apis", subscriptionRequired=True, serviceUrl=api)
    return live(own, *more, **texts).get("backend-https")


def test_a_named_value_in_place_of_an_address_is_evaluated() -> None:
    plain, sealed = named("at", value="http://orders"), named("at", value="https://orders")
    assert addressed(plain, api="{{at}}") == {"fail"}
    assert addressed(sealed, api="{{at}}/v1") == {"pass"}
    assert addressed(named("at", secret=True), api="{{at}}") == {"unknown"}
    assert addressed(api="{{at}}") == {"unknown"}, "there is no such value"
    assert addressed(named("scheme", value="http"), api="{{scheme}}://orders") == {"fail"}
    assert addressed(api="http://{{host}}") is None, "its rule evaluates the address in the API"


def test_a_named_value_in_place_of_the_address_of_a_backend_is_evaluated() -> None:
    backend = resource("backends/b", "/backends", url="{{at}}", protocol="http")
    to = '<base/><set-backend-service backend-id="b"/>'
    assert addressed(named("at", value="http://orders"), backend, service=to) == {"fail"}
    assert addressed(named("at", value="https://orders"), backend, service=to) == {"pass"}
    assert addressed(named("at", secret=True), backend, service=to) == {"unknown"}
    direct = resource("backends/b", "/backends", url="http://orders", protocol="http")
    assert addressed(direct, service=to) is None, "its rule evaluates the address in the backend"
    away = to + '<set-backend-service base-url="https://other"/>'
    assert addressed(named("at", value="http://orders"), backend, service=away) == {"pass"}


# --- limits of subscriptions ----------------------------------------------------------------------------------------


def limited(text: str, *, key: bool, **texts: str) -> set[str]:
    own = resource("apis/orders", "/apis", subscriptionRequired=key, serviceUrl="https://orders.internal")
    return live(own, service=text + JWT + IDENTITY, **texts)["rate-limited"]


@pytest.mark.parametrize("name", ["rate-limit", "quota"])
def test_a_limit_of_a_subscription_needs_a_key(name: str) -> None:
    by_subscription = f'<{name} calls="10" renewal-period="60"/>'
    by_key = f'<{name}-by-key calls="10" renewal-period="60" counter-key="@(context.Request.IpAddress)"/>'
    assert limited(by_subscription, key=True) == limited(by_key, key=True) == limited(by_key, key=False) == {"pass"}
    assert limited(by_subscription, key=False) == {"fail"}, "whoever calls without a key is not counted"
    assert limited(by_subscription + by_key, key=False) == {"pass"}


# --- open products --------------------------------------------------------------------------------------------------


def product(*, key: object, state: str = "published") -> Resource:
    return resource("products/shop", "/products", subscriptionRequired=key, state=state)


def test_an_open_product_opens_an_api_that_asks_for_a_key() -> None:
    """https://learn.microsoft.com/azure/api-management/api-management-subscriptions"""
    opened = live(product(key=False), service=LIMIT + IDENTITY)
    assert opened["not-open"] == {"fail"} and "authenticated" not in opened
    assert live(product(key=False), service=JWT + LIMIT)["not-open"] == {"pass"}
    closed = live(product(key=True), service=LIMIT + IDENTITY)
    assert closed["not-open"] == {"pass"} and closed["authenticated"] == {"fail"}
    doubt = live(product(key=False, state="notPublished"), service=LIMIT + IDENTITY)
    assert doubt["not-open"] == {"unknown"}, "whether such a product takes calls is documented nowhere"
    assert live(product(key=Unknown("403")), service=LIMIT)["not-open"] == {"unknown"}


def test_a_product_that_a_change_leaves_out_is_no_doubt() -> None:
    link = resource("products/shop/apis/orders", "/products/apis")
    assert declared(LIMIT, link)["not-open"] == {"pass"}
    opened = declared(LIMIT, link, product(key=False))
    assert opened["not-open"] == {"unknown"}, "a policy of an operation may check the caller"
    read = outcomes(SERVICE, API, document("apis/orders", policy(LIMIT)), link, source="live", covers=API_POLICY_READS)
    assert read["not-open"] == {"unknown"}, "the product that leads to the API was not read"


def test_an_open_product_of_other_apis_opens_nothing() -> None:
    other = resource("products/other", "/products", subscriptionRequired=False, state="published")
    link = resource("products/other/apis/payments", "/products/apis")
    assert live(other, link, service=LIMIT + IDENTITY)["not-open"] == {"pass"}


def test_a_limit_of_a_subscription_counts_nothing_in_an_open_product() -> None:
    by_subscription = '<rate-limit calls="10" renewal-period="60"/>'
    assert live(product(key=False), service=by_subscription + JWT)["rate-limited"] == {"fail"}
    assert live(product(key=True), service=by_subscription + JWT)["rate-limited"] == {"pass"}
