"""Every operator against the odd cases: absent, null, wrong type, unknown, empty, mixed case, dotted keys."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from auditor.evaluate.conditions import semantics
from auditor.evaluate.conditions.grammar import GrammarError, parse, parse_path
from auditor.evaluate.conditions.operators import OPERATORS
from auditor.evaluate.conditions.paths import Scope
from auditor.evaluate.conditions.relations import Relations
from auditor.evaluate.conditions.scalars import parse_duration, parse_time, parse_version
from auditor.kubernetes.workloads import user_name_of
from auditor.model.resource import Origin, Resource, Unknown

CLOCK = dt.datetime(2026, 7, 9, tzinfo=dt.UTC)
ABSENT = object()
UNKNOWN = Unknown("known after apply")
ORDER = ["TLS1_0", "TLS1_1", "TLS1_2", "TLS1_3"]
YES, NO, OPEN = "true", "false", "unknown"


def verdict(body: dict[str, Any], condition: dict[str, Any]) -> str:
    resource = Resource("Microsoft.Test/things", {"type": "Microsoft.Test/things", "name": "t", **body}, Origin())
    found = semantics.truth(parse(condition, {}, CLOCK), Scope.of(resource), Relations([]))
    return OPEN if isinstance(found, Unknown) else str(found).lower()


def on(value: Any, test: dict[str, Any]) -> str:
    return verdict({} if value is ABSENT else {"v": value}, {"field": "v", **test})


# operator, operand → what it says of: a match, a miss, a value of the wrong type
TABLE: list[tuple[dict[str, Any], Any, Any, Any, str]] = [
    ({"equals": "Https"}, "HTTPS", "Http", [1], OPEN),
    ({"equals": True}, "True", False, {"a": 1}, OPEN),
    ({"equals": 7}, "7", 8, "seven", OPEN),
    ({"equals": "true"}, True, "yes", {}, OPEN),
    ({"equals": "On"}, "on", 1, True, OPEN),
    ({"equals": 1}, "1", 0, True, OPEN),
    ({"equals": False}, "FALSE", "", 0, OPEN),
    ({"equals": True}, True, "false", "yes", OPEN),
    ({"notEquals": True}, False, "true", "yes", OPEN),
    ({"notEquals": True}, False, True, 1, OPEN),
    ({"equals": ["A"]}, ["a"], ["a", "b"], "a", OPEN),
    ({"equals": {"K": "v"}}, {"k": "V"}, {"k": "w"}, [], OPEN),
    ({"notEquals": "Https"}, "Http", "https", [1], OPEN),
    ({"in": ["a", 2]}, "A", "c", {}, OPEN),
    ({"notIn": ["a", 2]}, "c", "2", {}, OPEN),
    ({"like": "a*c"}, "ABBC", "abcd", [], OPEN),
    ({"like": "*"}, "", None, {}, OPEN),
    ({"like": "a*b*c"}, "axbxc", "acb", 1, NO),
    ({"notLike": "a*c"}, "abd", "ac", [], OPEN),
    ({"match": "ab-##"}, "ab-12", "ab-1x", {}, OPEN),
    ({"match": "??.#"}, "ab-1", "a1-1", [], OPEN),
    ({"match": "AB"}, "AB", "ab", [], OPEN),
    ({"notMatch": "##"}, "1x", "12", [], OPEN),
    ({"matchInsensitively": "AB-#"}, "ab-1", "ab-x", {}, OPEN),
    ({"notMatchInsensitively": "AB"}, "a", "ab", {}, OPEN),
    ({"contains": "ob"}, "bOBby", "bby", {"ob": 1}, OPEN),
    ({"contains": "a"}, ["x", "A"], ["ab"], {}, OPEN),
    ({"contains": "a"}, ["x", "A"], ["ab"], [{}], OPEN),
    ({"notContains": "ob"}, "bby", "bobby", {}, OPEN),
    ({"containsKey": "a.b"}, {"A.B": None}, {"a": {"b": 1}}, "a.b", OPEN),
    ({"notContainsKey": "k"}, {"x": 1}, {"K": 1}, [], OPEN),
    ({"less": 5}, "4.5", 5, "five", OPEN),
    ({"lessOrEquals": 5}, 5, 5.1, [], OPEN),
    ({"greater": 5}, 6, "5", {}, OPEN),
    ({"greaterOrEquals": 5}, "5", 4, True, OPEN),
    ({"greater": "b"}, "C", "B", 1, OPEN),
    ({"atLeast": "TLS1_2", "order": ORDER}, "tls1_3", "TLS1_1", "TLS9", OPEN),
    ({"versionAtLeast": "1.30"}, "v1.30.4", "1.29.99", "latest", OPEN),
    ({"versionAtLeast": "1.30.1"}, "1.31", "1.30", {}, OPEN),
    ({"before": "P0D"}, "2026-07-08", "2026-07-09T00:00:00Z", "soon", OPEN),
    ({"before": "-P90D"}, "2026-04-09T23:59:59Z", "2026-04-10T00:00:00Z", [], OPEN),
    ({"after": "P30D"}, "2026-08-08T00:00:01Z", "2026-08-08T00:00:00Z", {}, OPEN),
    ({"after": "2026-01-01"}, 1785542400, 0, "x", OPEN),
    ({"inCidr": "10.0.0.0/8"}, "10.1.2.0/24", "11.0.0.1", "VirtualNetwork", OPEN),
    ({"inCidr": ["10.0.0.0/8", "fd00::/8"]}, "fd00::1", "9.255.255.255-10.0.0.1", 7, OPEN),
    ({"isPublicAddress": True}, "8.8.8.8", "10.0.0.0/8", "not an address", OPEN),
    ({"isPublicAddress": True}, "0.0.0.0/0", "VirtualNetwork", [], OPEN),
    ({"isPublicAddress": True}, "10.0.0.0-11.0.0.0", "192.168.0.1-192.168.0.9", {}, OPEN),
    ({"isPublicAddress": False}, "GatewayManager", "Internet", 1, OPEN),
    ({"includesInternet": True}, ["0.0.0.0/2", "2600::/64"], ["10.0.0.0/8", "203.0.113.0/24"], "no address", OPEN),
    ({"includesInternet": True}, "*", "VirtualNetwork", [[]], OPEN),
    ({"includesInternet": True}, [{"v": "20.0.0.0/7"}], [{"action": "Allow"}], [{"v": []}], OPEN),
    ({"includesInternet": True}, ["20.0.0.0/9", "20.128.0.0/9", "21.0.0.1"], "20.0.0.0/8", [[]], OPEN),
    ({"includesInternet": True}, "10.0.0.1, 0.0.0.0/0", "10.0.0.0/8, 172.16.0.0/12", 7, OPEN),
    ({"includesInternet": True}, "1.0.0.0-2.255.255.255", "10.0.0.0-11.0.0.0", 7, OPEN),
    ({"includesInternet": True}, "2400::/12", "fc00::/7", "fc00::/7x", OPEN),
    ({"includesInternet": False}, [], "Internet", [[]], OPEN),
    ({"includesInternetUpTo": "255.255.255.255"}, "1.0.0.0", "224.0.0.0", "::", OPEN),
    ({"includesInternetUpTo": "9.255.255.255"}, "8.0.0.0", "9.0.0.0", "10.0.0.0", OPEN),
    ({"includesInternetUpTo": "3fff::"}, "2000::", "3fff::", ["2000::"], OPEN),
    ({"includesMostPorts": True}, "1-65534", "1-1023", "ssh", OPEN),
    ({"includesMostPorts": True}, ["0-32767", "32768-65535"], ["22", "1024-50000"], [[]], OPEN),
    ({"includesInternet": True}, "::ffff:0:0/96", "::ffff:203.0.113.7", 7, OPEN),
    ({"inCidr": "10.0.0.0/8"}, "::ffff:10.1.2.3", "::ffff:11.1.2.3", "x", OPEN),
    ({"includesMostPorts": False}, ["1-40000", "1-40000"], "*", [[]], OPEN),
    ({"includesPort": 22}, "20-25", "23-80", "ssh", OPEN),
    ({"includesPort": [22, 3389]}, "*", 443, {}, OPEN),
    ({"includesPort": 22}, "Any", "", [], OPEN),
    ({"coveredBy": "a.Example.com"}, "A.example.com", "b.example.com", 7, OPEN),
    ({"coveredBy": ["x.org", "*.example.com"]}, "a.example.com", "a.b.example.com", {}, OPEN),
    ({"coveredBy": "*.example.com"}, "*.example.com", "example.com", [], OPEN),
    ({"selects": {"app": "web"}}, {"matchLabels": {"app": "web"}}, {"matchLabels": {"app": "Web"}}, [], OPEN),
    ({"selects": {"app": "web"}}, "app == 'web'", "app == 'Web'", 7, OPEN),
    ({"selects": {}}, {}, {"matchLabels": {"app": "web"}}, [], OPEN),
    ({"matches": "^a+b$"}, "AAB", "aabc", [], OPEN),
    ({"exists": True}, "", None, None, NO),
    ({"exists": False}, None, 0, [], NO),
    ({"hasValue": True}, "x", " ", [], NO),
    ({"hasValue": True}, ["x"], "", None, NO),
    ({"hasValue": True}, False, None, {}, YES),
    ({"hasValue": False}, [], 0, {}, NO),
    ({"hasValue": False}, "\t", [""], "x", NO),
]
NEGATIVE = {"notEquals", "notIn", "notLike", "notMatch", "notMatchInsensitively", "notContains", "notContainsKey"}


@pytest.mark.parametrize(("test", "match", "miss", "wrong", "of_wrong"), TABLE, ids=lambda v: str(v)[:40])
def test_operator_matches_misses_and_meets_the_wrong_type(
    test: dict[str, Any], match: Any, miss: Any, wrong: Any, of_wrong: str
) -> None:
    assert on(match, test) == YES
    assert on(miss, test) == NO
    assert on(wrong, test) == of_wrong


@pytest.mark.parametrize("test", [row[0] for row in TABLE], ids=str)
def test_operator_on_what_is_absent_null_or_unknown(test: dict[str, Any]) -> None:
    name = next(iter(test))
    absent = YES if name in NEGATIVE or test in ({"exists": False}, {"hasValue": False}) else NO
    assert on(ABSENT, test) == on(None, test) == absent
    assert on(UNKNOWN, test) == OPEN
    assert verdict({"v": {"deep.er": None}}, {"field": "v['deep.er']", **test}) == absent


@pytest.mark.parametrize("test", [row[0] for row in TABLE], ids=str)
def test_operator_on_every_element(test: dict[str, Any]) -> None:
    match, miss = next((row[1], row[2]) for row in TABLE if row[0] is test)
    every = {"field": "list[*].v", **test}
    assert verdict({"list": []}, every) == YES, "no element at all is true"
    assert verdict({}, every) == YES
    assert verdict({"list": [{"v": match}, {"v": match}]}, every) == YES
    assert verdict({"LIST": [{"V": match}, {"v": miss}]}, every) == NO
    assert verdict({"list": [{"v": UNKNOWN}, {"v": match}]}, every) == OPEN
    assert verdict({"list": [{"v": UNKNOWN}, {"v": miss}]}, every) == NO, "false wins over unknown"
    assert verdict({"list": "no array"}, every) == OPEN
    assert verdict({"list": UNKNOWN}, every) == OPEN


def test_every_operator_is_in_the_table() -> None:
    assert {next(iter(row[0])) for row in TABLE} == set(OPERATORS)


def test_kleene_logic() -> None:
    known = {"t": {"value": 1, "equals": 1}, "f": {"value": 1, "equals": 2}, "u": {"field": "u", "equals": 1}}

    def say(condition: dict[str, Any]) -> str:
        return verdict({"u": UNKNOWN}, condition)

    assert say({"anyOf": [known["u"], known["t"]]}) == YES
    assert say({"anyOf": [known["u"], known["f"]]}) == OPEN
    assert say({"allOf": [known["u"], known["f"]]}) == NO
    assert say({"allOf": [known["u"], known["t"]]}) == OPEN
    assert say({"not": known["u"]}) == OPEN


def test_count_with_unknown_elements_is_known_when_they_cannot_matter() -> None:
    body = {"rules": [{"access": "Allow"}, {"access": UNKNOWN}, {"access": "Deny"}]}
    where = {"field": "access", "equals": "Allow"}

    def count(**test: int) -> str:
        return verdict(body, {"count": {"field": "rules[*]", "where": where}, **test})

    assert count(greaterOrEquals=1) == YES
    assert count(greaterOrEquals=2) == OPEN
    assert count(greaterOrEquals=3) == NO
    assert count(equals=1) == OPEN
    assert count(less=3) == YES


def test_inside_count_a_path_may_begin_with_the_counted_one() -> None:
    body = {"p": {"rules": [{"access": "Allow", "port": 22}, {"access": "Deny", "port": 22}]}}
    where = {"allOf": [{"field": "p.rules[*].access", "equals": "Allow"}, {"field": "port", "equals": 22}]}
    assert verdict(body, {"count": {"field": "p.rules[*]", "where": where}, "equals": 1}) == YES


def test_the_element_itself() -> None:
    body = {"v": ["x", "y", "X"]}
    for path in ("v[*]", "@"):
        assert verdict(body, {"count": {"field": "v[*]", "where": {"field": path, "equals": "x"}}, "equals": 2}) == YES


def test_an_unknown_array_hides_no_match_elsewhere() -> None:
    body = {"m": [{"p": UNKNOWN}, {"p": [{"a": 1}]}]}
    assert verdict(body, {"count": {"field": "m[*].p[*]"}, "greaterOrEquals": 1}) == YES
    assert verdict(body, {"count": {"field": "m[*].p[*]"}, "equals": 1}) == OPEN


def test_what_is_derived_from_an_unknown_id_is_unknown() -> None:
    for path in ("id", "parentId", "subscriptionId", "resourceGroup"):
        assert verdict({"id": UNKNOWN}, {"field": path, "equals": "x"}) == OPEN
    assert verdict({"name": UNKNOWN}, {"field": "name", "equals": "t"}) == OPEN


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        ({"namespace": "shop", "name": "api"}, "system:serviceaccount:shop:api"),
        ({"name": "api"}, "system:serviceaccount:default:api"),
        ({"namespace": "shop", "name": UNKNOWN}, UNKNOWN),
        ({"namespace": UNKNOWN, "name": "api"}, UNKNOWN),
        (UNKNOWN, UNKNOWN),
    ],
)
def test_service_accounts_have_the_name_of_their_tokens(metadata: Any, name: str | Unknown) -> None:
    body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    assert user_name_of(Resource("core/ServiceAccount", body, Origin())) == name
    assert verdict({"metadata": metadata}, {"field": "userName", "exists": True}) == NO


def test_an_operand_may_be_another_field() -> None:
    assert verdict({"a": "X", "b": "x"}, {"field": "a", "equals": {"field": "b"}}) == YES
    assert verdict({"a": "X"}, {"field": "a", "equals": {"field": "b"}}) == OPEN


@pytest.mark.parametrize(("value", "expected"), [("x", YES), ("y", OPEN)])
def test_a_condition_may_say_that_nobody_can_know(value: str, expected: str) -> None:
    condition = {"anyOf": [{"field": "a", "equals": "x"}, {"unknown": "the other values are not documented"}]}
    assert verdict({"a": value}, condition) == expected


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("properties.sku.tier", ("properties", "sku", "tier")),
        ("a[*].b[*].c", ("a", "[*]", "b", "[*]", "c")),
        ("a['x.y'].z", ("a", "x.y", "z")),
        ("a['[*]'].z", ("a", "[*]", "z")),
        ("$.a", ("a",)),
        ("^.a[*]", ("a", "[*]")),
    ],
)
def test_paths(text: str, segments: tuple[str, ...]) -> None:
    assert parse_path(text).segments == segments


@pytest.mark.parametrize("text", ["", ".", "a.", "a..b", "[*]", "a[0]", "a['x'", "$", "^.", "a[*]b", 7, None])
def test_bad_paths_are_refused(text: Any) -> None:
    with pytest.raises(GrammarError):
        parse_path(text)


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ({"feild": "a", "equals": 1}, "did you mean 'field'"),
        ({"field": "a", "eqals": 1}, "did you mean 'equals'"),
        ({"field": "a"}, "exactly one operator"),
        ({"field": "a", "equals": 1, "in": [1]}, "exactly one operator"),
        ({"field": "a", "equals": None}, "exists: false"),
        ({"field": "a", "in": "x"}, "list"),
        ({"field": "a", "matches": "(("}, "regular expression of RE2: missing"),
        ({"field": "a", "matches": "(a)\\1"}, "regular expression"),
        ({"field": "a", "before": "P1M"}, "duration"),
        ({"field": "a", "after": 30}, "duration"),
        ({"field": "a", "inCidr": "10.0.0.0/99"}, "CIDR"),
        ({"field": "a", "atLeast": "x"}, "order"),
        ({"field": "a", "atLeast": "x", "order": ["a", "b"]}, "not in its order"),
        ({"field": "a", "equals": {"param": "dyas"}}, "did you mean 'days'"),
        ({"allOf": []}, "list of conditions"),
        ({"allOf": [{"field": "a", "exists": True}], "field": "a"}, "here: allOf and field"),
        ({"count": {"field": "a"}, "equals": 1}, "ends with"),
        ({"related": {"type": "x/y", "match": {"theirs": "a"}}}, "theirs"),
        ({"unknown": " "}, "the reason"),
        ({"unknown": "a reason", "equals": 1}, "unexpected 'equals'"),
        ({}, "a condition is an object"),
        ("field", "a condition is an object"),
    ],
    ids=str,
)
def test_wrong_conditions_are_refused_with_what_was_meant(condition: Any, told: str) -> None:
    with pytest.raises(GrammarError, match=told):
        parse(condition, {"days": 30}, CLOCK)


def test_a_condition_nested_too_deeply_is_refused() -> None:
    condition: dict[str, Any] = {"field": "a", "exists": True}
    for _ in range(200):
        condition = {"not": condition}
    with pytest.raises(GrammarError, match="nested"):
        parse(condition, {}, CLOCK)


def test_times_durations_and_versions() -> None:
    assert parse_time("2026-05-01T10:00:00.1234567Z") == dt.datetime(2026, 5, 1, 10, 0, 0, 123456, dt.UTC)
    assert parse_time("2026-05-01T10:00:00+02:00") == dt.datetime(2026, 5, 1, 8, tzinfo=dt.UTC)
    assert parse_time(1785542400) == dt.datetime(2026, 8, 1, tzinfo=dt.UTC)
    assert parse_time(True) is None
    assert parse_duration("-P1W2DT3H") == -dt.timedelta(days=9, hours=3)
    assert parse_duration("P") is None
    assert parse_duration("PT") is None
    assert parse_version("v1.30.4-azure") == (1, 30, 4)
    assert parse_version("1.30.4.x") is None
    assert parse_version("") is None
