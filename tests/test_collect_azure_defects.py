"""An answer that an SDK or we trip over costs what it was about, and never the audit."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auditor.collect.azure.arm import heed
from auditor.collect.azure.calls import Gate, delay_of, seconds_of
from auditor.collect.azure.clouds import CLOUDS
from auditor.collect.azure.graph import Quota
from auditor.collect.azure.sign_in import credential
from auditor.collect.book import Book
from tests.azure.collected import azure_of
from tests.azure.fault_plan import Fault
from tests.azure.product import scan

VAULTS: Final = ("--select", "certificates.key-vault*", "--select", "azure.sql.*")
ELSEWHERE: Final = 'Bearer authorization="https://login.microsoftonline.com/t", resource="https://example.net"'
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


# ── one piece of reading ──


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "types"),
    [
        (r"vault\.azure\.net/certificates$", {"microsoft.keyvault/vaults/certificates"}),
        (r"vault\.azure\.net/certificates/aks-ingress", {"microsoft.keyvault/vaults/certificates"}),
    ],
)
def test_a_vault_whose_challenge_is_for_another_resource_is_a_gap(tmp_path: Path, place: str, types: set[str]) -> None:
    with azure_of(None, Fault(place, 401, headers={"WWW-Authenticate": ELSEWHERE})) as azure:
        done = scan(azure, tmp_path, *VAULTS)
    assert done.audit and not done.escaped and done.code == 3
    assert {str(gap["type"]).casefold() for gap in done.audit["gaps"]} == types
    assert any(finding["ruleId"].startswith("azure.sql") for finding in done.audit["findings"])


DEEP: Final = b'{"value":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        DEEP,
        b'{"value":[{"id":{"a":1},"name":7,"type":[],"properties":[1]}],"nextLink":""}',
        b'{"value":[{"id":"","name":null,"kind":{},"properties":{"x":1e400}}]}',
        b'{"error":{"code":{"a":1},"message":[1],"details":{"a":1},"innererror":"x"}}',
        b'{"value":[{"properties":null,"sku":"S","tags":[1],"identity":3}]}',
        b"\xff\xfe\x00",
    ],
    ids=["deep", "types", "empty", "error", "null", "binary"],
)
@pytest.mark.parametrize(
    "place",
    [
        "POST .*ResourceGraph",
        "Microsoft.Sql/servers/[^/]+/[^/]+$",
        r"vault\.azure\.net/",
        "/pricings$",
        "/permissions$",
    ],
)
def test_an_odd_body_costs_what_it_was_about(tmp_path: Path, place: str, body: bytes) -> None:
    rules = (*VAULTS, "--select", "azure.defender.*")
    with azure_of(None, Fault(place, 200, body=body, skip=1)) as azure:
        done = scan(azure, tmp_path, *rules)
    assert not done.escaped and "Traceback" not in done.err and "defect" not in done.err
    assert done.audit and done.code in (1, 3)


@pytest.mark.slow
@pytest.mark.parametrize("body", [DEEP, b"{}", b"[]", b'{"access_token":7,"expires_in":"x"}', b"\xff\xfe"])
def test_an_odd_token_is_no_traceback(tmp_path: Path, body: bytes) -> None:
    with azure_of(None, Fault("POST login", 200, body=body)) as azure:
        done = scan(azure, tmp_path, *VAULTS)
    assert not done.escaped and "Traceback" not in done.err and "defect" not in done.err
    assert done.code == 3


# ── headers ──


@pytest.mark.slow
@pytest.mark.parametrize("value", ODD)
def test_odd_headers_never_end_an_audit(tmp_path: Path, value: str) -> None:
    headers = dict.fromkeys(NAMES, value)
    places = (Fault(".", "headers", headers=headers), Fault("ResourceGraph", 503, times=1, skip=1, headers=headers))
    with azure_of(None, places[1], places[0]) as azure:
        done = scan(azure, tmp_path, *VAULTS, "--time-limit", "1")
    assert done.audit and not done.escaped and done.code == 1, done.err
    assert not done.audit["gaps"]


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # urllib3 leaves sockets to the collector
@pytest.mark.parametrize(
    "headers",
    [
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
    ],
    ids=lambda headers: next(iter(headers.items()))[0] + next(iter(headers.values()))[:12],
)
@pytest.mark.parametrize(
    "place", ["ResourceGraph", "Microsoft.Sql/servers/[^/]+/firewallRules$", r"vault\.azure\.net/"]
)
def test_headers_that_break_an_answer_are_a_gap_or_nothing(tmp_path: Path, place: str, headers: dict[str, str]) -> None:
    with azure_of(None, Fault(place, "headers", skip=1, headers=headers)) as azure:
        done = scan(azure, tmp_path, *VAULTS, "--time-limit", "0.1")
    gc.collect()
    assert done.audit and not done.escaped and done.code in (1, 3), done.err
    assert done.code == 1 or done.audit["gaps"]


texts = st.text(max_size=30) | st.sampled_from(ODD) | st.from_regex(r"\d{1,5000}") | st.from_regex(r"\d+:\d+:\d+")


@given(st.fixed_dictionaries({name.casefold(): texts for name in NAMES}))
@example(dict.fromkeys(map(str.casefold, NAMES), "9" * 5000))
@example({"retry-after": "Thu, 01 Jan 0001 00:00:00 -0000"})
@example({"retry-after": "Thu, 01 Jan 9999 00:00:00 -2359", "date": "Thu, 01 Jan 0001 00:00:00 +2359"})
def test_any_header_is_a_time_or_none(headers: dict[str, str]) -> None:
    waits = delay_of(headers)
    assert waits is None or waits >= 0
    seconds = seconds_of(headers.get("x-ms-user-quota-resets-after", ""))
    assert seconds is None or seconds >= 0
    gate = Gate(credential(CLOUDS["AzureCloud"], ["cli"]))
    heed(gate, headers)
    assert gate.waits <= 60
    quota = Quota()
    quota.learn(0, headers)
    assert quota.waits < 61


def test_a_window_that_is_said_to_last_for_days_does_not_stop_an_audit(tmp_path: Path) -> None:
    quota = Quota()
    with Book(tmp_path / "journal", {}, until=time.monotonic() + 30) as book:
        window = quota.take(book)
        assert window is not None
        quota.learn(window, {"x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": "99:99:99"})
        assert 0 < quota.waits < 61
