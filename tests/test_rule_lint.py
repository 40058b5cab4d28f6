"""What `auditor rules test` warns of, and how a rule accepts a warning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import Command

from auditor.ruleset.lint import lint
from auditor.ruleset.rule_schema_model import read_rule_file
from tests.bundled import SOURCES

RULE: dict[str, Any] = {
    "id": "own.thing",
    "title": "Things must be closed to the Internet",
    "severity": "high",
    "resource": "Microsoft.Example/things",
    "rationale": "What is open to the Internet is attacked from there.",
    "remediation": {"text": "Close it."},
    "sources": ["live"],
    "references": ["https://example.org"],
}


def warnings(tmp_path: Path, **parts: Any) -> list[str]:
    folder = tmp_path / "rules"
    file = folder / "own" / "thing.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump({**RULE, **parts}, sort_keys=False), encoding="utf-8")
    return lint(read_rule_file(file, folder, file.read_text("utf-8")))


def case(name: str, properties: dict[str, Any], expect: str, **rest: Any) -> dict[str, Any]:
    return {"name": name, "given": {"properties": properties, **rest}, "expect": expect}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.rule.id)
def test_bundled_rules_have_no_warnings(source: Any) -> None:
    assert lint(source) == []


KEY = [case("a key", {"key": "/k"}, "pass"), case("absent", {}, "fail"), case("other", {"v": 1}, "fail")]


def test_an_empty_text_counts_as_a_value(tmp_path: Path) -> None:
    found = warnings(tmp_path, **{"assert": {"field": "properties.key", "exists": True}}, tests=KEY)
    assert found == ["empty-value: properties.key: empty, it counts as a value (case 'a key')"]
    assert warnings(tmp_path, **{"assert": {"field": "properties.key", "hasValue": True}}, tests=KEY) == []


def test_an_empty_list_of_a_related_resource_counts_as_a_value(tmp_path: Path) -> None:
    related = {"type": "Microsoft.Example/things/parts", "match": {"theirs": "parentId", "ours": "id"}}
    part = {"type": "Microsoft.Example/things/parts", "parent": True, "properties": {"hosts": ["a"]}}
    tests = [{**KEY[1], "name": "hosts", "with": [part], "expect": "pass"}, *KEY[1:]]
    exists = {"related": {**related, "where": {"field": "properties.hosts", "exists": True}}}
    has_value = {"related": {**related, "where": {"field": "properties.hosts", "hasValue": True}}}
    assert [text.split(":")[0] for text in warnings(tmp_path, **{"assert": exists}, tests=tests)] == ["empty-value"]
    assert warnings(tmp_path, **{"assert": has_value}, tests=tests) == []


def test_two_halves_do_not_add_up(tmp_path: Path) -> None:
    tests = [
        case("one", {"ranges": ["203.0.113.7"]}, "pass"),
        case("all", {"ranges": ["0.0.0.0/0"]}, "fail"),
        case("absent", {}, "pass"),
    ]
    one_by_one = {"not": {"field": "properties.ranges", "contains": "0.0.0.0/0"}}
    together = {"not": {"field": "properties.ranges", "includesInternet": True}}
    assert warnings(tmp_path, **{"assert": one_by_one}, tests=tests) == [
        "split-range: ranges: two halves do not add up to the whole range (case 'all')"
    ]
    assert warnings(tmp_path, **{"assert": together}, tests=tests) == []


@pytest.mark.parametrize(
    ("when", "field"),
    [
        ({"field": "tags.ours", "notEquals": "no"}, "tags.ours"),
        ({"field": "name", "notLike": "azure-*"}, "name"),
        ({"not": {"field": "$.name", "equals": "platform"}}, "name"),
        ({"field": "metadata.labels['a.example/managed']", "exists": False}, "metadata.labels['a.example/managed']"),
        ({"field": "name", "equals": "default"}, None),
        ({"field": "metadata.annotations['nginx.ingress.kubernetes.io/ssl-passthrough']", "equals": True}, None),
        ({"field": "properties.mode", "notEquals": "None"}, None),
    ],
)
def test_a_condition_leaves_out_by_what_an_author_chooses(tmp_path: Path, when: Any, field: str | None) -> None:
    found = warnings(tmp_path, when=when, **{"assert": {"field": "properties.key", "hasValue": True}}, tests=KEY)
    assert [text.partition(": `when`")[0] for text in found] == ([f"chosen-name: {field}"] if field else [])


@pytest.mark.parametrize(
    ("test", "check"),
    [
        ({"field": "properties.keyVaultId", "matches": "^https://[a-z.]+/"}, "text-pattern"),
        ({"field": "properties.items[*].image", "match": "#"}, "text-pattern"),
        ({"field": "properties.roleDefinitionId", "matches": "/(a|b)$"}, None),
        ({"field": "properties.keyVaultId", "matches": "\\S"}, None),
        ({"field": "properties.valid", "matches": "^x"}, None),
        ({"field": "properties.destinationPortRange", "equals": "22"}, "plain-port"),
        ({"field": "properties.ports", "contains": "22"}, "plain-port"),
        ({"field": "properties.destinationPortRange", "includesPort": 22}, None),
        ({"field": "properties.containerPort", "equals": 22}, None),
        ({"field": "properties.enableNonSslPort", "equals": True}, None),
    ],
)
def test_texts_that_have_several_spellings_are_compared(tmp_path: Path, test: Any, check: str | None) -> None:
    condition = {"anyOf": [test, {"field": "properties.key", "hasValue": True}]}
    found = warnings(tmp_path, **{"assert": condition}, tests=KEY)
    assert [text.split(":")[0] for text in found] == ([check] if check else [])


def test_a_field_whose_absence_silences_a_rule(tmp_path: Path) -> None:
    parts: dict[str, Any] = {
        "when": {"field": "properties.tier", "equals": "Premium"},
        "assert": {"field": "properties.key", "hasValue": True},
    }
    tests = [
        case("a key", {"tier": "Premium", "key": "/k"}, "pass"),
        case("absent", {"tier": "Premium"}, "fail"),
        case("other", {"tier": "Basic"}, "not-applicable"),
    ]
    assert warnings(tmp_path, **parts, tests=tests) == [
        "silent-absence: properties.tier: without it there is no answer (case 'absent')"
    ]
    decided = case("no tier means Basic", {}, "not-applicable")
    assert warnings(tmp_path, **parts, tests=[*tests, decided]) == []
    assert warnings(tmp_path, **parts, tests=tests, severity="low") == []


def test_a_warning_is_accepted_with_a_reason_as_long_as_it_occurs(tmp_path: Path) -> None:
    accepted = {"check": "empty-value", "field": "properties.key", "reason": "The service refuses an empty key."}
    parts: dict[str, Any] = {"lint": [accepted], "tests": KEY}
    assert warnings(tmp_path, **parts, **{"assert": {"field": "properties.key", "exists": True}}) == []
    assert warnings(tmp_path, **parts, **{"assert": {"field": "properties.key", "hasValue": True}}) == [
        "lint: no warning empty-value of properties.key is left; remove the entry"
    ]


def test_the_command_fails_on_a_warning(tmp_path: Path, command: Command) -> None:
    warnings(tmp_path, **{"assert": {"field": "properties.key", "exists": True}}, tests=KEY)
    done = command("rules", "test", "own.thing", "--rules", str(tmp_path / "rules"))
    assert done.returncode == 1
    assert "own.thing: empty-value: properties.key: empty, it counts as a value (case 'a key')" in done.stdout
    assert "1 rule, 3 cases, 0 failed, 0 changes not noticed, 1 warning" in done.stdout
