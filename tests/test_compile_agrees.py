"""The compiled form must say of every resource what the reference interpreter says (property test)."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import msgspec
import pytest
import tools
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.evaluate.bound_rule import Bound, bind
from auditor.evaluate.conditions.relations import Relations
from auditor.evaluate.engine import Judge
from auditor.evaluate.interpreter import answers
from auditor.model.finding import Finding, Severity
from auditor.model.resource import Origin, Resource, Unknown, holds_unknown
from auditor.model.rule import Remediation, Rule
from tests.plain_findings import finding_of

DECODER = msgspec.json.Decoder(Finding)
CLOCK = dt.datetime(2026, 7, 9, tzinfo=dt.UTC)
TYPES = {"Microsoft.Test/things": "Microsoft.Test/others", "test/Thing": "test/Other"}
"""A type of Azure, whose keys may have any casing, and one of Kubernetes, with one that it relates to."""

SCALARS = st.sampled_from(
    ["Https", "HTTPS", "http", "true", "True", True, False, 0, 1, 7, "7", "7.0", "", "TLS1_2", "tls1_0", "10.0.0.4"]
    + ["10.0.0.0/8", "*", "20-25", "22", "2026-08-01T00:00:00Z", "1.30.4", None, 3.5, "abc-1", 1785542400]
)
KEYS = st.sampled_from(["a", "b", "A", "list", "name", "x.y", "List", "matchLabels", "labels"])
LEAVES = SCALARS | st.just([]) | st.just({}) | st.lists(SCALARS, max_size=3)
BODIES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
PATHS = st.sampled_from(
    ["a", "b", "list", "a.b", "a.list", "list[*]", "list[*].a", "list[*].list[*]", "list[*].list[*].b", "a[*].b"]
    + [
        "['x.y']",
        "a['x.y']",
        "name",
        "$.a",
        "$.list[*].a",
        "$.name",
        "^.a",
        "^.b",
        "id",
        "parentId",
        "@",
        "list[*].list",
        "labels.a",
        "labels.b",
    ]
)
COUNTED = st.sampled_from(["list[*]", "a.list[*]", "$.list[*]", "^.list[*]", "list[*].list[*]"])


@st.composite
def operators(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(
        st.sampled_from(
            ["equals", "notEquals", "in", "notIn", "like", "notLike", "match", "notMatch", "matchInsensitively"]
            + ["contains", "notContains", "containsKey", "notContainsKey", "less", "lessOrEquals", "greater"]
            + [
                "greaterOrEquals",
                "exists",
                "hasValue",
                "atLeast",
                "versionAtLeast",
                "before",
                "after",
                "inCidr",
                "isPublicAddress",
            ]
            + [
                "hasValue",
                "includesInternet",
                "includesInternetUpTo",
                "includesPort",
                "includesMostPorts",
                "coveredBy",
                "matches",
                "selects",
            ]
        )
    )
    text = st.sampled_from(["https", "HTTP", "true", "7", "a*c*", "abc-#", "*", "", "x"])
    match name:
        case "equals" | "notEquals":
            operand: Any = draw(
                SCALARS.filter(lambda value: value is not None) | PATHS.map(lambda path: {"field": path})
            )
        case "in" | "notIn":
            operand = draw(st.lists(SCALARS.filter(lambda value: value is not None), min_size=1, max_size=3))
        case "like" | "notLike" | "match" | "notMatch" | "matchInsensitively" | "containsKey" | "notContainsKey":
            operand = draw(text)
        case "contains" | "notContains":
            operand = draw(text | st.just(7))
        case "exists" | "hasValue" | "isPublicAddress" | "includesInternet" | "includesMostPorts":
            operand = draw(st.booleans())
        case "atLeast":
            return {name: "TLS1_2", "order": ["TLS1_0", "TLS1_1", "TLS1_2"]}
        case "versionAtLeast":
            operand = "1.30"
        case "before" | "after":
            operand = draw(st.sampled_from(["P30D", "-P1D", "P0D", "2026-08-01"]))
        case "inCidr":
            operand = "10.0.0.0/8"
        case "includesInternetUpTo":
            operand = draw(st.just("255.255.255.255") | PATHS.map(lambda path: {"field": path}))
        case "includesPort":
            operand = draw(st.just(22) | st.just([22, 3389]))
        case "coveredBy":
            operand = draw(st.just(["x", "*.c"]) | PATHS.map(lambda path: {"field": path}))
        case "selects":
            operand = draw(st.just({"a": "x", "b": "7"}) | PATHS.map(lambda path: {"field": path}))
        case "matches":
            operand = "^h.*s$"
        case _:
            operand = draw(st.sampled_from([0, 1, 7, "b"]) | PATHS.map(lambda path: {"field": path}))
    return {name: operand}


NUMBERS = st.sampled_from([{"greater": 0}, {"equals": 0}, {"less": 2}, {"greaterOrEquals": 1}, {"in": [0, 2]}])


def conditions(other: str) -> st.SearchStrategy[dict[str, Any]]:
    field = st.builds(lambda path, test: {"field": path, **test}, PATHS, operators())
    leaf = st.one_of(field, field, field, st.just({"unknown": "nobody can say"}))
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds(lambda parts: {"allOf": parts}, st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda parts: {"anyOf": parts}, st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda part: {"not": part}, inner),
            st.builds(lambda p, w, n: {"count": {"field": p, "where": w}, **n}, COUNTED, inner, NUMBERS),
            st.builds(lambda p, n: {"count": {"field": p}, **n}, COUNTED, NUMBERS),
            st.builds(
                lambda theirs, ours, w, n: {
                    "related": {"type": other, "match": {"theirs": theirs, "ours": ours}, "where": w, "count": n}
                },
                st.sampled_from(["a", "list[*]", "name"]),
                st.sampled_from(["a", "$.name", "list[*].a", "^.b"]),
                inner,
                NUMBERS,
            ),
        ),
        max_leaves=6,
    )


def rule(kind: str, condition: Any, when: Any, each: str | None, index: int) -> Rule:
    return Rule(
        id=f"test.rule-{index}", title="A rule of the test", severity=Severity.LOW, resource=(kind,), each=each,
        when=when, condition=condition, rationale="", remediation=Remediation(text=""),
    )  # fmt: skip


def resource(body: Any, kind: str, *, number: int = 0) -> Resource:
    fields = body if isinstance(body, dict) else {"list": body}
    whole = {"name": f"n{number}", **fields, "type": kind, "id": f"/subscriptions/s/providers/{kind}/n{number}"}
    return Resource(kind, whole, Origin(), partial=holds_unknown(whole))


def by_reference(rules: list[Bound], one: Resource, relations: Relations) -> dict[str, Finding]:
    found = [finding_of(b.rule, one, a) for b in rules for a in answers(b, one, relations)]
    return {finding.fingerprint: finding for finding in found}


def told(lines: list[bytes]) -> dict[str, Finding]:
    return {finding.fingerprint: finding for finding in map(DECODER.decode, lines)}


def maybe_unknown(body: Any, seed: int) -> Any:
    """One value in six replaced by an unknown one, for one body in three."""
    source = random.Random(seed)
    if source.random() > 0.34:
        return body

    def spoil(value: Any) -> Any:
        if source.random() < 0.17:
            return Unknown("known after apply")
        if isinstance(value, dict):
            return {key: spoil(item) for key, item in value.items()}
        return [spoil(item) for item in value] if isinstance(value, list) else value

    return {key: spoil(value) for key, value in body.items()} if isinstance(body, dict) else body


def rules_of(kind: str) -> st.SearchStrategy[Any]:
    one = st.builds(
        lambda condition, when, each: (kind, condition, when, each),
        conditions(TYPES[kind]),
        st.none() | conditions(TYPES[kind]),
        st.sampled_from([None, None, "list[*]", "a.list[*]", "list[*].list[*]", "list[*].a"]),
    )
    return st.lists(one, min_size=1, max_size=3)


RULES = st.sampled_from(list(TYPES)).flatmap(rules_of)


@pytest.mark.slow
@settings(max_examples=tools.examples(1300), derandomize=True, suppress_health_check=list(HealthCheck))
@given(RULES, st.lists(BODIES, min_size=8, max_size=8), st.lists(BODIES, max_size=3), st.integers(0, 2**32))
def test_compiled_rules_say_what_the_reference_says(
    raw_rules: list[Any], bodies: list[Any], others: list[Any], seed: int
) -> None:
    rules = [bind(rule(*raw, index), CLOCK) for index, raw in enumerate(raw_rules)]
    kind = raw_rules[0][0]
    relations = Relations(rules, frozenset({TYPES[kind].casefold()}) if seed % 4 else None)
    for number, body in enumerate(others):
        relations.add(resource(maybe_unknown(body, seed + number), TYPES[kind], number=number))
    with_passes = Judge(rules, relations, keep_passes=True)
    without = Judge(rules, relations, keep_passes=False)
    passes = 0
    for number, body in enumerate(bodies):
        one = resource(maybe_unknown(body, seed + 100 + number), kind, number=number)
        expected = by_reference(rules, one, relations)
        assert told(with_passes.findings(one)) == expected
        assert told(without.findings(one)) == {key: f for key, f in expected.items() if f.outcome != "pass"}
        passes += sum(1 for finding in expected.values() if finding.outcome == "pass")
    assert sum(run.counts.passed for run in with_passes.runs()) == passes
    assert sum(run.counts.passed for run in without.runs()) == passes
