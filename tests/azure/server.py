"""The proxy: CONNECT, TLS with a certificate for the host that was asked for, HTTP/1.1, and the faults of the plan."""

from __future__ import annotations

import socket
import ssl
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

import trustme

from tests.azure.http import Answer, Call, Dropped

TRUNCATE: Final = "truncate"


class Authority:
    """Certificates for any host, from an authority of its own."""

    def __init__(self) -> None:
        self.ca = trustme.CA(key_type=trustme.KeyType.ECDSA)
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def context(self, host: str) -> ssl.SSLContext:
        with self._lock:
            if host not in self._contexts:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.minimum_version = ssl.TLSVersion.TLSv1_2
                self.ca.issue_cert(host, key_type=trustme.KeyType.ECDSA).configure_cert(context)
                self._contexts[host] = context
            return self._contexts[host]


class Proxy(ThreadingHTTPServer):
    """Passes every request to `respond`; `known` says which hosts there are. Hosts are given in lower case."""

    daemon_threads = True
    request_queue_size = 512  # the default of 5 stalls parallel clients for seconds

    def __init__(self, respond: Callable[[Call], Answer], known: Callable[[str], bool], authority: Authority) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.respond, self.known, self.authority = respond, known, authority
        self.crashes: list[str] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is its own affair; anything else is a defect here, and kept."""
        if not isinstance(sys.exception(), OSError):
            self.crashes.append(traceback.format_exc())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy
    tunnel = ""

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the calls are kept."""

    def do_CONNECT(self) -> None:
        host = self.path.rpartition(":")[0].casefold()
        if not self.server.known(host):
            self._send(Answer(403, {"error": {"code": "HostNotAllowed", "message": host}}), "CONNECT")
            self.close_connection = True
            return
        self.send_response(200, "Connection established")
        self.end_headers()
        self.wfile.flush()
        self.connection = self.server.authority.context(host).wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
        self.tunnel, self.close_connection = host, False

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.connection.close()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = self.path
        host = self.tunnel
        if not host:
            parts = urlsplit(self.path)
            host = (parts.hostname or "").casefold()
            target = parts._replace(scheme="", netloc="").geturl()
        headers = {name.casefold(): value for name, value in self.headers.items()}
        call = Call.of(self.command, host, target, headers, body)
        try:
            self._send(self.server.respond(call), self.command)
        except Dropped:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if isinstance(self.connection, ssl.SSLSocket):
                socket.close(self.connection.detach())

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Every verb is answered, the unheard-of too: what is asked must be seen."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _drip(self, data: bytes, seconds: float) -> None:
        """Byte by byte, with so many seconds between them, until the client hangs up."""
        for number in range(len(data)):
            self.wfile.write(data[number : number + 1])
            self.wfile.flush()
            time.sleep(seconds)

    def _send(self, answer: Answer, method: str) -> None:
        if answer.raw:
            self.wfile.write(answer.raw)
            self.wfile.flush()
            self.close_connection = True
            return
        payload = answer.payload()
        cut = answer.headers.pop(TRUNCATE, None)
        self.send_response(answer.status)
        headers = {"Content-Type": "application/json; charset=utf-8"} | answer.headers
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(payload)))
        if answer.head_pace:
            self._drip(b"".join(self._headers_buffer), answer.head_pace)
            self._headers_buffer.clear()
        self.end_headers()
        if method != "HEAD" and answer.pace:
            self._drip(payload, answer.pace)
        elif method != "HEAD":
            self.wfile.write(payload[: len(payload) // 2] if cut else payload)
        self.wfile.flush()
        if cut or answer.closes:
            self.close_connection = True
