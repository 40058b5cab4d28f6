"""The Logs Ingestion API: strict about audience, size on both sides of gzip, stream and columns; what it takes lands in
the table of a workspace, where `log_analytics` runs KQL over it.

Source: Azure Monitor, "Logs Ingestion API in Azure Monitor" and "Service limits".
"""

from __future__ import annotations

import datetime as dt
import gzip
import re
import threading
import zlib
from collections.abc import Callable
from typing import Any, Final

import orjson

from auditor.publish.table_schema import COLUMNS, STREAM, TABLE
from tests.azure.clouds import Cloud
from tests.azure.entra import Entra
from tests.azure.estate import Estate, demo_estate
from tests.azure.http import Answer, Call, Refused
from tests.azure.rights import Rights
from tests.kql.tables import TABLES

RULE: Final = "dcr-0123456789abcdef0123456789abcdef"
API_VERSION: Final = "2023-01-01"
LIMIT: Final = 1_000_000
FIELD_LIMIT: Final = 65_536
ACTION: Final = "Microsoft.Insights/Telemetry/Write"

TABLES[TABLE] = {column.name: "bool" if column.type == "boolean" else column.type.lower() for column in COLUMNS}


def publishing_estate() -> Estate:
    """The demo estate as of today: what is ingested gets the time of its arrival."""
    found = demo_estate()
    found.clock = None
    return found


class Ingestion:
    """One data collection rule, into one workspace (its customer id). `requests` are the sizes of the bodies that were
    taken, before gzip; `cut` counts values that the service would have cut silently."""

    def __init__(self, cloud: Cloud, estate: Estate, rights: Rights, entra: Entra) -> None:
        self.cloud, self.rights, self.entra = cloud, rights, entra
        self.requests: list[int] = []
        self.cut = 0
        self.rows: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        found = estate.of_type("Microsoft.OperationalInsights/workspaces")
        self.workspace = next((one["properties"]["customerId"] for one in found), None)
        if self.workspace:
            estate.logs.setdefault(self.workspace, {})[TABLE] = self.rows

    def answer(self, call: Call) -> Answer:
        problem = self.entra.problem(call, (self.cloud.ingestion_audience,))
        if problem:
            raise Refused(401, *problem)
        found = re.fullmatch(r"/dataCollectionRules/([^/]+)/streams/([^/]+)", call.path)
        if not found or call.method != "POST":
            raise Refused(404, "NotFound", f"There is nothing to {call.method} at {call.path}.")
        if call.query.get("api-version") != API_VERSION:
            raise Refused(400, "UnsupportedApiVersion", f"The api-version is {call.query.get('api-version')}.")
        if found[1] != RULE:
            raise Refused(404, "NotFound", f"Data collection rule with immutable Id '{found[1]}' not found.")
        if found[2] != STREAM:
            raise Refused(404, "NotFound", f"Stream '{found[2]}' was not configured in the rule.")
        if not self.rights.may(ACTION, f"/{RULE}"):
            text = f"The authentication token provided does not have access to ingest data for the rule {RULE}."
            raise Refused(403, "OperationFailed", text)
        if len(call.body) > LIMIT:
            raise Refused(413, "ContentLengthLimitExceeded", f"The body has {len(call.body)} bytes.")
        text = self._plain(call)
        if len(text) > LIMIT:
            raise Refused(413, "ContentLengthLimitExceeded", f"The body has {len(text)} bytes when decompressed.")
        try:
            rows = orjson.loads(text)
        except ValueError as error:
            raise Refused(400, "InvalidPayload", "The payload is not valid JSON.") from error
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Refused(400, "InvalidPayload", "The payload is not an array of objects.")
        kept = [self._row(row) for row in rows]
        with self._lock:
            self.rows += kept
            self.requests.append(len(text))
        return Answer(204)

    def _plain(self, call: Call) -> bytes:
        if call.headers.get("content-encoding") != "gzip":
            return call.body
        try:
            return gzip.decompress(call.body)
        except (OSError, EOFError, zlib.error) as error:
            raise Refused(400, "InvalidPayload", "The payload is not gzip.") from error

    def _row(self, row: dict[str, Any]) -> dict[str, Any]:
        """As the table keeps it: the columns that the stream declares, each of its type; the rule sets the time."""
        kept: dict[str, Any] = {"TimeGenerated": dt.datetime.now(dt.UTC).isoformat()}
        for column in COLUMNS:
            value = row.pop(column.name, None)
            if value is None or column.name == "TimeGenerated":
                continue
            if not _FITS[column.type](value):
                raise AssertionError(f"{column.name} is {column.type}, but {value!r} was sent")
            if len(orjson.dumps(value)) > FIELD_LIMIT:
                self.cut += 1
            kept[column.name] = value
        assert not row, f"columns that the stream does not declare: {sorted(row)}"
        return kept


_FITS: Final[dict[str, Callable[[Any], bool]]] = {
    "string": lambda value: isinstance(value, str),
    "long": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "dateTime": lambda value: isinstance(value, str) and bool(dt.datetime.fromisoformat(value)),
    "dynamic": lambda value: isinstance(value, (dict, list)),
}
