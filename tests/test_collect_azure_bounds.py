"""A live audit ends in time and in its memory, whatever a service sends: what was not read is a gap in the report."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
import yaml

from auditor.collect.collection_journal import Book
from auditor.collect.kubernetes.cluster_reader import Wanted
from auditor.collect.kubernetes.clusters import contexts_of
from auditor.collect.kubernetes.collection import collect
from auditor.model.gap import Gap
from auditor.model.resource import Resource
from tests.azure.command import Auditor, Meet
from tests.azure.fault_plan import Fault
from tests.tools import PATIENCE

pytestmark = pytest.mark.slow

LIMIT: Final = 4.0
"""Seconds of `--time-limit`."""
GRACE: Final = 30.0
"""Seconds beyond it for everything else that a command does, on a busy machine. The slow answers take many minutes."""
NEAR: Final = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
VAULT: Final = ("--select", "certificates.key-vault*")
SQL: Final = ("--select", "azure.sql.*")
LOGS: Final = ("--select", "azure.log-evidence.*")


SLOW: Final = (
    ("POST login", SQL),
    ("GET management.*/subscriptions$", SQL),
    ("ResourceGraph", SQL),
    ("/providers/Microsoft.Sql/servers/", SQL),
    (r"vault\.azure\.net/certificates", VAULT),
    ("loganalytics", LOGS),
)
"""What answers slowly, and the rules that ask it."""


def scanned(auditor: Auditor, *options: str) -> tuple[dict[str, Any], float]:
    """The report of an incomplete audit, and the seconds until it was there."""
    begun = time.monotonic()
    with begin(auditor, *options) as process:
        return ended(auditor, process), time.monotonic() - begun


def begin(auditor: Auditor, *options: str) -> subprocess.Popen[str]:
    """Starts an audit with the time limit."""
    limit = ("--time-limit", str(LIMIT / 60))
    return auditor.start("scan", *options, *limit, "-f", "json", "-o", "audit.json", "-q", **NEAR)


def ended(auditor: Auditor, process: subprocess.Popen[str]) -> dict[str, Any]:
    """Its report, which is incomplete."""
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3, said
    found: dict[str, Any] = orjson.loads((auditor.folder / "audit.json").read_bytes())
    return found


@pytest.mark.parametrize("effect", ["drip", "drip head"])
@pytest.mark.parametrize("slow", [SLOW[:3], SLOW[3:]], ids=["all", "one"])
def test_an_answer_that_never_ends_is_a_gap_at_the_time_limit(
    meet: Meet, tmp_path: Path, effect: str, slow: tuple[tuple[str, tuple[str, ...]], ...]
) -> None:
    """Three audits wait side by side, each for another service."""
    begun, running = time.monotonic(), []
    for place, rules in slow:
        auditor = meet(Fault(place, effect, seconds=0.5))
        auditor.folder = tmp_path / str(len(running))
        auditor.folder.mkdir()
        running.append((auditor, begin(auditor, "--all", *rules)))
    audits = [ended(auditor, process) for auditor, process in running]
    for audit in audits:
        assert time.monotonic() - begun < LIMIT + GRACE
        assert any(gap["kind"] == "unreachable" for gap in audit["gaps"])
        assert not any(finding["outcome"] == "pass" for finding in audit["findings"] if "auditing" in finding["ruleId"])


def test_a_sign_in_that_never_ends_leaves_clusters_of_a_kubeconfig_readable(meet: Meet, tmp_path: Path) -> None:
    auditor = meet(Fault("POST login", "drip", seconds=0.5))
    with slow_api(0.0) as address:
        kubeconfig(tmp_path / "config", address)
        audit, seconds = scanned(auditor, "--all", "--kubeconfig", "config", "--kube-context", "slow", *SQL)
    assert seconds < LIMIT + GRACE
    assert {"Azure", "/clusters/slow"} >= {gap["what"] for gap in audit["gaps"]} >= {"Azure"}


def test_a_slow_kubernetes_api_is_a_gap_at_the_time_limit(meet: Meet, tmp_path: Path) -> None:
    auditor = meet()
    with slow_api(0.5) as address:
        kubeconfig(tmp_path / "config", address)
        audit, seconds = scanned(
            auditor, "--kubeconfig", "config", "--kube-context", "slow", "--select", "kubernetes.*"
        )
    assert seconds < LIMIT + GRACE
    assert {gap["what"] for gap in audit["gaps"]} == {"/clusters/slow"}


def kubeconfig(file: Path, address: str) -> None:
    context = {"name": "slow", "context": {"cluster": "slow", "user": "slow"}}
    clusters = [{"name": "slow", "cluster": {"server": address}}]
    users = [{"name": "slow", "user": {"token": "token"}}]
    file.write_text(yaml.safe_dump({"contexts": [context], "clusters": clusters, "users": users}))


@contextmanager
def slow_api(seconds: float, body: bytes = b" " * 100_000, head: bytes = b"") -> Iterator[str]:
    """A server that answers everything with this body, byte by byte: gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve(connection: socket.socket) -> None:
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + head)
                connection.sendall(b"Content-Length: %d\r\n\r\n" % len(body))
                step = 1 if seconds else len(body)
                for at in range(0, len(body), step):
                    connection.sendall(body[at : at + step])
                    time.sleep(seconds)

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=_quietly, args=(serve, connection), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def _quietly(serve: Any, connection: socket.socket) -> None:
    """A client that hangs up is its own affair."""
    try:
        serve(connection)
    except OSError:
        return


