"""An answer that an SDK or we trip over costs what it was about, and never the audit."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.azure.collected import azure_of
from tests.azure.fault_plan import Fault
from tests.azure.many import RULES, many_subscriptions, queries, subscription, vault
from tests.azure.product import scan

VAULTS: Final = ("--select", "certificates.key-vault*", "--select", "azure.sql.*")
ELSEWHERE: Final = 'Bearer authorization="https://login.microsoftonline.com/t", resource="https://example.net"'


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
BODIES: Final = (
    DEEP,
    b'{"value":[{"id":{"a":1},"name":7,"type":[],"properties":[1]}],"nextLink":""}',
    b'{"value":[{"id":"","name":null,"kind":{},"properties":{"x":1e400}}]}',
    b'{"error":{"code":{"a":1},"message":[1],"details":{"a":1},"innererror":"x"}}',
    b'{"value":[{"properties":null,"sku":"S","tags":[1],"identity":3}]}',
    b"\xff\xfe\x00",
)


def audited(folder: Path, *faults: Fault) -> set[tuple[str, str]]:
    """The subscription and the last part of the type of each gap of an audit that these faults strike."""
    with azure_of(many_subscriptions(28), *faults) as azure:
        done = scan(azure, folder, *RULES)
        assert all(fault.struck for fault in faults)
    assert not done.escaped and "Traceback" not in done.err and "defect" not in done.err
    assert done.audit and done.code == 3
    return {
        (gap["what"].split("/")[2], (gap["type"] or "").rpartition("/")[2].casefold()) for gap in done.audit["gaps"]
    }


@pytest.mark.slow
def test_odd_bodies_cost_what_they_were_about(tmp_path: Path) -> None:
    faults = []
    for number, body in enumerate(BODIES):
        for match in (f"{subscription(number)}/.*/(firewallRules|permissions|pricings)$", rf"{vault(number)}\.vault"):
            faults.append(Fault(match, 200, body=body))
    gaps, places = audited(tmp_path, *faults), {subscription(number) for number in range(len(BODIES))}
    assert gaps >= {(place, kind) for place in places for kind in ("firewallrules", "certificates", "pricings")}
    assert {place for place, _ in gaps} == places


@pytest.mark.slow
def test_odd_bodies_of_resource_graph_cost_what_they_were_about(tmp_path: Path) -> None:
    asked = list(queries(len(BODIES)))
    gaps = audited(
        tmp_path, *(Fault("ResourceGraph", 200, body=b, asks=q.asks) for b, q in zip(BODIES, asked, strict=True))
    )
    assert gaps >= {(subscription(query.first), query.kind.rpartition("/")[2]) for query in asked}
    assert {place for place, _ in gaps} == {subscription(n) for n in range(14)}, "the subscriptions of two queries"


@pytest.mark.slow
@pytest.mark.parametrize("body", [DEEP, b"{}", b"[]", b'{"access_token":7,"expires_in":"x"}', b"\xff\xfe"])
def test_an_odd_token_is_no_traceback(tmp_path: Path, body: bytes) -> None:
    with azure_of(None, Fault("POST login", 200, body=body)) as azure:
        done = scan(azure, tmp_path, *VAULTS)
    assert not done.escaped and "Traceback" not in done.err and "defect" not in done.err
    assert done.code == 3
