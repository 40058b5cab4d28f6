"""A change laid over what is there."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.plans.overlay.bodies import added_to, keep_read_only, laid_over
from auditor.plans.private_endpoints import ELSEWHERE


@pytest.mark.parametrize(
    ("live", "before", "after", "expected"),
    [
        ({"a": 1, "state": "ok"}, {"a": 1}, {"a": 2}, {"a": 2, "state": "ok"}),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}, {"a": 1}, {"a": 1}),
        ({"A": 1}, {"a": 1}, {"a": 2}, {"A": 2}),
        ({"A": 1}, {"a": 1}, {}, {}),
        ({"a": 1}, None, {"b": 2}, {"a": 1, "b": 2}),
        ({"p": {"x": 1, "made": 9}}, {"p": {"x": 1}}, {"p": {"x": 2}}, {"p": {"x": 2, "made": 9}}),
        ({"p": {"x": 1}}, {"p": {"x": 1}}, {"p": "gone"}, {"p": "gone"}),
        (
            [{"name": "a", "data": 1}, {"name": "B", "data": 2}, {"name": "theirs"}],
            [{"name": "a"}, {"name": "b"}],
            [{"name": "A", "on": True}, {"name": "new"}],
            [{"name": "A", "data": 1, "on": True}, {"name": "new"}, {"name": "theirs"}],
        ),
        (["x"], ["x"], ["y"], ["y"]),
        ([{"name": "a"}], [], [{"name": "b"}, {"name": "b"}], [{"name": "b"}, {"name": "b"}]),
        ({"ends": [1]}, None, {"ends": ELSEWHERE}, {"ends": [1]}),
        ({"a": 1}, None, {"ends": ELSEWHERE}, {"a": 1}),
    ],
    ids=[
        "set", "removed", "other casing", "other casing removed", "no before", "inside", "another shape", "by name",
        "plain values", "two of one name", "endpoints stay", "no endpoints",
    ],
)  # fmt: skip
def test_what_becomes_of_it(live: Any, before: Any, after: Any, expected: Any) -> None:
    assert laid_over(live, before, after) == expected


def test_a_template_resets_what_it_leaves_out() -> None:
    live = {"properties": {"privateEndpointConnections": [1], "networkAcls": {"defaultAction": "Deny"}}}
    after: dict[str, Any] = {"properties": {"privateEndpointConnections": ELSEWHERE}}
    keep_read_only(live, after)
    assert after == {"properties": {"privateEndpointConnections": [1]}}
    after = {"properties": {"privateEndpointConnections": ELSEWHERE}}
    keep_read_only({"properties": {}}, after)
    assert after == {"properties": {}}


def test_a_gateway_without_a_policy_keeps_the_default_that_it_was_made_with() -> None:
    told = {"provisioningState": "Succeeded", "defaultPredefinedSslPolicy": "AppGwSslPolicy20220101"}
    after: dict[str, Any] = {"apiVersion": "2022-01-01", "properties": {}}
    keep_read_only({"properties": {**told, "sslPolicy": {"minProtocolVersion": "TLSv1_3"}}}, after)
    assert after["properties"] == told


@pytest.mark.parametrize(
    ("live", "before", "after", "expected"),
    [
        ({"a": {"x": 1}}, None, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 2}}, None, {"a": {"x": 1, "y": None}}),
        ({"Rules": [{"name": "a"}]}, None, {"rules": [{"name": "b"}]}, {"Rules": [{"name": "a"}, {"name": "b"}]}),
        ({"r": [{"name": "a"}, {"name": "b"}]}, {"r": [{"name": "b"}]}, None, {"r": [{"name": "a"}]}),
        ({"r": [{"id": 1}]}, {"r": [{"id": 2}]}, {"r": [{"id": 3}]}, {"r": [{"id": 1}, {"id": 3}]}),
    ],
    ids=["inside", "taken away", "an element", "an element taken away", "without names"],
)
def test_what_something_adds(live: Any, before: Any, after: Any, expected: Any) -> None:
    assert added_to(live, before, after) == expected
