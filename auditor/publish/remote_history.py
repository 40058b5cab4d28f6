"""The history of an estate as the workspace knows it: the same figures as of a local history, from published records.

Where an audit ran on a machine that kept nothing, this is the only one. What the table has forgotten is not in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from auditor.history.metrics import History, Run, Tally, by_rule, by_severity
from auditor.history.store import the_estate
from auditor.history.transitions import Status
from auditor.publish.table_schema import TABLE
from auditor.publish.workspace import Workspace

# No name of an estate is in a question: it could end a literal. The answers are chosen from instead.
RUNS: Final = f"""
{TABLE}
| where RecordType == 'ScanSummary'
| summarize arg_max(TimeGenerated, *) by ScanId
| project Estate, ScanTime, Summary
| order by ScanTime asc
"""
STANDING: Final = f"""
{TABLE}
| where RecordType == 'Finding'
| summarize arg_max(ScanTime, *) by Estate, FindingId
| where Status != 'Resolved'
| extend Aged = Status == 'Open' and isnotnull(FailingSince)
| extend Seconds = iff(Aged, datetime_diff('second', {{now}}, FailingSince), 0)
| summarize Open = countif(Status == 'Open'), Exempt = countif(Status == 'Exempt'),
    NotEvaluated = countif(Status == 'NotEvaluated'), Aged = countif(Aged), Seconds = sum(Seconds)
    by Estate, RuleId, Severity
"""
STEPS: Final = f"""
{TABLE}
| where RecordType == 'Finding' and ScanTime >= {{since}}
| summarize arg_max(TimeGenerated, *) by RecordId
| extend Opened = Status == 'Open' and FailingSince == ScanTime
| extend Mended = Status == 'Resolved' and isnotnull(FailingSince)
| where Opened or Mended
| extend Seconds = iff(Mended, datetime_diff('second', ScanTime, FailingSince), 0)
| summarize Opened = countif(Opened), Mended = countif(Mended), Seconds = sum(Seconds)
    by Estate, ScanTime, RuleId, Severity
"""
_DAY: Final = 86_400
_BEGINNING: Final = "1970-01-01T00:00:00+00:00"


def recall(workspace: Workspace, estate: str | None, since: str | None = None) -> History:
    """The figures of an estate, as of its latest audit in the workspace. `since` as of `history.figures.history`.

    InputError when there is no such estate; ResourceError when there is no whole answer.
    """
    audits: dict[str, list[tuple[datetime, dict[str, Any]]]] = defaultdict(list)
    for row in workspace.ask(RUNS):
        audits[row["Estate"]].append((_time(row["ScanTime"]), _dynamic(row["Summary"])))
    name = the_estate(sorted(audits), estate, "The workspace")
    severities: defaultdict[str, Tally] = defaultdict(Tally)
    rules: defaultdict[str, Tally] = defaultdict(Tally)
    now = _moment(audits[name][-1][0].isoformat())
    for row in _of(name, workspace.ask(STANDING.format(now=now))):
        for tally in (severities[row["Severity"]], rules[row["RuleId"]]):
            tally.status[Status.OPEN] += row["Open"]
            tally.status[Status.EXEMPT] += row["Exempt"]
            tally.status[Status.NOT_EVALUATED] += row["NotEvaluated"]
            tally.aged += row["Aged"]
            tally.age += row["Seconds"] / _DAY
    per_run: defaultdict[datetime, list[int]] = defaultdict(lambda: [0, 0])
    for row in _of(name, workspace.ask(STEPS.format(since=_moment(since or _BEGINNING)))):
        run = per_run[_time(row["ScanTime"])]
        run[0] += row["Opened"]
        run[1] += row["Mended"]
        for tally in (severities[row["Severity"]], rules[row["RuleId"]]):
            tally.opened += row["Opened"]
            tally.mended += row["Mended"]
            tally.mending += row["Seconds"] / _DAY
    runs = [
        Run(at=at.isoformat(), figures=told, opened=per_run[at][0], resolved=per_run[at][1])
        for at, told in audits[name]
        if at.isoformat() >= (since or "")
    ]
    return History(estate=name, since=since, runs=tuple(runs), severities=by_severity(severities), rules=by_rule(rules))


def _of(estate: str, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (row for row in rows if row["Estate"] == estate)


def _moment(time: str) -> str:
    return f"datetime({datetime.fromisoformat(time).astimezone(UTC).isoformat()})"


def _time(value: datetime | str) -> datetime:
    return (value if isinstance(value, datetime) else datetime.fromisoformat(value)).astimezone(UTC)


def _dynamic(value: Any) -> dict[str, Any]:
    """A value of a dynamic column: the service gives it as text."""
    found: dict[str, Any] = msgspec.json.decode(value) if isinstance(value, str) else value
    return found
