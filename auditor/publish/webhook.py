"""A webhook as sink: signed requests, so that whoever receives them knows that they are ours, whole and fresh.

The body is `{"records": […]}`. `X-Auditor-Signature` is `sha256=` and the HMAC-SHA256, by the shared secret, of the
value of `X-Auditor-Timestamp` (seconds since 1970), a full stop and the body.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from auditor.model.errors import ConfigError, ResourceError
from auditor.publish.delivery import BusyError, RefusedError
from auditor.sanitize.messages import address_name, safe_name

SECRET: Final = "AUDITOR_WEBHOOK_SECRET"  # noqa: S105  (the name of a variable)
_TIMEOUT: Final = 30
_SHORTEST: Final = 16
_WRONG: Final = (401, 403, 404, 405)
_REFUSED: Final = (400, 413, 422)


class Webhook:
    """An https:// address; `secret` is shared with whoever receives. ConfigError when they cannot be used."""

    limit = 256_000

    def __init__(self, url: str, secret: str | None) -> None:
        if not _is_address(url):
            told = f"{address_name(url)!r} is no https:// address for a webhook."
            raise ConfigError(told, "Passwords belong into the secret.")
        if not secret or len(secret) < _SHORTEST:
            told = f"{SECRET} is not set, or has fewer than {_SHORTEST} characters."
            raise ConfigError(told, "Set it to the secret that the receiver has.")
        self.name = safe_name(f"webhook {url}")
        self._url = url
        self._secret = secret.encode()
        self._opener = urllib.request.build_opener(_NoRedirect)

    def send(self, rows: Sequence[bytes]) -> None:
        """Send rows in one request. BusyError, RefusedError; ResourceError when the receiver does not know us."""
        body = b'{"records":[' + b",".join(rows) + b"]}"
        now = str(int(time.time()))
        signature = hmac.new(self._secret, now.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "auditor",
            "X-Auditor-Timestamp": now,
            "X-Auditor-Signature": f"sha256={signature}",
        }
        request = urllib.request.Request(self._url, body, headers, method="POST")  # noqa: S310  (https, see above)
        try:
            with self._opener.open(request, timeout=_TIMEOUT):
                pass
        except urllib.error.HTTPError as error:
            error.close()
            raise self._meaning(error.code, error.headers.get("Retry-After")) from error
        except (OSError, http.client.HTTPException) as error:
            reason = type(getattr(error, "reason", error)).__name__  # its text may quote the address
            raise BusyError(f"the webhook cannot be reached: {reason}") from error

    def _meaning(self, status: int, after: str | None) -> Exception:
        if status in _REFUSED:
            return RefusedError(f"refused with {status}")
        if status in _WRONG or 300 <= status < 400:
            return ResourceError(f"The webhook answered {status}.", f"Check its address and {SECRET}.")
        return BusyError(f"the webhook answered {status}", float(after) if after and after.isdigit() else None)


def _is_address(url: str) -> bool:
    """Whether requests can be sent to an address: https://, a host, no user, and nothing that has to be escaped."""
    try:
        parts = urlsplit(url)
        host, _port = (parts.hostname or "").encode("idna"), parts.port
    except ValueError:
        return False
    rest = f"{parts.path}?{parts.query}"
    plain = rest.isascii() and url.isprintable() and " " not in url
    return parts.scheme == "https" and bool(host) and not parts.username and plain


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Findings go where they were sent, and nowhere else."""

    def redirect_request(self, *_args: Any) -> None:
        return None
