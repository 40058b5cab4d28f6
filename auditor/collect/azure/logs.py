"""Log evidence: what Log Analytics answers to the questions (`questions.py`), as derived resources that rules judge.

One `auditor/logEvidence` for each workspace and question:

    id          <id of the workspace>/logEvidence/<question>
    name        the question
    properties  workspaceId, timespan (ISO 8601), query, and `sources`: for each resource that should have logs there
                {name, id, records, newest}, without `newest` when none came; for an observed question each thing seen,
                {name, id, records, newest, protocol}

Whatever keeps a question from being answered in full (no right, a table that is not there, a partial answer, a
workspace that cannot be read) makes `sources` unknown: a silent log is told only by a whole answer.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from auditor.collect.azure.api_versions import version_of
from auditor.collect.azure.calls import NO_DETOURS, Gate, ask
from auditor.collect.azure.log_queries import ABOUT, EVIDENCE, QUESTIONS, Question
from auditor.collect.azure.replies import CallFailed, Reply, answered, kind_of
from auditor.collect.azure.sign_in import missing_extra
from auditor.collect.collection_journal import Book
from auditor.collect.request import Needs
from auditor.collect.workers import Job
from auditor.model.case_insensitive import get
from auditor.model.gap import Gap
from auditor.model.resource import Origin, Resource, Unknown

if TYPE_CHECKING:
    from auditor.collect.azure.arm import Arm
    from auditor.collect.azure.clouds import Cloud
    from auditor.collect.azure.sign_in import Credential

SOURCE: Final = "Log Analytics"
LANE: Final = "logs"
LANES: Final = {LANE: 4}
"""How many questions are asked at once: a workspace answers a few at a time."""
_WORKSPACE: Final = "microsoft.operationalinsights/workspaces"
_SETTINGS: Final = "microsoft.insights/diagnosticsettings"
_CLUSTER: Final = "microsoft.containerservice/managedclusters"
RIGHT: Final = "Microsoft.OperationalInsights/workspaces/query/read"
_NOT_KNOWN: Final = "not known"
"""Ends the name of a call that brought no answer: the next run asks again."""

Expected = dict[str, dict[str, str]]
"""Casefolded id of a workspace → casefolded id of a resource → its id as written."""


def with_evidence(needs: Needs) -> Needs:
    """The needs, and those of log evidence when it is asked for: workspaces, and who sends what to them."""
    if EVIDENCE.casefold() not in needs.types:
        return needs
    return needs._replace(
        types=(needs.types - {EVIDENCE.casefold()}) | {_WORKSPACE, _SETTINGS, *ABOUT}, logged=needs.logged | ABOUT
    )


def questions_for(cloud: Cloud, credential: Credential, arm: Arm, book: Book) -> list[Ask]:
    """Every question to every workspace that a resource of the book sends its logs to."""
    resources = [resource for resource in book if resource.type.casefold() in {_WORKSPACE, _SETTINGS, *ABOUT}]
    workspaces = {resource.id.casefold(): resource for resource in resources if resource.type.casefold() == _WORKSPACE}
    client = _Logs(cloud, credential, arm, book)
    found = []
    for question in QUESTIONS:
        for key, expected in sorted(_expected(question, resources).items()):
            place = workspaces[key].id if key in workspaces else key
            found.append(Ask(client, question, place, workspaces.get(key), expected))
    book.looked_at([EVIDENCE])
    return found


@dataclass(frozen=True)
class Ask(Job):
    """One question to one workspace. `workspace` is None for one outside of the scope."""

    client: _Logs
    question: Question
    place: str
    workspace: Resource | None
    expected: Mapping[str, str]
    lane: str = LANE

    @property
    def _call(self) -> str:
        return f"logs {self.place.casefold()} {self.question.name}"

    def run(self) -> Iterable[Job]:
        book = self.client.book
        if book.kept(self._call) is None:
            book.forget(f"{self._call} {_NOT_KNOWN}")
            try:
                rows = self.client.ask(self.client.customer(self.place, self.workspace), self.question)
            except CallFailed as failure:
                self.lost(failure)
            else:
                book.keep(self._call, [self._evidence(list(_seen(self.question, rows, self.expected)))])
                book.told(SOURCE, done=1)
        return ()

    def lost(self, failure: CallFailed) -> None:
        """Evidence that nothing is known, and a gap. The next run asks again."""
        reason = f"{self.question.name}: {failure.reason}"
        if failure.kind == "forbidden":
            reason += f"; needs {RIGHT} (Log Analytics Reader)"
        self.client.book.gap(Gap(what=self.place, reason=reason, kind=failure.kind, type=EVIDENCE))
        self.client.book.keep(f"{self._call} {_NOT_KNOWN}", [self._evidence(Unknown(reason))])

    def _evidence(self, sources: list[dict[str, Any]] | Unknown) -> Resource:
        body = {
            "id": f"{self.place}/logEvidence/{self.question.name}",
            "name": self.question.name,
            "type": EVIDENCE,
            "properties": {
                "workspaceId": self.place,
                "timespan": self.question.timespan,
                "query": self.question.query,
                "sources": sources,
            },
        }
        origin = Origin(source="live", address=self.client.address)
        return Resource(EVIDENCE, body, origin, partial=isinstance(sources, Unknown))


def _expected(question: Question, resources: Iterable[Resource]) -> Expected:
    """Which resources should have logs of this kind, by the workspace they send them to."""
    found: Expected = defaultdict(dict)
    pairs = _settings(question, resources) if question.categories else _inventories(resources)
    for resource, workspace in pairs:
        found[workspace.casefold().rstrip("/")][resource.casefold()] = resource
    return found


def _settings(question: Question, resources: Iterable[Resource]) -> Iterator[tuple[str, str]]:
    """Resource and workspace, by diagnostic settings that send the question's logs."""
    resources = list(resources)
    asked = {resource.id.casefold() for resource in resources if resource.type.casefold() == question.type}
    for setting in resources:
        properties = setting.body.get("properties")
        target = setting.parent_id
        if setting.type.casefold() != _SETTINGS or not isinstance(properties, dict) or target is None:
            continue
        workspace = properties.get("workspaceId")
        if target.casefold() in asked and isinstance(workspace, str) and workspace and _sends(question, properties):
            yield target, workspace


