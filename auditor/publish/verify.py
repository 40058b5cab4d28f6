"""What has arrived: asks the workspace for the rows of an audit. Source: Azure Monitor, "Log Analytics query API"."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from auditor.errors import ResourceError
from auditor.publish.columns import TABLE

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

QUERY: Final = (  # `dcount` is an estimate: distinct rows are counted instead
    f"{TABLE} | where ScanId == '{{scan}}' | distinct RecordId, RecordType, Records "
    "| summarize Rows = countif(RecordType == 'Finding'), Expected = max(Records), "
    "Ended = countif(RecordType == 'ScanSummary')"
)
_PAUSE: Final = 15.0
_DAY: Final = timedelta(days=1)


class Arrived(NamedTuple):
    """Finding rows that are there, and how many there must be (None: the summary has not arrived)."""

    rows: int
    expected: int | None

    @property
    def complete(self) -> bool:
        return self.rows == self.expected


def arrived(
    endpoint: str,
    workspace: str,
    credential: TokenCredential,
    scan: str,
    at: datetime,
    patience: float,
    wait: Callable[[float], None] = time.sleep,
) -> Arrived:
    """Ask until all rows are there, for `patience` seconds at most: what was taken takes minutes to be found."""
    from azure.core.exceptions import AzureError
    from azure.monitor.query import LogsQueryClient

    client = LogsQueryClient(credential, endpoint=endpoint)
    waited = 0.0
    while True:
        try:
            found = _answer(
                client.query_workspace(
                    workspace, QUERY.format(scan=scan), timespan=(at - _DAY, datetime.now(UTC) + _DAY)
                )
            )
        except AzureError as error:
            told = str(error).splitlines()[0][:300]
            raise ResourceError(
                f"The workspace could not be asked: {told}", "Log Analytics Reader on the workspace is needed."
            ) from error
        if found.complete or waited >= patience:
            return found
        wait(min(_PAUSE, patience - waited))
        waited += _PAUSE


def _answer(result: Any) -> Arrived:
    from azure.monitor.query import LogsQueryPartialResult

    if isinstance(result, LogsQueryPartialResult):
        raise ResourceError(f"The workspace answered in part only: {result.partial_error}", "Ask again later.")
    rows, expected, ended = result.tables[0].rows[0]
    return Arrived(int(rows), int(expected) if ended else None)
