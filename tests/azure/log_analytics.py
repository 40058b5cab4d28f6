"""The query endpoint of Log Analytics: KQL that really runs, over tables with the published columns."""

from __future__ import annotations

import datetime as dt
import re
import threading
import uuid
from collections.abc import Mapping
from typing import Any, Final

import duckdb
import duckdb_kql
import orjson

from tests.azure.clouds import Cloud
from tests.azure.entra import Entra
from tests.azure.estate import Estate
from tests.azure.http import Answer, Call, Refused, Violation
from tests.azure.rights import Rights
from tests.kql.tables import TABLES

SQL_TYPES: Final = {
    "string": "VARCHAR",
    "datetime": "TIMESTAMPTZ",
    "long": "BIGINT",
    "int": "INTEGER",
    "real": "DOUBLE",
    "bool": "BOOLEAN",
    "dynamic": "JSON",
    "guid": "VARCHAR",
}
KQL_TYPES: Final = {
    "TIMESTAMP WITH TIME ZONE": "datetime",
    "BIGINT": "long",
    "HUGEINT": "long",
    "INTEGER": "int",
    "DOUBLE": "real",
    "BOOLEAN": "bool",
    "JSON": "dynamic",
}


class LogAnalytics:
    """`partial` names workspaces (customer ids) whose answers come with an error beside the rows."""

    def __init__(self, cloud: Cloud, estate: Estate, rights: Rights, entra: Entra) -> None:
        self.cloud, self.estate, self.rights, self.entra = cloud, estate, rights, entra
        self.partial: set[str] = set()
        self._lock = threading.Lock()

    def answer(self, call: Call) -> Answer:
        problem = self.entra.problem(call, tuple(f"https://{host}" for host in self.cloud.logs))
        if problem:
            raise Refused(
                401,
                "InvalidTokenError",
                "The provided authentication is not valid for this resource",
                innererror={"code": problem[0]},
            )
        found = re.fullmatch(r"/v1/workspaces/([^/]+)/query", call.path)
        if not found or call.method != "POST":
            raise Violation(404, "PathNotFoundError", f"A reader has nothing to {call.method} at {call.path}.")
        workspace = self.estate.workspace(found[1])
        if workspace is None:
            raise Refused(
                404, "WorkspaceNotFoundError", "The workspace could not be found", correlationId=str(uuid.uuid4())
            )
        hidden = not self.rights.may("Microsoft.OperationalInsights/workspaces/query/read", workspace["id"])
        if hidden or found[1] in self.rights.workspaces:
            text = "The provided credentials have insufficient access to perform the requested operation"
            raise Refused(403, "InsufficientAccessError", text, correlationId=str(uuid.uuid4()))
        request = call.json()
        names, types, rows = self._run(found[1], request.get("query") or "", request.get("timespan"))
        columns = [{"name": name, "type": type_} for name, type_ in zip(names, types, strict=True)]
        body: dict[str, Any] = {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]}
        if found[1] in self.partial:
            inner = {"code": "QueryTimeout", "message": "The query ran into the limits of the service."}
            text = "There were some errors when processing your query."
            body["error"] = {"code": "PartialError", "message": text, "details": [inner]}
        return Answer(200, body)

    def _run(self, customer: str, query: str, timespan: str | None) -> tuple[list[str], list[str], list[list[Any]]]:
        con = duckdb_kql.connect()
        try:
            with self._lock:
                self._load(con, customer, timespan)
                tables = self.estate.logs.get(customer, {})
                found = duckdb_kql.query(con, runnable(query, {table: TABLES[table] for table in tables}))
                names, kinds = list(found.columns), [str(kind) for kind in found.types]
                rows = [[_value(cell, kind) for cell, kind in zip(row, kinds, strict=True)] for row in found.fetchall()]
        except (duckdb_kql.KqlError, duckdb.Error) as error:
            inner = {"code": "SemanticError", "message": str(error)[:300]}
            text = "The request had some invalid properties"
            raise Refused(400, "BadArgumentError", text, correlationId=str(uuid.uuid4()), innererror=inner) from error
        finally:
            con.close()
        return names, [KQL_TYPES.get(kind, "string") for kind in kinds], rows

    def _load(self, con: Any, customer: str, timespan: str | None) -> None:
        """The tables that the workspace has. One without rows is not there until something was sent to it."""
        start, end = _span(timespan, self.estate.clock or dt.datetime.now(dt.UTC))
        for table, rows in self.estate.logs.get(customer, {}).items():
            columns = TABLES[table]
            names = ", ".join(f'"{name}" {SQL_TYPES[type_]}' for name, type_ in columns.items())
            con.execute(f'CREATE TABLE "{table}" ({names})')
            for row in rows:
                if start <= _time(row["TimeGenerated"]) <= end:
                    values = [_stored(row.get(name), type_) for name, type_ in columns.items()]
                    con.execute(f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(values))})', values)


def runnable(query: str, tables: Mapping[str, Mapping[str, str]]) -> str:
    """The engine has no `column_ifexists`: the column, or the default where no table has it."""
    there = {column for columns in tables.values() for column in columns}

    def chosen(found: re.Match[str]) -> str:
        return found[1] if found[1] in there else found[2]

    return re.sub(r'column_ifexists\("(\w+)",\s*("[^"]*")\)', chosen, query)


def _stored(value: Any, type_: str) -> Any:
    return orjson.dumps(value).decode() if type_ == "dynamic" and value is not None else value


def _value(cell: Any, kind: str) -> Any:
    if kind == "JSON" and isinstance(cell, str):
        return cell  # the service gives dynamic values as text
    return cell.isoformat() if hasattr(cell, "isoformat") else cell


def _time(value: str | dt.datetime) -> dt.datetime:
    return value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)


def _span(text: str | None, now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """Start and end of an ISO 8601 timespan: `P1D`, `PT6H`, `START/END` or `START/DURATION`."""
    if not text:
        return dt.datetime.min.replace(tzinfo=dt.UTC), now
    start, slash, end = text.partition("/")
    if not slash:
        return now - _duration(text), now
    first = _time(start) if not start.startswith("P") else _time(end) - _duration(start)
    return first, first + _duration(end) if end.startswith("P") else _time(end)


def _duration(text: str) -> dt.timedelta:
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?", text)
    if not found:
        raise Refused(400, "BadArgumentError", f"The timespan {text} is not valid.")
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