# ── size ──


def bomb(begins: bytes, ends: bytes) -> bytes:
    """600 KiB of gzip that are 600 MB of JSON, made in pieces to keep this process small."""
    packer = zlib.compressobj(9, wbits=31)
    pieces = [packer.compress(begins), *(packer.compress(b"[]," * (1 << 20)) for _ in range(200))]
    return b"".join([*pieces, packer.compress(b"[]" + ends), packer.flush()])


@pytest.fixture(scope="module")
def packed() -> bytes:
    return bomb(b'{"value":[', b"]}")


MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
"""A small process in between: Linux counts the memory of the process that starts a command as memory of the command."""


def peak(auditor: Auditor, *command: str) -> int:
    """The most memory in MiB that a command took, which ends with exit code 3."""
    with auditor.start(*command, under=(sys.executable, "-c", MEASURE), **NEAR) as process:
        measured, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3, said
    return int(measured.splitlines()[-1]) // 1024


@pytest.mark.parametrize(
    ("place", "rules"),
    [
        ("POST login", SQL),
        ("ResourceGraph", SQL),
        ("/providers/Microsoft.Sql/servers/[^/]+/firewallRules", SQL),
        (r"vault\.azure\.net/certificates", VAULT),
        ("loganalytics", LOGS),
    ],
)
@pytest.mark.parametrize("status", [200, 302])
def test_an_answer_that_unpacks_to_very_much_is_a_gap(
    meet: Meet, packed: bytes, place: str, rules: tuple[str, ...], status: int
) -> None:
    headers = {"Content-Encoding": "gzip", "Location": "https://management.azure.com/elsewhere"}
    auditor = meet(Fault(place, status, body=packed, headers=headers))
    used = peak(auditor, "scan", "--all", *rules, "-f", "json", "-o", "audit.json", "-q")
    assert used < 500, f"{used} MiB"
    assert orjson.loads((auditor.folder / "audit.json").read_bytes())["gaps"]


