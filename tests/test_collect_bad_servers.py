"""What servers send in place of answers is a gap of what was asked, in any service, and never an empty answer."""

from __future__ import annotations

import gc
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest
import yaml

from auditor.collect.collection_journal import Book
from auditor.collect.kubernetes.cluster_reader import Wanted
from auditor.collect.kubernetes.clusters import contexts_of
from auditor.collect.kubernetes.collection import collect
from auditor.model.resource import Resource
from tests.azure.bad_answers import BROKEN, ENDLESS
from tests.azure.collected import azure_of
from tests.azure.estate import demo_estate
from tests.azure.fault_plan import Fault, FaultPlan
from tests.azure.many import RULES, many_subscriptions, queries, subscription, vault
from tests.azure.product import Done, scan

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # urllib3 leaves sockets
]


def gaps_of(done: Done) -> set[tuple[str, str]]:
    """The subscription and the casefolded type of each gap."""
    gc.collect()
    assert done.audit and not done.escaped and "Traceback" not in done.err and "defect" not in done.err, done.err
    assert done.code == 3, done.err
    return {(gap["what"].split("/")[2], (gap["type"] or "").casefold()) for gap in done.audit["gaps"]}


def broken(cases: dict[str, tuple[str, str]], gaps: set[tuple[str, str]]) -> list[str]:
    """The cases without a gap where it should be."""
    return [name for name, place in cases.items() if place not in gaps]


def test_no_answer_of_resource_manager_or_of_a_vault_is_a_gap(tmp_path: Path) -> None:
    faults, lists, vaults = [], {}, {}
    for number, (name, body) in enumerate(BROKEN.items()):
        faults.append(Fault(f"{subscription(number)}/.*/firewallRules$", "raw", body=body))
        lists[name] = subscription(number), "microsoft.sql/servers/firewallrules"
        if number % 3 == 0:  # few are asked at once, and each case waits for seconds
            faults.append(Fault(rf"{vault(number)}\.vault\.azure\.net/", "raw", body=body))
            vaults[name] = subscription(number), "microsoft.keyvault/vaults/certificates"
    with azure_of(many_subscriptions(len(BROKEN)), *faults) as azure:
        gaps = gaps_of(scan(azure, tmp_path, *RULES))
        assert all(fault.struck for fault in faults)
    assert (broken(lists, gaps), broken(vaults, gaps)) == ([], [])


def test_no_answer_of_resource_graph_is_a_gap(tmp_path: Path) -> None:
    cases = dict(list(BROKEN.items())[1::4])  # few are asked at once, and each case waits for seconds
    asked = list(queries(len(cases)))
    faults = [Fault("ResourceGraph", "raw", body=b, asks=q.asks) for b, q in zip(cases.values(), asked, strict=True)]
    with azure_of(many_subscriptions(28), *faults) as azure:
        gaps = gaps_of(scan(azure, tmp_path, *RULES))
        assert all(fault.struck for fault in faults)
    places = ((subscription(query.first), query.kind) for query in asked)
    assert broken(dict(zip(cases, places, strict=True)), gaps) == []


def test_no_token_is_an_audit_that_is_not_complete(tmp_path: Path) -> None:
    with azure_of(None) as azure:
        for name, body in list(BROKEN.items())[3::6]:  # each waits for seconds
            azure.faults = FaultPlan([Fault("POST login", "raw", body=body)])
            done = scan(azure, tmp_path, "--select", "azure.sql.*", "--time-limit", "0.1")
            assert (done.code, done.escaped) == (3, ""), name
            assert "Traceback" not in done.err and "defect" not in done.err, name


CHALLENGES: Final = (
    "",
    "Bearer",
    'Basic realm="x"',
    'Bearer authorization_uri=""',
    'Bearer claims="!!!"',
    'Bearer error="insufficient_claims", claims="e30="',
    'Bearer error="insufficient_claims", claims="//57"',
    'Bearer authorization="https://[bad", resource="https://vault.azure.net"',
    'Negotiate, Bearer authorization="x"',
    'Bearer authorization="https://login.microsoftonline.com/t"',
    'Bearer authorization="https://login.microsoftonline.com/t", scope="https://example.net/.default"',
    'Bearer authorization="https://login.microsoftonline.com/", resource="https://vault.azure.net"',
    'Bearer authorization="login", resource="vault"',
    "Bearer " + 'a="b",' * 10_000,
)


