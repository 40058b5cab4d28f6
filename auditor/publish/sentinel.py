"""The Logs Ingestion API: how rows reach the table that Microsoft Sentinel reads.

Source: Azure Monitor, "Logs Ingestion API": a JSON array to a data collection rule, answered by 204. The right is
*Monitoring Metrics Publisher* on the rule, and takes minutes to work after it was given: 403 until then.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from auditor.model.errors import ConfigError, ResourceError
from auditor.publish.chunks import LIMIT, body
from auditor.publish.delivery import BusyError, RefusedError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_REFUSED: Final = (400, 413)
_WRONG: Final = {
    401: "the token is not for this cloud: check --cloud",
    404: "there is no such rule or stream: check --endpoint, --rule and --stream",
}


class Sentinel:
    """A stream of a data collection rule. `audience` is that of the cloud, such as https://monitor.azure.com.
    ConfigError when the endpoint is none."""

    limit = LIMIT

    def __init__(self, endpoint: str, rule: str, stream: str, credential: TokenCredential, audience: str) -> None:
        from azure.monitor.ingestion import LogsIngestionClient

        parts = urlsplit(endpoint)
        if parts.scheme != "https" or not parts.hostname or parts.username:
            raise ConfigError(f"{endpoint!r} is no https:// address of an endpoint.", "The template's outputs have it.")
        self.name = f"sentinel {endpoint.rstrip('/')} {rule} {stream}"
        self._rule = rule
        self._stream = stream
        # One attempt: what to do when it fails is decided in `delivery`.
        scopes = [f"{audience}/.default"]
        self._client = LogsIngestionClient(endpoint, credential, credential_scopes=scopes, retry_total=0)

    def send(self, rows: Sequence[bytes]) -> None:
        """Send rows in one request. BusyError, RefusedError; ResourceError when the target is wrong."""
        from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

        packed = body(rows)
        if len(packed) > self.limit:
            raise RefusedError(f"the record has {len(packed):,} bytes when compressed, more than a request may have")
        try:
            self._client.upload(self._rule, self._stream, BytesIO(packed))
        except ClientAuthenticationError as error:
            raise ResourceError(f"The sign-in failed: {_said(error)}", "Check the credentials and --auth.") from error
        except HttpResponseError as error:
            raise self._meaning(error) from error
        except AzureError as error:  # no connection, or none to the end
            raise BusyError(f"the endpoint cannot be reached: {_said(error)}") from error

    def _meaning(self, error: Any) -> Exception:
        status = error.status_code
        if status in _REFUSED:
            return RefusedError(f"refused with {status}: {_said(error)}")
        if status in _WRONG:
            return ResourceError(f"The endpoint answered {status}: {_said(error)}", f"Perhaps {_WRONG[status]}.")
        right = "; Monitoring Metrics Publisher on the data collection rule is needed" if status == 403 else ""
        after = error.response.headers.get("Retry-After") if error.response is not None else None
        return BusyError(f"the endpoint answered {status}: {_said(error)}{right}", _seconds(after))


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdigit() else None


def _said(error: Exception) -> str:
    """The first line of an error, without what it was called with."""
    return str(getattr(error, "message", None) or error).splitlines()[0][:300]
