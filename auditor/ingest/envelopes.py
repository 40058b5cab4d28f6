"""Turns one parsed document into resources, whatever envelope they come in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any, Final, NamedTuple

from auditor.ingest.diagnostics import Log
from auditor.ingest.kubernetes_lists import items_of, refusal_of
from auditor.ingest.nested_children import child_of
from auditor.ingest.properties import arm_resource
from auditor.ingest.stray_resources import note_stray_children, note_stray_items, note_strays
from auditor.ingest.unrendered import CHART, is_chart, is_kustomization, is_patch, of_chart, of_kustomization
from auditor.model.kubernetes_types import kubernetes_type
from auditor.model.paging import failed_status, lists_of, markers_of
from auditor.model.repeated_keys import reason_of, with_doubled_keys_unknown
from auditor.model.resource import Origin, Resource, Unknown, holds_unknown
from auditor.sanitize.kubernetes_secrets import is_secret_object, without_secrets

_ARM_VERSION: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_MAX_NESTING: Final = 50
"""Lists in lists and children of children: real ones go five deep."""

_OF_ARM: Final = frozenset({"location", "properties"})
_LINE_OF_A_SNAPSHOT: Final = frozenset({"type", "cluster", "origin", "body"})
_KINDS_OF_STATUS: Final = {"401": "forbidden", "403": "forbidden", "404": "not-found", "429": "throttled"}


class At(NamedTuple):
    """Where a document stands. `lines` maps the identity of its mappings to lines, where the parser knows them;
    `partial`: some of its values are `Unknown`."""

    file: str
    place: str = ""
    line: int | None = None
    source: str = "file"
    lines: Mapping[int, int] = {}
    partial: bool = False

    def within(self, document: Any, place: str) -> At:
        """The place of a part of this document."""
        line = self.lines.get(id(document), self.line)
        return self._replace(place=f"{self.place}, {place}" if self.place else place, line=line)


def resources_of(
    document: Any, at: At, log: Log, depth: int = 0, last_page: bool = True, rows_before: int = 0
) -> Iterator[Resource]:
    """The resources of a document, in order. What is none is noted in the log. A page may have others before it, with
    `rows_before` elements, or after it. The document is one element that the accounting of the log expects."""
    if depth > _MAX_NESTING:
        log.fail(at.file, at.place, f"lists are nested more than {_MAX_NESTING} deep", "flatten the input")
    elif isinstance(document, list):
        log.read += not document  # an empty list is a good answer: there is nothing
        _open(log, len(document))
        for index, item in enumerate(document):
            yield from resources_of(item, at.within(item, f"item {index}"), log, depth + 1)
    elif isinstance(document, Unknown):
        log.gap(at.file, at.place, f"its value is not known: {document.reason}")
    elif not isinstance(document, dict):
        log.fail(at.file, at.place, f"it is {_kind_of(document)}, not a resource", "give JSON or YAML objects")
    elif is_kustomization(document, at.file):
        log.gap(at.file, at.place, of_kustomization(document, at.file))
    elif document.keys() == _LINE_OF_A_SNAPSHOT:
        log.fail(at.file, at.place, "it is a line of a snapshot", "name the folder with its `manifest.json`")
    elif is_kubernetes(document):
        yield from _kubernetes(document, at, log, depth)
    elif is_arm_type(document.get("type")):
        yield from _arm(document, at, log, depth)
    else:
        yield from _envelope(document, at, log, depth, last_page, rows_before)


def in_doubt(text: bytes, value: Any, at: At, log: Log) -> Any:
    """What a JSON text holds that may give keys twice: their values are unknown, with a gap for each of them."""
    try:
        value, doubled = with_doubled_keys_unknown(text)
    except (ValueError, RecursionError):
        return value  # deeper than keys that matter
    for key in doubled:
        log.gap(at.file, at.place, f"{reason_of(key)}: its value is not known", element="none")
    return value


def _open(log: Log, count: int) -> None:
    """An element holds so many others."""
    log.accounting.open()
    log.accounting.expect(count)


def row_as_object(columns: Any, row: Any) -> dict[str, Any] | None:
    """A row of a Resource Graph table as an object; None when it does not fit its columns."""
    if not isinstance(columns, list) or not isinstance(row, list) or len(columns) != len(row):
        return None
    names = [column["name"] for column in columns if isinstance(column, dict) and isinstance(column.get("name"), str)]
    return dict(zip(names, row, strict=True)) if len(names) == len(row) else None


def is_kubernetes(body: Mapping[str, Any]) -> bool:
    """A Kubernetes object: ARM bodies have `apiVersion` and `kind` too, but their versions are dates, or they have a
    location or properties in the place of `metadata`."""
    version, kind = body.get("apiVersion"), body.get("kind")
    return (
        isinstance(version, str)
        and isinstance(kind, str)
        and bool(version and kind)
        and not isinstance(body.get("id"), str)
        and not _ARM_VERSION.match(version)
        and not str(body.get("type", "")).casefold().startswith("microsoft.")
        and ("metadata" in body or _OF_ARM.isdisjoint(body))
    )


def is_arm_type(value: Any) -> bool:
    """`Namespace/type`, the way ARM writes it."""
    return isinstance(value, str) and "/" in value


def _kubernetes(document: dict[str, Any], at: At, log: Log, depth: int) -> Iterator[Resource]:
    items = items_of(document)
    if items is not None:
        log.read += not items
        _open(log, len(items))
        partial = at._replace(partial=at.partial or document["kind"].strip().casefold() == "template")
        for index, item in enumerate(items):
            yield from resources_of(item, partial.within(item, f"item {index}"), log, depth + 1)
        note_stray_items(document, at, log)
        _note_rest(document, at, log, len(items))
        return
    if refusal := refusal_of(document):
        log.gap(at.file, at.place, refusal)
        return
    log.read += 1
    log.accounting.resource()
    kind = kubernetes_type(document)
    body = document
    if kind == "core/Secret" or is_secret_object(document):
        body = without_secrets(document)
        kind = kubernetes_type(body)
    source = "file" if _was_read_from_a_cluster(document) else at.source
    partial_body = at.partial and holds_unknown(body)
    yield Resource(kind, body, Origin(source=source, file=at.file, line=at.line), partial=partial_body)


def _was_read_from_a_cluster(document: dict[str, Any]) -> bool:
    """An object as a server gave it (`kubectl get -o yaml`), not as somebody wrote it."""
    return bool(_get(document.get("metadata"), "uid")) or bool(document.get("status"))


def _arm(document: dict[str, Any], at: At, log: Log, depth: int) -> Iterator[Resource]:
    log.read += 1
    log.accounting.resource()
    source = "file" if at.source == "manifest" else at.source  # Azure has no manifests
    resource = arm_resource(document["type"], document, Origin(source=source, file=at.file, line=at.line))
    resource.partial = resource.partial or (at.partial and holds_unknown(document))
    yield resource
    note_stray_children(document, at, log)
    children = document.get("resources")
    if children is None:
        return
    if not isinstance(children, list):
        log.gap(at.file, _place(at, resource.id), "its `resources` are not a list", element="new")
        return
    log.accounting.expect(len(children))
    for index, item in enumerate(children):
        child = child_of(resource, item)
        below = at.within(item, f"resources[{index}]")
        if child is None:
            log.gap(at.file, _place(below, resource.id), "a child resource without a `type`")
        elif depth >= _MAX_NESTING:
            log.gap(at.file, _place(below, resource.id), f"children are nested more than {_MAX_NESTING} deep")
        else:
            yield from _arm(child, below, log, depth + 1)


def _envelope(
    document: dict[str, Any], at: At, log: Log, depth: int, last_page: bool, rows_before: int
) -> Iterator[Resource]:
    """Answers of Azure's APIs, recorded answers, and objects that are no resource at all."""
    read: tuple[str, ...] = ()
    if isinstance(document.get("columns"), list) and isinstance(document.get("rows"), list):
        read = ("columns", "rows")
        yield from _table(document, at, log, depth)
    elif lists := _lists(document):
        read = tuple(key for key, _value in lists)
        _open(log, len(lists))
        for _key, listed in lists:
            yield from resources_of(listed, at, log, depth + 1)
    elif isinstance(pages := document.get("pages"), list):
        read = ("pages",)
        yield from _pages(pages, at, log, depth)
    elif isinstance(response := document.get("response"), dict):
        read = ("response",)
        yield from _response(response, at, log, depth, last_page, rows_before)
    elif isinstance(document.get("body"), dict):
        read = ("body",)
        yield from _response(document, at, log, depth, last_page, rows_before)
    elif foreign := _foreign(document):
        log.fail(at.file, at.place, *foreign)
    elif markers_of(document).error or failed_status(document):
        _note_error(document, failed_status(document), at, log)
    else:
        name = document.get("id") or document.get("name")
        log.gap(at.file, _place(at, name), _part_of(document, at.file))
    if read:
        if read != ("body",) or not failed_status(document):  # that is one gap
            _note_rest(document, at, log, rows_before + rows_of(document), last_page)
        note_strays(document, read, at, log)