def test_a_challenge_that_nobody_can_meet_is_a_gap(tmp_path: Path) -> None:
    faults, expected = [], set()
    for number, challenge in enumerate(CHALLENGES):
        for place in (f"{subscription(number)}/.*/firewallRules$", rf"{vault(number)}\.vault\.azure\.net/"):
            faults.append(Fault(place, 401, headers={"WWW-Authenticate": challenge}))
        expected.add((subscription(number), "microsoft.sql/servers/firewallrules"))
        expected.add((subscription(number), "microsoft.keyvault/vaults/certificates"))
    with azure_of(many_subscriptions(len(CHALLENGES)), *faults) as azure:
        gaps = gaps_of(scan(azure, tmp_path, *RULES))
        assert not azure.violations
    assert gaps == expected


def test_no_answer_of_log_analytics_is_a_gap(tmp_path: Path) -> None:
    tables = ("AGWAccessLogs", "AGWFirewallLogs", "ApiManagementGatewayLogs", "AKSAudit", "AZKVAuditLogs")
    names = ("a chunk without an end", "gzip that is cut off", "UTF-16", "no content", "interim answers and no other")
    faults = [
        Fault("loganalytics", "raw", body=BROKEN[name], asks=table) for name, table in zip(names, tables, strict=True)
    ]
    with azure_of(demo_estate(designed=True), *faults) as azure:
        done = scan(azure, tmp_path, "--select", "azure.log-evidence.*")
        gaps_of(done)
        assert [table for table, fault in zip(tables, faults, strict=True) if not fault.struck] == []
    assert done.audit
    reasons = [gap["reason"] for gap in done.audit["gaps"]]
    for name in ("application-gateway-access", "application-gateway-firewall", "kubernetes-audit", "key-vault-audit"):
        assert any(reason.startswith(name) for reason in reasons), reasons
    passed = {one["ruleId"] for one in done.audit["findings"] if one["outcome"] == "pass"}
    assert passed <= {"azure.log-evidence.kubernetes-defender-sensor"}, "the one that was answered"


# ── clusters ──


@contextmanager
def clusters(*bodies: bytes, forever: bool = False) -> Iterator[list[str]]:
    """The addresses of servers that answer every request with such bytes, again and again if `forever`."""

    def serve(server: socket.socket, body: bytes) -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                threading.Thread(target=answer, args=(connection, body), daemon=True).start()

    def answer(connection: socket.socket, body: bytes) -> None:
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(body)
            while forever:
                connection.sendall(body)
                time.sleep(0.001)

    with ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in bodies]
        for server, body in zip(servers, bodies, strict=True):
            threading.Thread(target=serve, args=(server, body), daemon=True).start()
        yield [f"http://127.0.0.1:{server.getsockname()[1]}" for server in servers]


def read_of(addresses: list[str], folder: Path, seconds: float) -> tuple[list[Resource], set[str]]:
    """What is read of such clusters within some seconds, and the places of the gaps."""
    names = [f"c{number:02}" for number in range(len(addresses))]
    config = {
        "contexts": [{"name": name, "context": {"cluster": name, "user": "user"}} for name in names],
        "clusters": [{"name": n, "cluster": {"server": at}} for n, at in zip(names, addresses, strict=True)],
        "users": [{"name": "user", "user": {"token": "token"}}],
    }
    (folder / "config").write_text(yaml.safe_dump(config))
    with Book(folder / "journal", {}, until=time.monotonic() + seconds) as book:
        collect(Wanted(frozenset({"core/pod"})), contexts_of(names, str(folder / "config")), book)
        return list(book), {gap.what for gap in book.every_gap()}


def test_no_answer_of_a_cluster_is_a_gap(tmp_path: Path) -> None:
    with clusters(*BROKEN.values()) as addresses:
        found, gaps = read_of(addresses, tmp_path, 60)
    missing = [name for number, name in enumerate(BROKEN) if f"/clusters/c{number:02}" not in gaps]
    assert (missing, found) == ([], [])


def test_what_never_ends_ends_with_the_time(tmp_path: Path) -> None:
    bodies = [begin + more for begin, more in ((b"", ENDLESS[0]), (b"HTTP/1.1 200 OK\r\n", ENDLESS[1]))]
    begun = time.monotonic()
    with clusters(*bodies, forever=True) as addresses:
        _, gaps = read_of(addresses, tmp_path, 3)
    assert gaps == {"/clusters/c00", "/clusters/c01"}
    assert time.monotonic() - begun < 30
