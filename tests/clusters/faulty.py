"""A proxy before a real API server that answers some requests otherwise: late, broken, in part, or not at all."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import urllib3

from tests.clusters.server import Server


class Fault(NamedTuple):
    """What happens to a request. Without any of these it is answered as it should be."""

    status: int = 0
    body: Any = None  # of an answer with this status
    headers: dict[str, str] = {}
    delay: float = 0  # seconds before the answer
    reset: bool = False  # the connection is cut before it
    truncated: bool = False  # it is cut in the middle of the answer
    trickle: float = 0  # seconds between its bytes
    garbage: bytes | None = None  # instead of the body


Plan = Callable[[str, int], Fault | None]
"""The path with its query, and the number of the request (from 0) → what happens to it."""


class Proxy:
    """`url` is where it listens; `asked` are the requests so far, `shown` the credentials that came with them."""

    def __init__(self, url: str, asked: list[str], shown: list[str]) -> None:
        self.url = url
        self.asked = asked
        self.shown = shown


@contextmanager
def before(server: Server, plan: Plan, *, token: str | None = None) -> Iterator[Proxy]:
    """A proxy before a server. `token` is shown to the server instead of what came."""
    asked: list[str] = []
    shown: list[str] = []
    lock = threading.Lock()
    pool = urllib3.PoolManager(ca_certs=str(server.ca), maxsize=8)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.answer(None)

        def do_POST(self) -> None:
            self.answer(self.rfile.read(int(self.headers["Content-Length"])))

        def answer(self, data: bytes | None) -> None:
            with lock:
                number = len(asked)
                asked.append(self.path)
                shown.append(self.headers.get("Authorization", ""))
            fault = plan(self.path, number) or Fault()
            time.sleep(fault.delay)
            if fault.reset:
                self.cut()
                return
            status, headers, body = fault.status, fault.headers, json.dumps(fault.body).encode()
            if not status:
                sent = {key.title(): value for key, value in self.headers.items() if key.title() != "Host"}
                sent |= {"Authorization": f"Bearer {token}"} if token else {}
                real = pool.request(self.command, server.url + self.path, body=data, headers=sent, decode_content=False)
                status, headers, body = real.status, dict(real.headers), real.data
            body = body if fault.garbage is None else fault.garbage
            self.send_response(status)
            for key, value in headers.items():
                if key.lower() not in ("content-length", "transfer-encoding", "date"):
                    self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if fault.truncated:
                self.wfile.write(body[: len(body) // 2])
                self.cut()
            elif fault.trickle:
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(fault.trickle)
            else:
                self.wfile.write(body)

        def cut(self) -> None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()

        def log_message(self, *_given: object) -> None:
            pass

    class Listener(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_given: object) -> None:
            pass  # the client may go away

    with Listener(("127.0.0.1", 0), Handler) as listener:
        thread = threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield Proxy(f"http://127.0.0.1:{listener.server_port}", asked, shown)
        finally:
            listener.shutdown()
            thread.join()


@contextmanager
def silent() -> Iterator[str]:
    """The address of a listener that takes connections and never says anything."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