def _pages(pages: list[Any], at: At, log: Log, depth: int) -> Iterator[Resource]:
    """The pages of one answer. Only the last one must not name a further one; each may announce the number of all."""
    _open(log, len(pages))
    rows = [rows_of(page) for page in pages]
    for index, page in enumerate(pages):
        last = index == len(pages) - 1
        yield from resources_of(page, at.within(page, f"page {index}"), log, depth + 1, last, sum(rows[:-1]) * last)
    totals = [markers_of(_answer_of(page)).total or 0 for page in pages]
    if totals and totals[-1] < max(totals) > sum(rows):
        log.gap(at.file, at.place, f"its pages announce {max(totals):,} elements and hold {sum(rows):,}", element="new")


def _answer_of(page: Any) -> Mapping[str, Any]:
    """The answer that a page is, out of what was recorded of it."""
    for _ in range(_MAX_NESTING):
        inner = _get(page, "response") or _get(page, "body")
        if not isinstance(inner, dict):
            break
        page = inner
    return page if isinstance(page, dict) else {}


def _part_of(document: Mapping[str, Any], file: str) -> str:
    """Why an object cannot be evaluated: it is a part of what another program makes manifests of, or nothing known."""
    name = PurePath(file).name
    if is_patch(document):
        return "it tells kustomize what to change: evaluate what `kubectl kustomize FOLDER` prints"
    if name == CHART:
        return of_chart(file)
    chart = PurePath(file).parent / CHART
    if name.startswith("values") and is_chart(chart, CHART):
        return of_chart(str(chart))
    return "it has neither the `type` of Azure nor the `apiVersion` and `kind` of Kubernetes, so no rule can judge it"


