"""What is said to people and written to logs: sentences, addresses, names of sinks. Pure."""

from __future__ import annotations

import hashlib
import re
from typing import Final
from urllib.parse import urlsplit

from auditor.sanitize.marks import AZURE
from auditor.sanitize.texts import spans
from auditor.sanitize.values import is_opaque


def message(text: str) -> str:
    """A sentence without the secrets that it quotes. Words that follow the name of a secret are a part of it."""
    data = text.encode("utf-8", "surrogatepass")
    parts, at = [], 0
    for span in spans(data):
        if span.certain or not _WORD.fullmatch(data, span.start, span.end):
            parts += [data[at : span.start], AZURE.secret.encode()]
            at = span.end
    return b"".join([*parts, data[at:]]).decode("utf-8", "surrogatepass") if parts else text


_WORD: Final = re.compile(rb"[A-Za-z]{1,15}")


def address_name(url: str) -> str:
    """A name for an address that has no secret in it and tells two addresses apart: scheme, host, path and a digest.
    A part of the path that looks like a token is left out as well.

    The digest covers all of the address; it is there only when something was left out.
    """
    named = _NAMED.fullmatch(url)
    address, digest = (named[1], named[2]) if named else (url, _digest(url))
    try:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return f"(an address)#{digest}"
    path = "/".join(AZURE.secret if is_opaque(part) else part for part in parts.path.split("/"))
    shown = message(f"{parts.scheme}://{parts.hostname or ''}{port}{path}")
    return url if shown == url else f"{shown}#{digest}"


def safe_name(sink: str) -> str:
    """The name of a sink, with that of its address in the place of the address of a webhook."""
    kind, blank, url = sink.partition(" ")
    return f"{kind} {address_name(url)}" if kind == "webhook" and blank else sink


_NAMED: Final = re.compile(r"([^?@\s]+)#([0-9a-f]{12})")
"""What `address_name` has made already."""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
