"""Answers of Azure that are easily taken for others: each is what it is, or a gap; never an empty answer."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sized
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final

import pytest

from auditor.collect.azure.arm import onward, same_host
from auditor.collect.azure.calls import Gate, ask
from auditor.collect.azure.clouds import CLOUDS
from auditor.collect.azure.replies import CallFailed
from auditor.collect.azure.sign_in import credential
from auditor.collect.collection_journal import Book
from tests.azure.collected import DEMO, Collected, azure_of, copies
from tests.azure.estate import Body, Estate, demo_estate
from tests.azure.fault_plan import ODD, Fault
from tests.azure.many import RULES, many_subscriptions, queries, subscription
from tests.azure.product import scan
from tests.azure.rights import Rights

pytestmark = pytest.mark.slow

APIM = ("--select", "azure.api-management.*", "--select", "apis.*")
VAULTS = ("--select", "certificates.key-vault*")
APIS = r"/service/[^/]+/apis$"
POLICY = r"/service/[^/]+/policies/policy$"
MANY = 230


def many(kind: str, count: int = MANY) -> Estate:
    """The demo with so many more resources of a type."""
    estate = demo_estate()
    return Estate([*estate.bodies, *copies(estate, kind, count)], estate.groups)


def last(estate: Estate, cases: Sized) -> list[Body]:
    """The resources that `many` made, for as many cases."""
    return estate.bodies[-len(cases) :]


# ── pages ──


@pytest.mark.parametrize("begins", ["https://{host}", "https://{host}:443", "HTTPS://{host}", ""])
def test_links_to_next_pages_are_followed_as_providers_write_them(tmp_path: Path, begins: str) -> None:
    with azure_of(many("Microsoft.ApiManagement/service/namedValues")) as azure:
        azure.manager.links = begins
        found = Collected(azure, tmp_path, *APIM)
    assert not found.gaps
    assert len([id_ for id_ in found.of("namedValues") if "/copy-" in id_]) == MANY


def test_vaults_with_more_certificates_than_fit_on_a_page_are_read(tmp_path: Path) -> None:
    """The link to their next page names the port."""
    with azure_of(many("Microsoft.KeyVault/vaults/certificates", 60)) as azure:
        found = Collected(azure, tmp_path, *VAULTS)
    assert not found.gaps
    assert len([id_ for id_ in found.of("certificates") if "/copy-" in id_]) == 60


CUT_OFF: Any = [
    ({"value": [], "nextLink": "https://management.azure.com{path}?api-version=2024-05-01&x=1"}, "circles"),
    ({"value": [], "nextLink": "https://management.azure.com.example.net{path}"}, "another host"),
    ({"value": [], "nextLink": "https://management.azure.com:8443{path}"}, "another host"),
    ({"value": [], "nextLink": "https://me@management.azure.com{path}"}, "another host"),
    ({"value": [], "nextLink": "http://management.azure.com{path}"}, "another host"),
    ({"value": [], "nextLink": "https://[management.azure.com{path}"}, "another host"),
    ({"value": [], "nextLink": {"href": "https://management.azure.com{path}"}}, "where the next page is"),
    ({"value": [], "error": {"code": "InternalServerError", "message": "half of it"}}, "not a list"),
    ({"error": {"code": "InternalServerError", "message": "nothing of it"}}, "not a list"),
    ({"value": None}, "not a list"),
    ({"value": [None]}, "not a list"),
    ({}, "not a list"),
    ([], "not a list"),
]


def test_a_list_that_is_not_whole_is_a_gap(tmp_path: Path) -> None:
    services, faults = many("Microsoft.ApiManagement/service", len(CUT_OFF)), []
    for service, (page, _) in zip(last(services, CUT_OFF), CUT_OFF, strict=True):
        if isinstance(page, dict) and isinstance(page.get("nextLink"), str):
            page = page | {"nextLink": page["nextLink"].format(path=f"{service['id']}/apis")}
        faults.append(Fault(f"/service/{service['name']}/apis$", 200, body=page))
    with azure_of(services, *faults) as azure:
        found = Collected(azure, tmp_path, "--select", "azure.api-management.api-https-only", code=3)
        assert len(azure.asked("/apis")) < 3 * len(CUT_OFF)
    reasons = {gap.what: gap.reason for gap in found.gaps if gap.type == "Microsoft.ApiManagement/service/apis"}
    assert len(found.gaps) == len(reasons) == len(CUT_OFF)
    for service, (_, said) in zip(last(services, CUT_OFF), CUT_OFF, strict=True):
        assert said in reasons[service["id"]]


@pytest.mark.parametrize("name", ["NextLink", "@nextLink", "odata.nextLink"])
def test_an_empty_page_may_have_a_next_one(tmp_path: Path, name: str) -> None:
    estate = demo_estate()
    (service,) = estate.of_type("Microsoft.ApiManagement/service")
    link = f"https://management.azure.com{service['id']}/apis?api-version=2024-05-01"
    with azure_of(estate, Fault(APIS, 200, times=1, body={"value": [], name: link})) as azure:
        found = Collected(azure, tmp_path, *APIM)
    assert not found.gaps and found.of("apis")


def test_contacts_of_defender_may_come_as_a_bare_list(tmp_path: Path) -> None:
    contact = {
        "id": f"/subscriptions/{DEMO}/providers/Microsoft.Security/securityContacts/default",
        "name": "default",
        "properties": {"emails": "soc@contoso.example"},
    }
    with azure_of(None, Fault("/securityContacts$", 200, body=[contact])) as azure:
        found = Collected(azure, tmp_path, "--select", "azure.defender.contact-*")
    assert not found.gaps and found.of("securityContacts") == [contact["id"]]


def test_a_link_of_an_earlier_run_that_holds_no_longer_is_no_loss(tmp_path: Path) -> None:
    estate, values = many("Microsoft.ApiManagement/service/namedValues"), "/service/[^/]+/namedValues$"
    with azure_of(estate, Fault(values, 500, skip=1)) as azure:
        assert Collected(azure, tmp_path, *APIM, code=3).gaps
    with azure_of(estate, Fault(values, 400, times=1, code="InvalidSkipToken")) as azure:
        found = Collected(azure, tmp_path, *APIM, resume=True)
    assert not found.gaps
    assert len({id_ for id_ in found.of("namedValues") if "/copy-" in id_}) == MANY


def test_who_is_the_same_host() -> None:
    ours = "https://management.azure.com"
    assert same_host("https://MANAGEMENT.azure.com:443/x?y", ours)
    for other in ("http://management.azure.com/x", "https://management.azure.com:99999/x", "//management.azure.com"):
        assert not same_host(other, ours)
    seen: set[str] = set()
    assert [onward(link, seen) for link in ("a", "b", None)] == ["a", "b", None]
    with pytest.raises(CallFailed, match="circles"):
        onward("a", seen)


# ── one thing ──


NO_POLICY: Final[list[tuple[int, dict[str, Any]]]] = [
    (404, {"body": b"<html>Not found</html>"}),
    (404, {"body": b""}),
    (404, {"code": "InvalidResourceType"}),
    (404, {"code": "ParentResourceNotFound"}),
    (400, {"code": "NoRegisteredProviderFound"}),
    (400, {"code": "MethodNotAllowedInPricingTier"}),
    (405, {"body": b""}),
    (409, {"code": "MissingSubscriptionRegistration"}),
    (200, {"body": {}}),
    (200, {"body": []}),
    (200, {"body": {"value": []}}),
    (200, {"body": {"error": {"code": "InternalServerError", "message": ""}}}),
    (200, {"body": {"error": "gateway"}}),
    (200, {"body": b"<html>Sign in</html>"}),
    (202, {"body": {}}),
    (202, {"body": b""}),
    (204, {"body": b""}),
    (301, {"body": b"<html>Moved</html>", "headers": {"Location": "https://example.net/"}}),
    (307, {"body": b"", "headers": {"Location": "https://example.net/"}}),
]


def test_what_is_no_policy_is_not_taken_for_none(tmp_path: Path) -> None:
    services = many("Microsoft.ApiManagement/service", len(NO_POLICY))
    asked = last(services, NO_POLICY)
    faults = (
        Fault(f"/service/{service['name']}/policies/policy$", status, **answer)
        for service, (status, answer) in zip(asked, NO_POLICY, strict=True)
    )
    with azure_of(services, *faults) as azure:
        found = Collected(azure, tmp_path, "--select", "apis.no-secrets-in-policies", code=3)
        assert len(azure.asked("/policies/policy")) < 6 * len(NO_POLICY)
    kind = "Microsoft.ApiManagement/service/policies"
    assert {(gap.what, gap.type) for gap in found.gaps} == {(service["id"], kind) for service in asked}
    assert not any("AuthorizationFailed" in gap.reason or "example.net" in gap.reason for gap in found.gaps)


def test_a_service_without_a_policy_of_its_own_is_whole(tmp_path: Path) -> None:
    with azure_of(None, Fault(POLICY, 404, code="ResourceNotFound", text="Policy not found.")) as azure:
        assert not Collected(azure, tmp_path, *APIM).gaps


# ── what a place does not have ──


def test_tiers_of_api_management_lack_a_part_of_it(tmp_path: Path) -> None:
    text = "Method not allowed in Consumption pricing tier"
    lacking = r"/service/[^/]+/(gateways|workspaces|identityProviders|portalconfigs|tenant)$"
    with azure_of(None, Fault(lacking, 400, code="MethodNotAllowedInPricingTier", text=text)) as azure:
        assert not Collected(azure, tmp_path, *APIM).gaps
    with azure_of(None, Fault(APIS, 400, code="MethodNotAllowedInPricingTier", text=text)) as azure:
        found = Collected(azure, tmp_path, *APIM, code=3)
    assert "Microsoft.ApiManagement/service/apis" in {gap.type for gap in found.gaps}


NOT_REGISTERED = (
    "The subscription is not registered to use namespace 'Microsoft.Security'. See https://aka.ms/rps-not-found"
)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "Subscription Not Registered"),
        (401, "Subscription Not Registered"),
        (409, "MissingSubscriptionRegistration"),
    ],
)
def test_who_does_not_use_defender_is_not_registered_for_it(tmp_path: Path, status: int, code: str) -> None:
    """The SDK would register the subscription: that is a write, which the local Azure notes as a violation."""
    estate = demo_estate()
    plain = Estate(b for b in estate.bodies if not b["type"].casefold().startswith("microsoft.security/"))
    strikes = Fault("/providers/Microsoft.Security/", status, code=code, text=NOT_REGISTERED)
    with azure_of(plain, strikes) as azure:
        done = scan(azure, tmp_path, "--select", "azure.defender.*")
        assert not azure.violations
        assert not azure.asked("/register")
        assert len(azure.asked("/pricings")) == 1
    assert done.audit and done.code == 3
    told = [gap for gap in done.audit["gaps"] if "Microsoft.Security" in (gap.get("type") or "")]
    assert told and all("not registered" in gap["reason"] for gap in told)
    assert not any("needs" in gap["reason"] for gap in told)  # no right would help
    plans = [f for f in done.audit["findings"] if f["ruleId"] == "azure.defender.containers-agentless-discovery"]
    assert not any(found["outcome"] == "pass" for found in plans)


def test_who_has_no_monitoring_registered_has_no_diagnostic_settings(tmp_path: Path) -> None:
    fault = Fault("/diagnosticSettings$", 409, code="MissingSubscriptionRegistration")
    with azure_of(None, fault) as azure:
        done = scan(azure, tmp_path, "--select", "azure.application-gateway.diagnostic-logs")
    assert done.audit and not done.audit["gaps"]
    assert {found["outcome"] for found in done.audit["findings"]} == {"fail"}


def test_a_paused_database_is_not_one_without_protection(tmp_path: Path) -> None:
    with azure_of(None, Fault("/transparentDataEncryption$", 409, code="DatabaseIsPaused")) as azure:
        done = scan(azure, tmp_path, "--select", "azure.sql.*")
    assert done.audit and done.code == 3
    assert not any(found["ruleId"] == "azure.sql.tde-on" for found in done.audit["findings"])
    assert all("409 DatabaseIsPaused" in gap["reason"] for gap in done.audit["gaps"])


@pytest.mark.parametrize(("why", "kind"), [("firewall", "unreachable"), ("policy", "forbidden"), ("rbac", "forbidden")])
def test_a_vault_says_whether_the_network_or_the_right_is_missing(tmp_path: Path, why: str, kind: str) -> None:
    with azure_of(rights=Rights(vaults={"kv-apiplatform-prod-weu": why})) as azure:
        found = Collected(azure, tmp_path, *VAULTS, code=3)
    assert {gap.kind for gap in found.gaps} == {kind}


def test_a_vault_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    away = Fault(r"vault\.azure\.net/certificates$", 307, body=b"", headers={"Location": "https://example.net/x"})
    with azure_of(None, away) as azure:
        found = Collected(azure, tmp_path, *VAULTS, code=3)
        assert not azure.asked("example.net")
    assert found.gaps


HEALTH: Final = ("--select", "azure.application-gateway.*", "--with", "backend-health")


@pytest.mark.parametrize("call", ["backendhealth$", "/operationResults/"])
def test_a_result_of_the_network_that_never_comes_is_a_gap(tmp_path: Path, call: str) -> None:
    with azure_of(None, Fault(call, "accepted"), rights=Rights(opt_in=True)) as azure:
        found = Collected(azure, tmp_path, *HEALTH, "--time-limit", "0.1", code=3)
    assert not found.of("backendHealth") and found.of("applicationGateways")
    assert {gap.type for gap in found.gaps} == {"Microsoft.Network/applicationGateways/backendHealth"}


@pytest.mark.parametrize("call", [r"/{name}/backendhealth$", "/operationResults/{name}-"])
def test_what_the_network_does_not_say_is_a_gap(tmp_path: Path, call: str) -> None:
    effects = [*sorted(ODD.keys() - {"accepted"}), "html", "malformed", "empty", 409]
    gateways = many("Microsoft.Network/applicationGateways", len(effects))
    struck = last(gateways, effects)
    faults = (Fault(call.format(name=one["name"]), effect) for one, effect in zip(struck, effects, strict=True))
    rule = (*HEALTH, "--time-limit", "1")
    with azure_of(gateways, *faults, rights=Rights(opt_in=True)) as azure:
        found = Collected(azure, tmp_path, *rule, code=3)
    whole = len(gateways.of_type("Microsoft.Network/applicationGateways")) - len(effects)
    assert len(found.of("backendHealth")) == whole > 0
    kind = "Microsoft.Network/applicationGateways/backendHealth"
    assert {(gap.what, gap.type) for gap in found.gaps} == {(one["id"], kind) for one in struck}


# ── Resource Graph ──


CUT_ROWS: Final[list[Any]] = [
    {"totalRecords": 3, "count": 3, "data": [], "resultTruncated": "true", "$skipToken": None},
    {"totalRecords": 3, "count": 3, "data": [], "resultTruncated": True},
    {"totalRecords": 3, "count": 1, "data": [], "resultTruncated": "false", "$skipToken": "again"},
    {"totalRecords": 3, "count": 1, "data": [], "resultTruncated": "false", "$skipToken": {"a": 1}},
    {"data": {"columns": [{"name": "id"}, {"name": "type"}], "rows": [["/subscriptions/x"]]}},
    {"data": {"columns": [None], "rows": [["/subscriptions/x"]]}},
    {"data": {"columns": "id", "rows": 3}},
    {"data": [None]},
    {"data": [{"type": "microsoft.network/bastionhosts"}]},
    {"data": "many"},
    {"error": {"code": "InternalServerError", "message": ""}, "data": []},
    [],
]


def test_rows_that_are_not_whole_are_a_gap(tmp_path: Path) -> None:
    asked = list(queries(len(CUT_ROWS)))
    faults = (
        Fault("ResourceGraph", 200, body=body, asks=query.asks) for body, query in zip(CUT_ROWS, asked, strict=True)
    )
    with azure_of(many_subscriptions(28), *faults) as azure:
        found = Collected(azure, tmp_path, *RULES, code=3)
        assert len(azure.asked("ResourceGraph")) < 30
    gaps = {(gap.what.rpartition("/")[2], (gap.type or "").casefold()) for gap in found.gaps}
    assert gaps >= {(subscription(query.first), query.kind) for query in asked}


# ── when to come back ──


def replies(*answers: tuple[int, dict[str, str]], folder: Path, seconds: float = 20.0) -> tuple[float, int, int | str]:
    """What these answers lead to, the last for ever: seconds, calls, and the status or the kind of the failure."""
    gate = Gate(credential(CLOUDS["AzureCloud"], ["cli"]))
    book, calls, begun = Book(folder / "journal", {}, until=time.monotonic() + seconds), 0, time.monotonic()

    def send() -> tuple[int, dict[str, str], bytes]:
        nonlocal calls
        calls += 1
        status, headers = answers[min(calls, len(answers)) - 1]
        return status, headers, b"{}"

    try:
        told: int | str = ask(send, gate, book, "here").status
    except CallFailed as failure:
        told = failure.kind
    book.close()
    return time.monotonic() - begun, calls, told


def test_a_service_may_say_at_what_time_to_come_back(tmp_path: Path) -> None:
    now = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(days=3)  # its clock is not ours
    headers = {"date": format_datetime(now, usegmt=True)}
    headers["retry-after"] = format_datetime(now + dt.timedelta(seconds=1), usegmt=True)
    seconds, calls, told = replies((429, headers), (200, {}), folder=tmp_path)
    assert 1 <= seconds < 4 and calls == 2 and told == 200


@pytest.mark.parametrize("text", ["0", "0.0", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_service_that_is_never_ready_is_not_besieged(tmp_path: Path, text: str) -> None:
    _, calls, told = replies((429, {"retry-after": text}), folder=tmp_path, seconds=1.8)
    assert calls <= 5 and told == "unreachable"


@pytest.mark.parametrize("text", ["soon", "-5", "Thu, 99 Foo 2026", ""])
def test_what_is_no_time_is_five_seconds(tmp_path: Path, text: str) -> None:
    _, calls, _ = replies((429, {"retry-after": text}), folder=tmp_path, seconds=1.0)
    assert calls == 1