def _response(
    response: dict[str, Any], at: At, log: Log, depth: int, last_page: bool, rows_before: int
) -> Iterator[Resource]:
    status, body = failed_status(response), response.get("body")
    if status:
        _note_error(body, status, at, log)
    else:
        yield from resources_of(body, at, log, depth + 1, last_page, rows_before)


def _table(document: dict[str, Any], at: At, log: Log, depth: int) -> Iterator[Resource]:
    log.read += not document["rows"]
    _open(log, len(document["rows"]))
    for index, row in enumerate(document["rows"]):
        item = row_as_object(document["columns"], row)
        if item is None:
            log.fail(at.file, at.within(row, f"row {index}").place, "it does not fit the columns of its table")
        else:
            yield from resources_of(item, at.within(row, f"row {index}"), log, depth + 1)


class Given(list[Any]):
    """A list whose elements were given one by one while it was read: it is empty, and knows how many there were."""

    number = 0


def _lists(document: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Every list or table of an answer of ARM (`value`) or Resource Graph (`data`), in any casing."""
    return [
        (key, value)
        for key, value in lists_of(document)
        if isinstance(value, list) or (isinstance(value, dict) and "columns" in value and "rows" in value)
    ]


def rows_of(page: Any) -> int:
    """How many elements a page holds, in whatever envelopes it stands."""
    if isinstance(page, Given):
        return page.number
    if isinstance(page, list):
        return len(page)
    if not isinstance(page, dict):
        return 0
    lists = [value for _key, value in _lists(page)] or [
        page.get(key) for key in ("response", "body", "rows") if page.get(key) is not None
    ][:1]
    return sum(rows_of(each) for each in lists)


def _note_rest(document: Mapping[str, Any], at: At, log: Log, rows: int, last_page: bool = True) -> None:
    """What an answer says about itself: that it goes on, is truncated, failed in part or has more elements. Only its
    last page must not say so, but for an error."""
    markers = markers_of(document)
    problem = markers.problem(rows) if last_page or markers.error or markers.status else None
    if problem:
        log.gap(at.file, at.place, problem, element="new")


def _note_error(body: Any, status: str, at: At, log: Log) -> None:
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    said = ", ".join(str(part) for part in (status, code) if part)
    kind = _KINDS_OF_STATUS.get(status, "unreadable")
    log.gap(at.file, at.place, f"the request was answered with an error{f' ({said})' if said else ''}", kind)


def _foreign(document: Mapping[str, Any]) -> tuple[str, str] | None:
    """What a well-known document is that is no collection of resources, and what to do with it."""
    schema = document.get("$schema")
    changes = document.get("changes", _get(document.get("properties"), "changes"))
    if isinstance(schema, str) and "eploymentTemplate.json" in schema:
        return "it is an ARM template, not a collection", "judge it with `auditor gate`"
    if isinstance(schema, str) and "eploymentParameters.json" in schema:
        return "it holds parameters of an ARM template, not resources", (
            "judge the template: `auditor gate TEMPLATE --parameters FILE`"
        )
    if "terraform_version" in document or "planned_values" in document or "resource_changes" in document:
        return "it is a Terraform plan, not a collection", "judge it with `auditor gate`"
    if isinstance(changes, list) and any("changeType" in change for change in changes if isinstance(change, dict)):
        return "it is the answer of an ARM what-if, not a collection", "judge it with `auditor gate`"
    return None


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _place(at: At, name: Any) -> str:
    named = f"{name}" if isinstance(name, str) and name else ""
    return f"{at.place} ({named})" if at.place and named else at.place or named


def _kind_of(value: Any) -> str:
    if isinstance(value, str):
        return "a text"
    if isinstance(value, bool):
        return "true or false"
    return "null" if value is None else "a number"
