"""What has arrived: asks the workspace for the rows of an audit."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from auditor.publish.table_schema import TABLE
from auditor.publish.workspace import Workspace

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
    workspace: Workspace, scan: str, at: datetime, patience: float, wait: Callable[[float], None] = time.sleep
) -> Arrived:
    """Ask until all rows are there, for `patience` seconds at most: what was taken takes minutes to be found.

    `at` is the time of the audit. Raises ResourceError.
    """
    waited = 0.0
    while True:
        (row,) = workspace.ask(QUERY.format(scan=scan), (at - _DAY, datetime.now(UTC) + _DAY))
        found = Arrived(int(row["Rows"]), int(row["Expected"]) if row["Ended"] else None)
        if found.complete or waited >= patience:
            return found
        wait(min(_PAUSE, patience - waited))
        waited += _PAUSE