def _sends(question: Question, properties: Mapping[str, Any]) -> bool:
    logs = properties.get("logs")
    for log in logs if isinstance(logs, list) else ():
        if isinstance(log, dict) and log.get("enabled") is True:
            category, group = str(log.get("category") or "").casefold(), str(log.get("categoryGroup") or "").casefold()
            if category in question.categories or group in question.groups:
                return True
    return False


def _inventories(resources: Iterable[Resource]) -> Iterator[tuple[str, str]]:
    """Cluster and workspace, where a cluster has the sensor of Defender and sends the inventory of its pods."""
    for cluster in resources:
        if cluster.type.casefold() != _CLUSTER:
            continue
        sensor = get(cluster.body, "properties", "securityProfile", "defender", "securityMonitoring", "enabled")
        agent = get(cluster.body, "properties", "addonProfiles", "omsagent")
        workspace = get(agent, "config", "logAnalyticsWorkspaceResourceID")
        if sensor is True and get(agent, "enabled") is True and isinstance(workspace, str):
            yield cluster.id, workspace


def _seen(
    question: Question, rows: Iterable[Mapping[str, Any]], expected: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """The sources of an answer, in the order of their names."""
    by_id: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        by_id[str(row.get("resource") or "").casefold()].append(row)
    for key, id_ in sorted(expected.items()):
        name = id_.rpartition("/")[2]
        if question.observed:
            for row in sorted(by_id[key], key=lambda row: str(row.get("protocol"))):
                protocol = str(row.get("protocol"))
                yield {"name": f"{name} {protocol}", "id": id_, **_counted(row), "protocol": protocol}
        else:
            yield {"name": name, "id": id_, **(_counted(by_id[key][0]) if by_id[key] else {"records": 0})}


def _counted(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"records": row.get("records"), "newest": row.get("newest")}


class _Logs:
    """The client."""

    def __init__(self, cloud: Cloud, credential: Credential, arm: Arm, book: Book) -> None:
        try:
            from azure.monitor.query import LogsQueryClient
        except ImportError as error:
            raise missing_extra("azure-monitor-query") from error
        from auditor.collect.azure.transport import bounded

        self.address = cloud.log_analytics
        audience = cloud.log_analytics_audience
        self._client = LogsQueryClient(
            credential,
            endpoint=cloud.log_analytics,
            audience=audience,
            transport=bounded(book.until),
            **NO_DETOURS,
        )
        self.book = book
        self._arm = arm
        self._gate = Gate(credential)

    def customer(self, place: str, workspace: Resource | None) -> str:
        """The id by which a workspace is queried. One outside of the scope is read for it. Raises `CallFailed`."""
        body: Any = workspace.body if workspace is not None else self._elsewhere(place)
        customer = get(body, "properties", "customerId")
        if not isinstance(customer, str) or not re.fullmatch(r"[0-9A-Fa-f-]{36}", customer):
            raise CallFailed("unreadable", "the workspace names no customerId")
        return customer

    def _elsewhere(self, place: str) -> Any:
        reply = self._arm.get(place, version_of(_WORKSPACE).asked)
        if reply.status != 200:
            raise CallFailed(kind_of(reply.status), f"GET of the workspace: {answered(reply)}", status=reply.status)
        return reply.body

    def ask(self, customer: str, question: Question) -> list[dict[str, Any]]:
        """The rows of a whole answer. Raises `CallFailed`."""
        reply = ask(lambda: self._send(customer, question), self._gate, self.book, SOURCE)
        if reply.status != 200:
            raise CallFailed(kind_of(reply.status), answered(reply), status=reply.status, code=reply.code)
        return _rows(reply)

    def _send(self, customer: str, question: Question) -> tuple[int, Mapping[str, str], bytes]:
        """The answer as it came: `query_workspace` reads one that is whole, and trips over others."""
        from azure.core.rest import HttpRequest

        body = {"query": question.query, "timespan": question.timespan}
        response = self._client.send_request(HttpRequest("POST", f"/workspaces/{customer}/query", json=body))
        return response.status_code, response.headers, response.content


def _rows(reply: Reply) -> list[dict[str, Any]]:
    """The rows of an answer. Raises `CallFailed` when some may be missing."""
    body = reply.body
    if not isinstance(body, dict) or body.get("error"):
        raise CallFailed("unreadable", "the answer is partial")
    try:
        (table, *_) = body["tables"]
        names = [column["name"] for column in table["columns"]]
        return [dict(zip(names, row, strict=True)) for row in table["rows"]]
    except (KeyError, TypeError, ValueError) as error:
        raise CallFailed("unreadable", "the answer holds no table") from error
