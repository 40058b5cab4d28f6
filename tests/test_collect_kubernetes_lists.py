"""Lists of an API server that are not what they should be: each is a gap of its kind, never an empty list."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from auditor.collect.collection_journal import Book
from auditor.collect.kubernetes.cluster_reader import Wanted
from auditor.collect.kubernetes.clusters import contexts_of
from auditor.collect.kubernetes.collection import collect
from auditor.collect.kubernetes.connection import ApiError
from auditor.collect.kubernetes.discovery import Kind
from auditor.collect.kubernetes.lists import page_of
from tests.clusters.collected import Read, through
from tests.clusters.faulty import Fault, before
from tests.clusters.server import ADMIN, Server

POD = Kind("core/Pod", "", "v1", "Pod", "pods")
META: dict[str, Any] = {"metadata": {"resourceVersion": "1"}}
NO_LISTS: dict[str, tuple[dict[str, Any], str]] = {
    "a status": ({"kind": "Status", "status": "Failure", **META}, "a Status instead of a list"),
    "a status with items": ({"kind": "Status", "items": [], **META}, "a Status instead of a list"),
    "a table": ({"kind": "Table", "columnDefinitions": [], "rows": [], **META}, "a Table instead of a list"),
    "one object": ({"kind": "Pod", "metadata": {"name": "p"}}, "a Pod instead of a list"),
    "no kind": ({"items": [], **META}, "without kind"),
    "no items": ({"kind": "PodList", **META}, "a PodList without items"),
    "no metadata": ({"kind": "PodList", "items": []}, "without metadata"),
    "items that are no list": ({"kind": "PodList", "items": {}, **META}, "items is no list"),
    "an error beside": ({"kind": "PodList", "items": [], "error": {"code": "x"}, **META}, "error beside"),
    "further objects without a token": (
        {"kind": "PodList", "items": [], "metadata": {"remainingItemCount": 3}}, "3 further elements",
    ),
    "two tokens": (
        {"kind": "PodList", "items": [], "metadata": {"continue": "a", "Continue": "b"}}, "several further pages",
    ),
    "a token that is no text": ({"kind": "PodList", "items": [], "metadata": {"continue": 7}}, "token is no text"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_LISTS)
def test_what_is_no_whole_list_is_an_error(name: str) -> None:
    answer, words = NO_LISTS[name]
    with pytest.raises(ApiError, match=words):
        page_of(answer, POD)


def test_a_good_page_is_read_whole() -> None:
    item = {"metadata": {"name": "p"}, "spec": {}}
    page = page_of({"kind": "PodList", "items": [item], "metadata": {"continue": "t", "remainingItemCount": 9}}, POD)
    assert page == ([{"apiVersion": "v1", "kind": "Pod", **item}], [], "t")
    for empty in ([], None):
        assert page_of({"kind": "PodList", "items": empty, **META}, POD) == ([], [], "")
    named = {"kind": "Pod", "apiVersion": "v1", **item}
    assert page_of({"kind": "List", "items": [named], **META}, POD).objects == [named]


def test_every_item_that_is_no_object_of_the_kind_is_named() -> None:
    items = [
        7,
        None,
        {"spec": {}},
        {"metadata": {}},
        {"metadata": {"name": "a"}, "kind": "Secret"},
        {"metadata": {"name": "b"}, "kind": "Pod", "apiVersion": "v2"},
        {"metadata": {"name": "c"}},
    ]
    page = page_of({"kind": "PodList", "items": items, **META}, POD)
    assert [body["metadata"]["name"] for body in page.objects] == ["c"]
    assert page.odd == [
        "item 0 is no object",
        "item 1 is no object",
        "item 2 has no metadata",
        "item 3 has no name",
        "item 4 (a) is of another kind",
        "item 5 (b) is of another API version",
    ]
    assert "has no kind" in page_of({"kind": "List", "items": items[-1:], **META}, POD).odd[0]
    assert "of another kind" in page_of({"kind": "SecretList", "items": items[-1:], **META}, POD).odd[0]


ROLE = "rbac.authorization.k8s.io/ClusterRole"
TYPES = {ROLE.casefold(), "core/namespace"}
VERSION = re.compile(r"/rbac\.authorization\.k8s\.io/v[0-9a-z]+\Z")
"""The path of each version of the group."""


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
@pytest.mark.parametrize("body", [NO_LISTS["a status"][0], NO_LISTS["a table"][0], NO_LISTS["no items"][0]])
def test_an_answer_that_is_no_list_is_a_gap_of_its_kind(cluster: Server, folder: Path, body: Any) -> None:
    def instead(path: str, _number: int) -> Fault | None:
        return Fault(status=200, body=body) if "/clusterroles" in path else None

    found, _asked = through(cluster, folder, instead, types=TYPES)
    assert [gap.type for gap in found.gaps] == [ROLE]
    assert "answered with a" in found.gaps[0].reason
    assert found.of("core/Namespace")


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
@pytest.mark.parametrize("body", [{"kind": "Status"}, {"kind": "APIResourceList"}, {}])
def test_a_kind_is_not_taken_for_absent_when_the_server_does_not_list_kinds(
    cluster: Server, folder: Path, body: Any
) -> None:
    def instead(path: str, _number: int) -> Fault | None:
        return Fault(status=200, body=body) if VERSION.search(path) else None

    found, _asked = through(cluster, folder, instead, types=TYPES)
    assert [gap.type for gap in found.gaps] == [ROLE.casefold()]
    assert found.of("core/Namespace")


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
def test_a_kind_that_is_not_listed_is_a_gap(cluster: Server, folder: Path) -> None:
    def close(path: str, _number: int) -> Fault | None:
        if not VERSION.search(path):
            return None
        body = cluster.ask("GET", path).body
        listed = [{**one, "verbs": ["get"]} if one["kind"] == "ClusterRole" else one for one in body["resources"]]
        return Fault(status=200, body={**body, "resources": listed})

    found, _asked = through(cluster, folder, close, types=TYPES)
    assert [(gap.type, gap.reason) for gap in found.gaps] == [
        (ROLE.casefold(), "the API server has no list of its objects")
    ]


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
def test_objects_without_a_name_are_counted_and_the_rest_is_read(cluster: Server, folder: Path) -> None:
    """When the collection is resumed, the list is asked for again: the gap is not lost."""
    sound: list[bool] = []

    def damage(path: str, _number: int) -> Fault | None:
        if "/clusterroles?" not in path or sound:
            return None
        body = json.loads(json.dumps(cluster.ask("GET", path).body))
        del body["items"][0]["metadata"]["name"]
        del body["items"][3]["metadata"]
        return Fault(status=200, body=body)

    with before(cluster, damage) as proxy:
        kubeconfig = cluster.kubeconfig(folder / "faulty", ("prod", ADMIN), server=proxy.url)
        runs = []
        for healed in (False, False, True):
            sound.extend([True] * healed)
            with Book(folder / "journal", {}) as book:
                collect(Wanted(frozenset(TYPES)), contexts_of(["prod"], str(kubeconfig)), book)
                runs.append(Read(book))
    first, again, whole = runs
    reason = "2 of the listed clusterroles cannot be read: item 0 has no name, item 3 has no metadata"
    assert (
        [(gap.type, gap.reason) for gap in first.gaps]
        == [(ROLE, reason)]
        == [(gap.type, gap.reason) for gap in again.gaps]
    )
    assert not whole.gaps
    assert len(whole.of(ROLE)) == len(first.of(ROLE)) + 2 == len(again.of(ROLE)) + 2
