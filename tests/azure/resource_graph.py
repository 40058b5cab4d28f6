"""Resource Graph: KQL that really runs, over the rows that the reader may see, in pages, within the quota.

Source of its rules: "Work with data", "Query language" and "Guidance for throttled requests" in its documentation.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import duckdb
import duckdb_kql
import orjson

from tests.azure.estate import Body, Estate, kind
from tests.azure.http import Answer, Call, Refused
from tests.azure.id_casing import as_written
from tests.azure.published import cut, newest_stable
from tests.azure.resource_manager import ResourceManager
from tests.azure.rights import Rights

VERSIONS: Final = frozenset(
    {"2019-04-01", "2020-04-01-preview", "2021-03-01", "2021-06-01-preview", "2022-10-01", "2024-04-01"}
)
CALLS, WINDOW = 15, 5.0
"""The quota: so many calls in so many seconds, counted from the first."""
KEPT: Final = 64
"""Answers that are kept for their further pages: streams are read side by side."""
LARGEST: Final = 16 << 20
"""Bytes of an answer; a larger one is refused."""
TEXT: Final = ("id", "name", "type", "tenantId", "kind", "location", "resourceGroup", "subscriptionId", "managedBy")
SHOWN: Final = {"JSON": "object", "BIGINT": "integer", "BOOLEAN": "boolean"}
"""How an answer names the types of the engine; the others are strings."""
Rows = tuple[list[str], list[str], list[Any]]
"""Names and types of the columns, and the rows as the engine has them: JSON is text."""
DYNAMIC: Final = ("sku", "plan", "properties", "tags", "identity", "zones", "extendedLocation", "aliases")
TABLES: Final[dict[str, str]] = {
    "resourcecontainers": r"microsoft\.(resources/subscriptions(/resourcegroups)?|management/managementgroups)",
    "securityresources": r"microsoft\.security/(pricings|assessments|securescores|locations/alerts)(/.*)?",
    "authorizationresources": r"microsoft\.authorization/role(assignments|definitions)",
    "policyresources": r"microsoft\.authorization/policy\w+|microsoft\.policyinsights/policystates",
    "dnsresources": r"microsoft\.network/(private)?dnszones/(a|aaaa|caa|cname|mx|ns|ptr|soa|srv|txt)",
    "networkresources": r"microsoft\.network/firewallpolicies/rulecollectiongroups",
    "insightresources": r"microsoft\.insights/datacollectionruleassociations",
    "resources": (
        r"microsoft\.apimanagement/(service|gateways)|microsoft\.containerregistry/registries(/(replications|webhooks|tasks))?"
        r"|microsoft\.sql/(servers(/(databases|elasticpools))?|managedinstances)|microsoft\.web/(sites|certificates)"
        r"|microsoft\.network/(?!privateendpoints/)(networkwatchers/flowlogs|privatednszones/virtualnetworklinks|[a-z]+)"
        r"|microsoft\.cdn/profiles(/(afdendpoints|endpoints))?"
        r"|microsoft\.insights/(?!diagnosticsettings)[a-z]+|microsoft\.security/(automations|securityconnectors)"
        r"|microsoft\.(compute|containerservice|documentdb|keyvault|managedidentity|operationalinsights|operationsmanagement"
        r"|servicenetworking|certificateregistration|storage|logic|automation|eventhub|servicebus|cache|appconfiguration"
        r"|cognitiveservices|dbformysql|dbforpostgresql|search|cdn)/[a-z]+"
    ),
}
"""Which lower-case types are in which table. What is in none is not in the service."""
OPERATORS: Final = frozenset(
    {"count", "distinct", "extend", "join", "limit", "mvexpand", "mv-expand", "order", "parse", "project"}
    | {"project-away", "sort", "summarize", "take", "top", "union", "where"}
)
GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
AT_MOST: Final = {"join": 3, "mv-expand": 3, "mvexpand": 3, "union": 3}


class Quota:
    """The calls of a user, by fixed windows. `refused` counts those that came too early."""

    def __init__(self, calls: int = CALLS, window: float = WINDOW) -> None:
        self.calls, self.window = calls, window
        self.refused = 0
        self.windows = 0
        self._left, self._until = calls, 0.0
        self._lock = threading.Lock()

    def spend(self) -> dict[str, str]:
        """The headers of an answer. Raises `Refused` with 429 when nothing is left; now and then without Retry-After,
        as the service does."""
        with self._lock:
            now = time.monotonic()
            if now >= self._until:
                self._left, self._until = self.calls, now + self.window
                self.windows += 1
            spent = self._left > 0
            self._left -= spent
            self.refused += not spent
            seconds = math.ceil(self._until - now)
            headers = {
                "x-ms-user-quota-remaining": str(self._left),
                "x-ms-user-quota-resets-after": f"00:00:{seconds:02}",
            }
            if spent:
                return headers
            if self.refused % 2:
                headers["Retry-After"] = str(seconds)
        details = [
            {
                "code": "RateLimiting",
                "message": "Client application has been throttled and should not attempt to repeat.",
            }
        ]
        raise Refused(
            429, "RateLimiting", "Please provide below info when asking for support.", headers, details=details
        )


class ResourceGraph:
    def __init__(self, manager: ResourceManager, estate: Estate, rights: Rights, quota: Quota | None = None) -> None:
        self.manager, self.estate, self.rights = manager, estate, rights
        self.quota = quota or Quota()
        self._lock = threading.Lock()
        self._done: OrderedDict[bytes, Rows] = OrderedDict()
        self._con = duckdb_kql.connect()
        with tempfile.TemporaryDirectory() as folder:
            for table, pattern in TABLES.items():
                types = re.compile(pattern)
                self._load(table, (b for b in estate.bodies if types.fullmatch(kind(b))), Path(folder))

    def close(self) -> None:
        self._con.close()

    def lose(self) -> None:
        """The first resource of the commonest type is deleted: later pages of running queries are other ones then."""
        first = "SELECT min(id) FROM all_resources WHERE type = (SELECT mode(type) FROM all_resources)"
        with self._lock:
            self._con.execute(f"DELETE FROM all_resources WHERE id = ({first})")
            self._done.clear()

    def _load(self, table: str, bodies: Iterable[Body], folder: Path) -> None:
        file = folder / f"{table}.ndjson"
        with file.open("wb") as stream:
            for body in bodies:
                stream.write(orjson.dumps(_row(body)) + b"\n")
        columns = ", ".join([f"{name}: 'VARCHAR'" for name in TEXT] + [f"{name}: 'JSON'" for name in DYNAMIC])
        read = f"read_json('{file}', format='newline_delimited', columns={{{columns}}}, maximum_object_size=67108864)"
        self._con.execute(f"CREATE TABLE all_{table} AS SELECT * FROM {read}")

    def answer(self, call: Call) -> Answer:
        self.manager.authenticate(call)
        version = call.query.get("api-version")
        if version not in VERSIONS:
            raise Refused(400, "InvalidApiVersionParameter", f"The api-version '{version}' is invalid.")
        headers = self.quota.spend()
        request = call.json()
        options = request.get("options") or {}
        top, form = options.get("$top", 100), options.get("resultFormat", "objectArray")
        if not isinstance(top, int) or not 1 <= top <= 1000:
            raise bad("InvalidOptions", f"$top must be between 1 and 1000, it is {top}.")
        if form not in {"objectArray", "table"}:
            raise bad("InvalidOptions", f"resultFormat {form} is not known.")
        scope = self._scope(request)
        key = hashlib.sha256(orjson.dumps([request.get("query"), sorted(scope)])).digest()
        start = _offset(options.get("$skipToken"), key) if options.get("$skipToken") else options.get("$skip", 0)
        names, types, rows = self._rows(request.get("query") or "", scope, key)
        more = start + top < len(rows)
        page = [
            [_value(cell, type_) for cell, type_ in zip(row, types, strict=True)] for row in rows[start : start + top]
        ]
        pageable = "id" in names
        data: Any = [dict(zip(names, row, strict=True)) for row in page]
        if form == "table":
            shown = [
                {"name": name, "type": SHOWN.get(type_, "string")} for name, type_ in zip(names, types, strict=True)
            ]
            data = {"columns": shown, "rows": page}
        body = {
            "totalRecords": len(rows),
            "count": len(page),
            "data": data,
            "facets": [],
            "resultTruncated": "true" if more and not pageable else "false",
        }
        if more and pageable:
            body["$skipToken"] = base64.b64encode(key[:8] + str(start + top).encode()).decode()
        answer = orjson.dumps(body)
        if len(answer) > LARGEST:
            text = f"Response payload size is {len(answer)}, and has exceeded the limit of {LARGEST}."
            raise bad("ResponsePayloadTooLarge", f"{text} Please consider querying less data at a time.")
        return Answer(200, answer, headers)

    def _scope(self, request: dict[str, Any]) -> set[str]:
        """The subscriptions of a query that the reader may see: the others are left out without a word."""
        asked, groups = request.get("subscriptions") or [], request.get("managementGroups") or []
        if asked and groups:
            raise bad("InvalidScope", "Only one of subscriptions and managementGroups may be given.")
        if odd := [name for name in asked if not GUID.fullmatch(name)]:
            raise bad("InvalidSubscriptionId", f"The subscription '{odd[0]}' is no GUID.")
        if len(asked) > 1000:
            raise bad("InvalidScope", f"At most 1000 subscriptions may be given, not {len(asked)}.")
        known = {name.casefold(): members for name, members in self.estate.groups.items()}
        if groups:
            if missing := [name for name in groups if name.casefold() not in known]:
                raise Refused(403, "AccessDenied", f"The management group '{missing[0]}' cannot be read.")
            asked = [member for name in groups for member in known[name.casefold()]]
        there = {s.casefold() for s in (asked or self.estate.subscriptions)}
        seen = {s.casefold() for s in self.estate.subscriptions if s.casefold() in there and self.rights.touches(s)}
        if not seen:
            raise Refused(403, "AccessDenied", "None of the subscriptions of the query can be read.")
        return seen

    def _hidden(self) -> list[str]:
        """The ids of the rows that are left out without a word, because the reader may not read what they are of."""
        if self.rights.whole:
            return []
        return [
            body["id"].casefold()
            for body in self.estate.bodies
            if not self.rights.may(f"{kind(body)}/read", body["id"])
        ]

    def _rows(self, query: str, scope: set[str], key: bytes) -> Rows:
        with self._lock:
            if key in self._done:
                self._done.move_to_end(key)
                return self._done[key]
            lint(query)
            members = ", ".join(f"'{name}'" for name in sorted(scope))
            hidden = ", ".join("'{}'".format(id_.replace("'", "''")) for id_ in self._hidden()) or "''"
            for table in TABLES:
                seen = f"(lower(subscriptionId) IN ({members}) OR coalesce(subscriptionId, '') = '')"
                seen += f" AND lower(id) NOT IN ({hidden})"
                self._con.execute(f"CREATE OR REPLACE TEMP VIEW {table} AS SELECT * FROM all_{table} WHERE {seen}")
            try:
                found = duckdb_kql.query(self._con, _runnable(query))
                self._done[key] = list(found.columns), [str(kind) for kind in found.types], found.fetchall()
            except (duckdb_kql.KqlError, duckdb.Error) as error:
                raise bad("InvalidQuery", "Query is invalid.", ("ParserFailure", str(error)[:300])) from error
            while len(self._done) > KEPT:
                self._done.popitem(last=False)
            return self._done[key]


def bad(code: str, message: str, *more: tuple[str, str]) -> Refused:
    details = [{"code": c, "message": m} for c, m in ((code, message), *more)]
    return Refused(400, "BadRequest", "Please provide below info when asking for support.", details=details)


def lint(query: str) -> None:
    """Refuse what Resource Graph does not have, or has less of than Kusto."""
    plain = re.sub(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", "''", query)
    if re.match(r"\s*(let|set|declare)\b", plain):
        raise bad("InvalidQuery", "Query is invalid.", ("DisallowedStatement", "Only a query expression is supported."))
    used = re.findall(r"\|\s*([a-z][a-z-]*)", plain)
    for operator in used:
        if operator not in OPERATORS:
            raise bad(
                "InvalidQuery", "Query is invalid.", ("DisallowedOperator", f"Operator {operator} is not supported.")
            )
    for operator, most in AT_MOST.items():
        if used.count(operator) > most:
            text = f"At most {most} {operator} are supported."
            raise bad("InvalidQuery", "Query is invalid.", ("DisallowedMaxNumberOfOperators", text))


def _runnable(query: str) -> str:
    """The engine takes a bare `kind` for a keyword. Only outside of strings is it a column."""
    parts = re.split(r"('(?:[^'\\]|\\.)*')", query)
    parts[::2] = [re.sub(r"(?<![\w.$'\[])kind\b(?!\s*=[^=~])", "['kind']", part) for part in parts[::2]]
    return "".join(parts)


def table_of(type_: str) -> str | None:
    """The table that holds resources of a casefolded type."""
    return next((table for table, types in TABLES.items() if re.fullmatch(types, type_)), None)


def _row(body: Body) -> Body:
    """The row of a resource, in the shape of the newest version that is generally available."""
    body = as_written(cut(body, newest_stable(kind(body))))
    row = {name: body.get(name) or "" for name in TEXT} | {name: body.get(name) for name in DYNAMIC}
    row["type"] = kind(body)
    parts = body["id"].split("/")
    if not row["subscriptionId"] and parts[1:2] == ["subscriptions"]:
        row["subscriptionId"] = parts[2]
    if not row["resourceGroup"] and len(parts) > 4 and parts[3].casefold() == "resourcegroups":
        row["resourceGroup"] = parts[4]
    return row


def _value(cell: Any, type_: str) -> Any:
    if type_ == "JSON" and isinstance(cell, str):
        return orjson.loads(cell)
    return cell.isoformat() if hasattr(cell, "isoformat") else cell


def _offset(token: str, key: bytes) -> int:
    try:
        raw = base64.b64decode(token, validate=True)
        start = int(raw[8:])
    except ValueError as error:
        raise bad("InvalidSkipToken", "The skip token is invalid.") from error
    if raw[:8] != key[:8]:
        raise bad("InvalidSkipToken", "The skip token is of another query.")
    return start
