"""One table of the markers that say that an answer is not the whole one, in every spelling that is in use."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.paging import lists_of, markers_of

WHOLE: dict[str, dict[str, Any]] = {
    "az graph query": {"count": 2, "skip_token": None, "total_records": 2},
    "REST of Resource Graph": {"totalRecords": 2, "count": 2, "resultTruncated": "false", "facets": []},
    "SDK of Resource Graph": {"total_records": 2, "count": 2, "result_truncated": "False", "skip_token": None},
    "ARM": {"nextLink": None},
    "ARM with an empty link": {"nextLink": ""},
    "API Management": {"count": 2},
    "OData": {"@odata.context": "https://graph/$metadata#users", "@odata.count": 2},
    "Kubernetes": {"kind": "List", "metadata": {"resourceVersion": "1", "continue": "", "remainingItemCount": 0}},
    "an error that is none": {"error": None, "errors": []},
}
PARTIAL: dict[str, tuple[dict[str, Any], str]] = {
    "az graph query": ({"count": 2, "total_records": 1500}, "announces 1,500 elements and holds 2"),
    "az graph query with a token": ({"count": 2, "skip_token": "abc", "total_records": 2}, "further page"),
    "a total as text": ({"totalRecords": "3"}, "announces 3 elements"),
    "REST truncated": ({"totalRecords": 2, "resultTruncated": "true"}, "truncated"),
    "REST truncated, as Python writes it": ({"resultTruncated": "True"}, "truncated"),
    "REST truncated, as a boolean": ({"resultTruncated": True}, "truncated"),
    "SDK truncated": ({"result_truncated": "true"}, "truncated"),
    "a page that has fewer rows than it counts": ({"count": 3}, "announces 3 elements"),
    "PowerShell": ({"SkipToken": "abc"}, "further page"),
    "an error": ({"error": {"code": "InternalServerError", "message": "secret"}}, r"error .*\(InternalServerError\)"),
    "errors": ({"errors": [{"code": "BadRequest"}]}, r"\(BadRequest\)"),
    "an error as text": ({"Error": "something broke"}, "error beside its elements"),
    "Kubernetes continue": ({"metadata": {"continue": "abc"}}, "further page"),
    "two links": ({"nextLink": "https://a/1", "@odata.nextLink": "https://a/2"}, "several further pages"),
    "two tokens": ({"$skipToken": "a", "continuationToken": "b"}, "several further pages"),
    "a link and a token": ({"nextLink": "https://a/?$skipToken=x", "$skipToken": "x"}, "a further page"),
    "a link in two members": ({"nextLink": "https://a/1", "next_link": "https://a/1"}, "a further page"),
    "Kubernetes remaining": ({"metadata": {"remainingItemCount": 4}}, "announces 4 further elements"),
    **{
        f"a link called {name}": ({name: "https://management.azure.com/x?$skipToken=1"}, "further page")
        for name in ("nextLink", "NextLink", "nextlink", "next_link", "@nextLink", "odata.nextLink", "@odata.nextLink",
                     "NextPageLink", "$skipToken", "continuationToken")
    },
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_an_answer_with_all_of_its_elements_has_no_problem(name: str) -> None:
    assert markers_of({"value": [{}, {}], **WHOLE[name]}).problem(rows=2) is None


@pytest.mark.parametrize("name", PARTIAL)
def test_an_answer_that_is_not_whole_has_a_problem(name: str) -> None:
    answer, words = PARTIAL[name]
    problem = markers_of({"value": [{}, {}], **answer}).problem(rows=2)
    assert problem is not None
    assert re.search(words, problem), problem
    assert "secret" not in problem


@given(st.sampled_from(sorted(PARTIAL)), st.randoms(use_true_random=False))
def test_the_casing_of_keys_does_not_matter(name: str, random: Any) -> None:
    def recased(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {"".join(random.choice((c.upper(), c.lower())) for c in key): recased(v) for key, v in value.items()}

    assert markers_of(recased(PARTIAL[name][0])).problem(rows=2) is not None


def test_every_list_of_an_answer_is_found() -> None:
    answer = {"Value": [1], "data": [2], "ITEMS": [3], "name": "x", "values": [4]}
    assert lists_of(answer) == [("Value", [1]), ("data", [2]), ("ITEMS", [3])]
