"""TLS handshakes with one host: the chain it sends, the versions it speaks, whether it asks for a client certificate.

Nothing is verified here: an untrusted or expired certificate is what we want to see. One connection for each version,
each ended as soon as the handshake is.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import time
from typing import Any, Final, NamedTuple

VERSIONS: Final = {
    "1.3": ssl.TLSVersion.TLSv1_3,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.0": ssl.TLSVersion.TLSv1,
}
_OURS: Final = ("NO_PROTOCOLS_AVAILABLE", "NO_CIPHERS_AVAILABLE")
"""Errors that say of this machine, not of the host, that it does without a version."""
_SERVER_HELLO, _CERTIFICATE, _CERTIFICATE_REQUEST = 2, 11, 13  # RFC 8446, section 4


class Handshake(NamedTuple):
    """What a host sent. `chain`: DER, the leaf first; `versions` that it speaks, newest first; `unknown` those of
    which that could not be seen, with the reason; `client_certificate`: none, asked or required."""

    chain: tuple[bytes, ...]
    versions: tuple[str, ...]
    unknown: dict[str, str]
    client_certificate: str


class Failed(NamedTuple):
    """Why a host could not be asked."""

    reason: str


def shake(host: str, port: int, timeout: float) -> Handshake | Failed:
    """Ask a host for every version in turn. `timeout` in seconds is for each connection with its handshake."""
    tries: dict[str, _Try] = {}
    for name, version in VERSIONS.items():
        tries[name] = _try(host, port, version, timeout)
        if not tries[name].connected:
            if any(one.spoken for one in tries.values()):
                continue
            return Failed(tries[name].error)
    spoken = tuple(name for name, one in tries.items() if one.spoken)
    if not spoken:
        return Failed(f"no version of TLS is spoken there: {tries['1.2'].error or tries['1.3'].error}")
    unknown = {name: one.error for name, one in tries.items() if not one.spoken and one.unclear}
    chain = next((tries[name].chain for name in spoken if tries[name].chain), ())
    asked = [one for one in tries.values() if one.asked]
    needed = "required" if any(one.refused for one in asked) else "asked"
    return Handshake(chain, spoken, unknown, needed if asked else "none")


class _Try:
    """One connection, and what the host said in it. `unclear`: it ended for another reason than the version."""

    def __init__(self, version: ssl.TLSVersion) -> None:
        self._version = version
        self.connected = self.spoken = self.asked = self.refused = self.unclear = False
        self.chain: tuple[bytes, ...] = ()
        self.error = ""

    def hears(self, _connection: Any, direction: str, version: Any, content: Any, message: Any, data: bytes) -> None:
        """A message of the protocol, in the clear."""
        if direction != "read" or int(content) != 22:
            return
        if int(message) == _SERVER_HELLO:
            self.spoken = _version_of(data) is self._version  # else it is one that we did not offer
        elif int(message) == _CERTIFICATE_REQUEST:
            self.asked = True
        elif int(message) == _CERTIFICATE:
            self.chain = _certificates(data, int(version) == 0x0304)


def _try(host: str, port: int, version: ssl.TLSVersion, timeout: float) -> _Try:
    heard, deadline = _Try(version), time.monotonic() + timeout
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        context.minimum_version = context.maximum_version = version
    except ValueError:
        heard.connected = heard.unclear = True
        heard.error = "this machine does not speak it"
        return heard
    # The only way to see a request for a client certificate; there in every Python since 3.8.
    context._msg_callback = heard.hears  # type: ignore[attr-defined]
    try:
        connection = socket.create_connection((host, port), timeout)
    except (OSError, UnicodeError) as error:  # a label of more than 63 characters is a UnicodeError
        heard.error = _told(error)
        return heard
    heard.connected = True
    with connection:
        connection.setblocking(False)
        try:
            with context.wrap_socket(connection, server_hostname=host, do_handshake_on_connect=False) as secured:
                _until(secured, secured.do_handshake, deadline)
                if heard.asked and version is ssl.TLSVersion.TLSv1_3:
                    # Here a host refuses after the handshake; one that does not care waits for us to speak.
                    _until(secured, lambda: secured.recv(1), min(deadline, time.monotonic() + 1))
        except TimeoutError as error:
            heard.unclear, heard.error = not heard.spoken, _told(error)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            heard.error = _told(error)
            heard.refused = heard.asked
            ours = isinstance(error, ssl.SSLError) and error.reason in _OURS
            heard.unclear = ours or not isinstance(error, (ssl.SSLError, ConnectionError))
    return heard


def _until(secured: ssl.SSLSocket, step: Any, deadline: float) -> None:
    """Repeat a step of a socket that does not block until it is done. Raises TimeoutError at the deadline."""
    with selectors.DefaultSelector() as ready:
        ready.register(secured, selectors.EVENT_READ)
        while True:
            try:
                step()
                return
            except ssl.SSLWantReadError:
                ready.modify(secured, selectors.EVENT_READ)
            except ssl.SSLWantWriteError:
                ready.modify(secured, selectors.EVENT_WRITE)
            if not ready.select(max(deadline - time.monotonic(), 0)):
                raise TimeoutError("it did not answer in time")


def _version_of(hello: bytes) -> ssl.TLSVersion | None:
    """The version of a ServerHello (RFC 8446, 4.1.3): 1.3 says that it is 1.2, but has ciphers of its own."""
    cipher = 39 + hello[38] if len(hello) > 38 else 0
    if hello[cipher : cipher + 1] == b"\x13":
        return ssl.TLSVersion.TLSv1_3
    said = int.from_bytes(hello[4:6], "big")
    return next((version for version in VERSIONS.values() if version == said), None)


def _certificates(message: bytes, newest: bool) -> tuple[bytes, ...]:
    """The certificates in a Certificate message (RFC 5246, 7.4.2; RFC 8446, 4.4.2, where each has extensions)."""
    at = 4 + (1 + message[4] if newest and len(message) > 4 else 0) + 3
    found = []
    while at + 3 <= len(message):
        length = int.from_bytes(message[at : at + 3], "big")
        found.append(message[at + 3 : at + 3 + length])
        at += 3 + length
        if newest:
            at += 2 + int.from_bytes(message[at : at + 2], "big")
    return tuple(found)


def _told(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "the handshake failed").replace("_", " ").lower()
    if isinstance(error, socket.gaierror):
        return "its name is not known here"
    return str(error.strerror or error) if isinstance(error, OSError) else str(error)