def test_a_kubernetes_answer_that_unpacks_to_very_much_is_a_gap(meet: Meet, packed: bytes, tmp_path: Path) -> None:
    auditor = meet()
    with slow_api(0.0, packed, b"Content-Encoding: gzip\r\n") as address:
        kubeconfig(tmp_path / "config", address)
        options = ("--kubeconfig", "config", "--kube-context", "slow", "--select", "kubernetes.*")
        used = peak(auditor, "scan", *options, "-f", "json", "-o", "audit.json", "-q")
    assert used < 500, f"{used} MiB"
    assert {gap["what"] for gap in orjson.loads((tmp_path / "audit.json").read_bytes())["gaps"]} == {"/clusters/slow"}


class Api(BaseHTTPRequestHandler):
    """An API server with some kinds, whose lists `listed` makes."""

    kinds: ClassVar[dict[str, str]] = {}
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def listed(self, plural: str, query: dict[str, str]) -> Any:
        raise NotImplementedError

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        found: Any = {"groups": [{"name": "apps", "versions": [{"version": "v1"}]}]}
        if parts.path == "/api/v1":
            found = {
                "resources": [{"name": name, "kind": kind, "verbs": ["list"]} for name, kind in self.kinds.items()]
            }
        elif parts.path.startswith("/api/v1/"):
            found = self.listed(parts.path.rpartition("/")[2], dict(parse_qsl(parts.query)))
        body = orjson.dumps(found)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)


def read_from(api: type[Api], folder: Path) -> tuple[list[Resource], list[Gap]]:
    """What is read of such a server, and the gaps."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kubeconfig(folder / "config", f"http://127.0.0.1:{server.server_port}")
    types = frozenset(f"core/{kind.casefold()}" for kind in api.kinds.values())
    try:
        with Book(folder / "journal", {}) as book:
            collect(Wanted(types), contexts_of(["slow"], str(folder / "config")), book)
            return list(book), book.every_gap()
    finally:
        server.shutdown()
        server.server_close()


class Large(Api):
    kinds = {"configmaps": "ConfigMap"}
    count: Final = 150
    asked: ClassVar[list[int]] = []

    def listed(self, plural: str, query: dict[str, str]) -> Any:
        start, size = int(query.get("continue", 0)), int(query["limit"])
        self.asked.append(size)
        end = min(start + size, self.count)
        text = "x" * (1 << 20)
        items = [{"metadata": {"name": f"c{n}", "namespace": "d"}, "data": {"k": text}} for n in range(start, end)]
        page = {"continue": str(end) if end < self.count else ""}
        return {"kind": "ConfigMapList", "apiVersion": "v1", "metadata": page, "items": items}


def test_objects_too_large_for_one_answer_come_in_smaller_pages(tmp_path: Path) -> None:
    found, gaps = read_from(Large, tmp_path)
    assert not gaps, gaps
    assert len({one.id for one in found}) == Large.count
    assert Large.asked == [500, 100, 20, *[20] * 7]


class Odd(Api):
    kinds = {"pods": "Pod", "services": "Service", "configmaps": "ConfigMap", "serviceaccounts": "ServiceAccount"}

    def listed(self, plural: str, query: dict[str, str]) -> Any:
        whole = {"metadata": {"name": "a", "namespace": "d"}}
        odd: dict[str, Any] = {
            "pods": {"metadata": {"name": "p", "namespace": "d"}, "spec": {"containers": [{"env": [{"name": {}}]}]}},
            "services": {"metadata": {"name": ["a"], "annotations": 5}, "spec": "x"},
            "configmaps": {"metadata": [], "data": {"a": 1, "b": None}, "binaryData": 7},
            "serviceaccounts": whole,
        }
        return {"kind": f"{self.kinds[plural]}List", "apiVersion": "v1", "metadata": {}, "items": [whole, odd[plural]]}


def test_an_odd_object_costs_no_more_than_its_kind(tmp_path: Path) -> None:
    found, gaps = read_from(Odd, tmp_path)
    assert {one.type for one in found} >= {"core/ServiceAccount"}, gaps
    for kind in Odd.kinds.values():
        assert any(one.type == f"core/{kind}" for one in found) or any(gap.type == f"core/{kind}" for gap in gaps)
