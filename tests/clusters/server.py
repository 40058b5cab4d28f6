"""A real kube-apiserver on this machine: etcd below it, its own authority, RBAC, and an audit log of every request.

`scripts/kube-apiserver run` starts one until it is interrupted.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import trustme
import urllib3
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.ports import free_ports

ADMIN: Final = "admin-token"
READER: Final = "reader-token"
LIMITED: Final = "limited-token"
"""Of `admin`, `reader` and `limited`. The latter two are in no group, and may do nothing until they are allowed to."""

_TOKENS: Final = f'{ADMIN},admin,1,"system:masters"\n{READER},reader,2\n{LIMITED},limited,3\n'
_AUDIT_EVERYTHING: Final = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "Metadata"}]}


class Answer(NamedTuple):
    """What the server says to a request."""

    status: int
    body: Any


class Server:
    """A running kube-apiserver."""

    def __init__(self, folder: Path, port: int, etcd: str) -> None:
        self.folder = folder
        self.port = port
        self.url = f"https://127.0.0.1:{port}"
        self.ca = folder / "ca.pem"
        self._etcd = etcd
        self._pool = urllib3.PoolManager(ca_certs=str(self.ca))

    def ask(self, method: str, path: str, body: Any = None, *, as_user: str = "") -> Answer:
        """One request of the administrator, who may ask as another user."""
        headers = {"Authorization": f"Bearer {ADMIN}", "Content-Type": "application/json"}
        headers |= {"Impersonate-User": as_user} if as_user else {}
        data = None if body is None else json.dumps(body)
        answer = self._pool.request(method, self.url + path, body=data, headers=headers)
        text = answer.data
        return Answer(answer.status, json.loads(text) if text[:1] == b"{" else text.decode())

    def create(self, path: str, *bodies: dict[str, Any]) -> None:
        """Create objects that do not exist yet."""
        for body in bodies:
            answer = self.ask("POST", path, body)
            assert answer.status in (200, 201, 202, 409), answer

    def create_soon(self, path: str, body: dict[str, Any]) -> None:
        """Create an object of a kind that was just defined."""
        for _ in range(100):
            if self.ask("POST", path, body).status in (201, 409):
                return
            time.sleep(0.05)
        raise AssertionError(path)

    def compact(self) -> None:
        """Make etcd forget its past, as it does every few minutes: continue tokens that were given out expire."""
        status = self._pool.request("POST", f"{self._etcd}/v3/maintenance/status", body="{}").json()
        revision = status["header"]["revision"]
        done = self._pool.request("POST", f"{self._etcd}/v3/kv/compaction", body=json.dumps({"revision": revision}))
        assert done.status == 200, done.data

    def kubeconfig(self, path: Path, *contexts: tuple[str, str], server: str | None = None) -> Path:
        """A kubeconfig with contexts, each a name and a token; `server`: for another address than this server's."""
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": contexts[0][0],
            "clusters": [
                {"name": name, "cluster": {"server": server or self.url, "certificate-authority": str(self.ca)}}
                for name, _token in contexts
            ],
            "users": [{"name": name, "user": {"token": token}} for name, token in contexts],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name, _token in contexts],
        }
        path.write_text(yaml.safe_dump(content))
        return path

    def requests(self) -> list[dict[str, Any]]:
        """The audit log: every request that was answered so far. The server writes it just after its answer."""
        for _ in range(100):
            text = (self.folder / "audit.log").read_text()
            events = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
            begun = {event["auditID"] for event in events if event["verb"] != "watch"}
            if text.endswith("\n") and begun <= {one["auditID"] for one in events if one["stage"] != "RequestReceived"}:
                break
            time.sleep(0.1)
        return [event for event in events if event["stage"] == "ResponseComplete"]


@contextmanager
def running(programs: Path, folder: Path) -> Iterator[Server]:
    """A server with programs of `scripts/kube-apiserver build`, and its files in a folder."""
    port, client, peer = free_ports(3)
    etcd = f"http://127.0.0.1:{client}"
    _write_credentials(folder)
    with ExitStack() as stack:
        _start(stack, folder, "etcd", [
            str(programs / "etcd"), "--data-dir", "etcd-data", "--unsafe-no-fsync", "--log-level", "warn",
            "--listen-client-urls", etcd, "--advertise-client-urls", etcd,
            "--listen-peer-urls", f"http://127.0.0.1:{peer}",
            "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
            "--initial-cluster", f"default=http://127.0.0.1:{peer}",
        ])  # fmt: skip
        process = _start(stack, folder, "kube-apiserver", [
            str(programs / "kube-apiserver"), "--etcd-servers", etcd, "--secure-port", str(port),
            "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1",
            "--tls-cert-file", "server.crt", "--tls-private-key-file", "server.key",
            "--token-auth-file", "tokens.csv", "--authorization-mode", "RBAC", "--allow-privileged",
            "--service-account-key-file", "accounts.pub", "--service-account-signing-key-file", "accounts.key",
            "--service-account-issuer", "https://kubernetes.default.svc", "--service-cluster-ip-range", "10.0.0.0/24",
            "--disable-admission-plugins", "ServiceAccount",
            "--audit-policy-file", "audit-policy.json", "--audit-log-path", "audit.log", "--audit-log-mode", "blocking",
        ])  # fmt: skip
        server = Server(folder, port, etcd)
        _wait_until_ready(server, process)
        yield server


def _start(stack: ExitStack, folder: Path, name: str, command: list[str]) -> subprocess.Popen[bytes]:
    log = stack.enter_context((folder / f"{name}.log").open("wb"))
    process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    stack.callback(process.wait, 30)
    stack.callback(process.kill)
    return process


def _wait_until_ready(server: Server, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):  # a busy machine takes its time
        assert process.poll() is None, (server.folder / "kube-apiserver.log").read_text()[-2000:]
        try:
            if server.ask("GET", "/readyz").body == "ok":
                return
        except urllib3.exceptions.HTTPError:
            pass
        time.sleep(0.25)
    raise AssertionError((server.folder / "kube-apiserver.log").read_text()[-2000:])


def _write_credentials(folder: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    certificate.private_key_pem.write_to_path(str(folder / "server.key"))
    certificate.cert_chain_pems[0].write_to_path(str(folder / "server.crt"))
    key = rsa.generate_private_key(65537, 2048)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain)
    (folder / "accounts.key").write_bytes(private)
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / "accounts.pub").write_bytes(public)
    (folder / "tokens.csv").write_text(_TOKENS)
    (folder / "audit-policy.json").write_text(json.dumps(_AUDIT_EVERYTHING))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="kube-apiserver-") as place, running(Path(sys.argv[1]), Path(place)) as up:
        config = up.kubeconfig(up.folder / "kubeconfig", ("admin", ADMIN), ("reader", READER))
        print(f"export KUBECONFIG={config}\nprocess {os.getpid()}; Ctrl-C ends it")
        with suppress(KeyboardInterrupt):
            signal.pause()
