"""Azure Blob Storage: our own check of the token, then Azurite, which is Microsoft's emulator."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import subprocess
import time
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any, Final

import trustme

from tests.azure.entra import Entra
from tests.azure.http import Answer, Call, Refused
from tests.ports import free_ports

ACCOUNT: Final = "devstoreaccount1"
HOST: Final = f"{ACCOUNT}.blob.core.windows.net"
AUDIENCE: Final = "https://storage.azure.com"
_HOP: Final = {"authorization", "connection", "content-length", "host", "proxy-connection", "transfer-encoding"}


class Blobs:
    """Azurite in a folder of its own; `main` is its script. Stop it."""

    def __init__(self, main: str, folder: Path, entra: Entra) -> None:
        self.entra = entra
        authority = trustme.CA()
        made = authority.issue_cert("localhost")
        made.private_key_pem.write_to_path(folder / "key.pem")
        made.cert_chain_pems[0].write_to_path(folder / "cert.pem")
        self._context = ssl.create_default_context()
        authority.configure_trust(self._context)
        (self._port,) = free_ports(1)
        words = ["node", main, "--blobHost", "127.0.0.1", "--blobPort", str(self._port)]
        words += ["--cert", str(folder / "cert.pem"), "--key", str(folder / "key.pem"), "--oauth", "basic"]
        words += ["--silent", "--disableTelemetry", "--skipApiVersionCheck", "--inMemoryPersistence"]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(1200):  # a busy machine takes its time
            try:
                socket.create_connection(("127.0.0.1", self._port), 0.2).close()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("Azurite did not start")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def make(self, container: str) -> None:
        """A container."""
        made = self._forward("PUT", f"/{container}?restype=container", {"x-ms-version": "2023-11-03"}, b"")
        assert made.status == 201, made.body

    def answer(self, call: Call) -> Answer:
        problem = self.entra.problem(call, (AUDIENCE,))
        if problem:
            raise Refused(401, *problem)
        query = "&".join(f"{name}={value}" for name, value in call.query.items())
        headers = {name: value for name, value in call.headers.items() if name not in _HOP}
        return self._forward(call.method, f"{call.path}?{query}", headers, call.body)

    def _forward(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        connection = HTTPSConnection("localhost", self._port, context=self._context, timeout=30)
        try:
            sent = {**headers, "Authorization": f"Bearer {_token()}", "Content-Length": str(len(body))}
            connection.request(method, f"/{ACCOUNT}{target}", body, sent)
            found = connection.getresponse()
            kept = {name: value for name, value in found.getheaders() if name.lower() not in _HOP}
            return Answer(found.status, found.read(), kept)
        finally:
            connection.close()


def _token() -> str:
    """Azurite looks at issuer, audience and times alone."""
    now = int(time.time())
    claims = {"aud": AUDIENCE, "iss": "https://sts.windows.net/0/", "nbf": now - 60, "iat": now - 60, "exp": now + 3600}
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
