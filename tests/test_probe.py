"""Live handshakes with real servers: versions, chain, client certificates, and hosts that do not answer."""

from __future__ import annotations

import datetime as dt
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import tools
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from estates_of_certificates import gateway
from pki import MIDDLE, NOW, b64, make, p7, pem

from auditor.probe import MOST_AT_ONCE, probe
from auditor.probe.handshake import Failed, Handshake, shake
from auditor.probe.hosts import Host

pytestmark = pytest.mark.slow
SERVED = make("localhost", MIDDLE, number=70)
OLD, NEW = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_3


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_text(pem(SERVED, MIDDLE))
    key.write_bytes(SERVED.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return chain, key


def context(
    files: tuple[Path, Path], lowest: ssl.TLSVersion = OLD, highest: ssl.TLSVersion = NEW, client: str = "none"
) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*files)
    made.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version, made.maximum_version = lowest, highest
    if client != "none":
        made.verify_mode = ssl.CERT_REQUIRED if client == "required" else ssl.CERT_OPTIONAL
        made.load_verify_locations(cadata=MIDDLE.pem)
    return made


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server on a port of its own; `answer` has each connection."""
    listener = socket.create_server(("localhost", 0))
    stop = threading.Event()

    def one(connection: socket.socket) -> None:
        with connection:
            connection.settimeout(60)
            with suppress(OSError):
                answer(connection)

    def accept() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        listener.close()


def tls(made: ssl.SSLContext) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        with made.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)

    return answer


def asked(port: int, timeout: float = 60) -> Handshake | Failed:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return shake("localhost", port, timeout)


V = ssl.TLSVersion


@pytest.mark.parametrize(
    ("lowest", "highest", "versions"),
    [
        (V.TLSv1, V.TLSv1, ("1.0",)),
        (V.TLSv1_1, V.TLSv1_1, ("1.1",)),
        (V.TLSv1_2, V.TLSv1_2, ("1.2",)),
        (V.TLSv1_3, V.TLSv1_3, ("1.3",)),
        (V.TLSv1_2, V.TLSv1_3, ("1.3", "1.2")),
        (V.TLSv1, V.TLSv1_3, ("1.3", "1.2", "1.1", "1.0")),
    ],
)
@pytest.mark.parametrize("client", ["none", "asked", "required"])
def test_what_a_server_speaks_sends_and_asks_for(
    files: tuple[Path, Path], lowest: V, highest: V, versions: tuple[str, ...], client: str
) -> None:
    with serving(tls(context(files, lowest, highest, client))) as port:
        answer = asked(port)
    assert isinstance(answer, Handshake)
    assert (answer.versions, answer.unknown, answer.client_certificate) == (versions, {}, client)
    assert answer.chain == (SERVED.der, MIDDLE.der)


def test_a_server_without_tls_is_told_as_such() -> None:
    with serving(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        answer = asked(port)
    assert isinstance(answer, Failed) and "no version of TLS" in answer.reason


def test_silence_and_dripping_end_in_time() -> None:
    def drip(connection: socket.socket) -> None:
        for byte in b"\x16\x03\x03\x00\xff" + b"\x02" * 200:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    for answer in (lambda connection: connection.recv(1) and time.sleep(5), drip):
        with serving(answer) as port:
            begin = time.monotonic()
            found = asked(port, 0.3)
            assert isinstance(found, Failed) and time.monotonic() - begin < 15
            assert "in time" in found.reason


def test_a_version_that_could_not_be_seen_is_not_denied(files: tuple[Path, Path]) -> None:
    made, seen = context(files), []

    def answer(connection: socket.socket) -> None:
        seen.append(connection)
        if len(seen) <= 2:
            tls(made)(connection)
        else:
            time.sleep(5)

    with serving(answer) as port:
        found = asked(port, 2)
    assert isinstance(found, Handshake)
    assert found.versions == ("1.3", "1.2") and set(found.unknown) == {"1.1", "1.0"}


def test_nobody_there_is_a_gap() -> None:
    with socket.create_server(("localhost", 0)) as listener:
        port = listener.getsockname()[1]
    found, gaps = probe([Host("localhost", port), Host("nobody.invalid", 443), Host("x" * 70, 443)], 2)
    assert not found
    assert [gap.what for gap in gaps] == [f"localhost:{port}", "nobody.invalid:443", f"{'x' * 70}:443"]
    assert all(gap.kind == "unreachable" and gap.reason for gap in gaps)


def test_only_so_many_are_asked_at_once(files: tuple[Path, Path]) -> None:
    made, lock, state = context(files), threading.Lock(), {"now": 0, "most": 0}

    def answer(connection: socket.socket) -> None:
        with lock:
            state["now"] += 1
            state["most"] = max(state["most"], state["now"])
        time.sleep(0.05)
        with lock:
            state["now"] -= 1
        tls(made)(connection)

    with serving(answer) as port:
        probe([Host(name, port) for name in ["localhost", "127.0.0.1"]] * MOST_AT_ONCE, 5)
        probe([Host(f"127.0.0.{number}", port) for number in range(1, 2)], 5)
    assert 0 < state["most"] <= MOST_AT_ONCE


# --- the command --------------------------------------------------------------------------------------------------


def listening_on(port: int, *hosts: str, data: str | None = None) -> dict[str, Any]:
    """A gateway with a listener on a port."""
    body = gateway(data, list(hosts))
    properties = body["properties"]
    properties["frontendPorts"] = [{"id": "/ports/p", "name": "p", "properties": {"port": port}}]
    properties["httpListeners"][0]["properties"]["frontendPort"] = {"id": "/ports/P"}
    return body


def certificates(folder: Path, body: dict[str, Any], *options: str) -> subprocess.CompletedProcess[str]:
    estate = folder / "estate.json"
    estate.write_text(json.dumps(body))
    command = [sys.executable, "-m", "auditor", "certificates", "--from", str(estate), "--as-of", NOW.isoformat()]
    return subprocess.run([*command, *options], capture_output=True, text=True, check=False, timeout=tools.PATIENCE)


def test_what_is_served_stands_beside_what_is_configured(files: tuple[Path, Path], tmp_path: Path) -> None:
    renewed = make("localhost", MIDDLE, number=71, end=NOW + dt.timedelta(days=300))
    with serving(tls(context(files, V.TLSv1_1, V.TLSv1_2, "asked"))) as port:
        body = listening_on(port, "localhost", "*.localhost", data=p7(renewed, MIDDLE))
        quiet = certificates(tmp_path, body, "-f", "json")
        done = certificates(tmp_path, body, "-f", "json", "--probe")
        text = certificates(tmp_path, body, "--probe")
    assert done.returncode == 0 and not done.stderr
    assert "probe" not in quiet.stdout, "nobody is asked unless it is wanted"
    by_hash = {one["sha256"]: one for one in json.loads(done.stdout)["certificates"]}
    (use,) = by_hash[SERVED.sha256]["uses"]
    assert (use["kind"], use["name"], use["hosts"], use["uncovered"]) == (
        "probe",
        f"localhost:{port}",
        ["localhost"],
        [],
    )
    assert (use["tls"], use["clientCertificate"]) == (["1.2", "1.1"], "asked")
    assert [one["kind"] for one in by_hash[renewed.sha256]["uses"]] == ["listener"]
    assert f"localhost:{port}: TLS 1.2, 1.1; asks for a client certificate and does without" in text.stdout
    assert b64(SERVED.der) not in text.stdout


def test_a_host_that_does_not_answer_is_a_gap(tmp_path: Path) -> None:
    with socket.create_server(("localhost", 0)) as listener:
        port = listener.getsockname()[1]
    done = certificates(tmp_path, listening_on(port, "localhost"), "-f", "json", "--probe", "--probe-timeout", "2")
    assert done.returncode == 0
    (gap,) = json.loads(done.stdout)["gaps"]
    assert gap.startswith(f"localhost:{port}: ")
