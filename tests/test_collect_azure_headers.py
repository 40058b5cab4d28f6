"""Headers that nobody expects cost no audit: a wait that is none is a short one, an answer that breaks is a gap."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auditor.collect.azure.arm import heed
from auditor.collect.azure.calls import Gate, delay_of, seconds_of
from auditor.collect.azure.clouds import CLOUDS
from auditor.collect.azure.graph import Quota
from auditor.collect.azure.sign_in import credential, sign_in
from auditor.collect.collection_journal import Book
from tests.azure.collected import azure_of
from tests.azure.fault_plan import Fault
from tests.azure.many import RULES, many_subscriptions, queries, subscription, vault
from tests.azure.product import scan, surroundings

ODD: Final = (
    "",
    " ",
    "²",
    "\xd9\xa3",
    "-1",
    "1e309",
    "nan",
    "inf",
    "soon",
    "0x10",
    "1;2",
    "99:99:99",
    "00:00:²5",
    "\xff",
)
NAMES: Final = (
    "Retry-After",
    "retry-after-ms",
    "x-ms-retry-after-ms",
    "x-ms-ratelimit-remaining-subscription-reads",
    "x-ms-ratelimit-remaining-tenant-reads",
    "x-ms-user-quota-remaining",
    "x-ms-user-quota-resets-after",
    "Date",
)
BREAKING: Final[tuple[dict[str, str], ...]] = (
    {"Content-Length": "7"},
    {"Content-Length": "9999999"},
    {"Content-Length": "-1"},
    {"Content-Length": "5, 6"},
    {"Content-Length": "²"},
    {"Content-Type": "text/plain; charset=no-such"},
    {"Content-Type": "application/json; charset=utf-16"},
    {"Content-Encoding": "gzip"},
    {"Content-Encoding": "br, gzip, zstd"},
    {"Transfer-Encoding": "chunked"},
    {"Location": "https://[management.azure.com"},
    {"Set-Cookie": "\xff=\xfe; expires=never"},
    {f"x-ms-{number}": "x" for number in range(200)},
    {"x-ms-long": "x" * 100_000},
)
HARMLESS: Final[dict[str, tuple[int, ...]]] = {
    "Resource Manager": (2, 5, 6, 10, 11),
    "Key Vault": (2, 5, 10, 11),
    "Resource Graph": (2, 5, 6, 10, 11),
}
"""Which of these a service may send: nobody reads them, or the end of the connection is the end of the answer."""


def gaps_of(done: Any) -> set[tuple[str, str]]:
    """The subscription and the casefolded type of each gap."""
    assert done.audit and not done.escaped, done.err + done.escaped
    return {(gap["what"].split("/")[2], (gap["type"] or "").casefold()) for gap in done.audit["gaps"]}


@pytest.mark.slow
def test_odd_headers_never_end_an_audit(tmp_path: Path) -> None:
    faults = []
    for number, (_, _, asks) in enumerate(queries(len(ODD))):
        headers = dict.fromkeys(NAMES, ODD[number])
        place = f"management.*{subscription(number)}/"
        faults += [
            Fault(f"{place}.*/firewallRules$", 503, times=1, headers=headers),
            Fault(f"{place}|{vault(number)}.vault", "headers", headers=headers),
            Fault("ResourceGraph", 503, times=1, headers=headers, asks=asks),
            Fault("ResourceGraph", "headers", headers=headers, asks=asks),
        ]
    with azure_of(many_subscriptions(28), *faults) as azure:
        done = scan(azure, tmp_path, *RULES, "--time-limit", "1")
        assert all(fault.struck for fault in azure.faults.faults)
    assert not gaps_of(done) and done.code == 0, done.err
    assert len(done.audit["findings"]) == 28 * 2


@pytest.mark.slow
@pytest.mark.parametrize("value", ODD)
def test_odd_headers_never_end_a_sign_in(value: str) -> None:
    headers = dict.fromkeys((*NAMES, "Location", "Set-Cookie", "Content-Language"), value)
    with azure_of(None, Fault("login", "headers", headers=headers)) as azure, surroundings(azure.environment()):
        cloud = CLOUDS["AzureCloud"]
        sign_in(cloud, credential(cloud, ["secret"], time.monotonic() + 60))


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # urllib3 leaves sockets to the collector
@pytest.mark.parametrize("graph", [True, False])
def test_headers_that_break_an_answer_are_a_gap_or_nothing(tmp_path: Path, graph: bool) -> None:
    faults, cases = [], {}
    for number, (headers, query) in enumerate(zip(BREAKING, queries(len(BREAKING)), strict=True)):
        where = subscription(number)
        if graph:
            faults.append(Fault("ResourceGraph", "headers", headers=headers, asks=query.asks, closes=True))
            cases["Resource Graph", number] = subscription(query.first), query.kind
            continue
        for place in (f"{where}/.*/firewallRules$", rf"{vault(number)}\.vault\.azure\.net/"):
            faults.append(Fault(place, "headers", headers=headers, closes=True))
        cases["Resource Manager", number] = where, "microsoft.sql/servers/firewallrules"
        cases["Key Vault", number] = where, "microsoft.keyvault/vaults/certificates"
    with azure_of(many_subscriptions(28), *faults) as azure:
        done = scan(azure, tmp_path, *RULES, "--time-limit", "1")
        assert all(fault.struck for fault in faults)
    gc.collect()
    gaps = gaps_of(done)
    assert [case for case, where in cases.items() if where not in gaps] == [
        (service, number) for service, number in cases if number in HARMLESS[service]
    ]
    assert done.code == 3, done.err


@pytest.mark.slow
def test_an_answer_that_announces_more_than_it_holds_ends_with_the_time_limit(tmp_path: Path) -> None:
    places = ("/firewallRules$", r"vault\.azure\.net/")
    faults = (Fault(place, "headers", headers={"Content-Length": "9999999"}) for place in places)
    with azure_of(many_subscriptions(1), *faults) as azure:
        begun = time.monotonic()
        done = scan(azure, tmp_path, *RULES, "--time-limit", "0.1")
    assert {kind for _, kind in gaps_of(done)} >= {
        "microsoft.sql/servers/firewallrules",
        "microsoft.keyvault/vaults/certificates",
    }
    assert done.code == 3 and time.monotonic() - begun < 30


texts = st.text(max_size=30) | st.sampled_from(ODD) | st.from_regex(r"\d{1,5000}") | st.from_regex(r"\d+:\d+:\d+")


@given(st.fixed_dictionaries({name.casefold(): texts for name in NAMES}))
@example(dict.fromkeys(map(str.casefold, NAMES), "9" * 5000))
@example({"retry-after": "Thu, 01 Jan 0001 00:00:00 -0000"})
@example({"retry-after": "Thu, 01 Jan 9999 00:00:00 -2359", "date": "Thu, 01 Jan 0001 00:00:00 +2359"})
def test_any_header_is_a_time_or_none(headers: dict[str, str]) -> None:
    waits = delay_of(headers)
    assert waits is None or waits >= 0
    seconds = seconds_of(headers.get("x-ms-user-quota-resets-after", ""))
    assert seconds is None or 0 <= seconds < 24 * 3600
    gate = Gate(credential(CLOUDS["AzureCloud"], ["cli"]))
    heed(gate, headers)
    assert gate.waits <= 60
    quota = Quota()
    quota.learn(0, headers)
    assert quota.waits < 61


@pytest.mark.parametrize("text", ["99:99:99", "24:00:00", "00:60:00", "00:00:60", "0:0", "", "00:00:5x"])
def test_what_is_no_time_of_day_is_no_window(text: str) -> None:
    assert seconds_of(text) is None


def test_a_window_that_is_said_to_last_for_hours_does_not_stop_an_audit(tmp_path: Path) -> None:
    quota = Quota()
    with Book(tmp_path / "journal", {}, until=time.monotonic() + 30) as book:
        window = quota.take(book)
        assert window is not None
        quota.learn(window, {"x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": "23:59:59"})
        assert 0 < quota.waits < 61
