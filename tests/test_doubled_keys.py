"""A key that a JSON object has twice makes its value unknown: parsers disagree on which one counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conservation.inputs import declared, deployment, plan, planned, pod, template, vault

PRIVILEGED = '"privileged": true'
BOTH = '"privileged": true, "privileged": false'
PURGE = '"purge_protection_enabled": false'
VAULT = json.dumps({**vault("alpha"), "properties": {"x": 1}})


def run(command: Any, tmp_path: Path, verb: str, file: str, text: str) -> dict[str, Any]:
    (tmp_path / file).write_text(text)
    source = [file] if verb == "gate" else ["--from", file]
    done = command(verb, *source, "--select", "*privileged-containers", "--select", "*purge-protection",
                   "-f", "json", "-o", "out.json")  # fmt: skip
    found = json.loads((tmp_path / "out.json").read_text()) if (tmp_path / "out.json").exists() else {}
    return {**found, "code": done.returncode, "stderr": done.stderr}


@pytest.mark.parametrize("verb", ["scan", "gate"])
@pytest.mark.parametrize("file", ["in.json", "in.ndjson", "in.txt"])
def test_a_value_given_twice_is_unknown(command: Any, tmp_path: Path, verb: str, file: str) -> None:
    text = json.dumps(deployment("alpha")).replace(PRIVILEGED, BOTH)
    found = run(command, tmp_path, verb, file, f"{text}\n")
    assert [finding["outcome"] for finding in found["findings"]] == ["unknown"]
    assert ["the key `privileged` is given twice" in gap["reason"] for gap in found["gaps"]] == [True]
    assert found["code"] == 3
    assert found["summary"]["elements"]["total"] == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a list", json.dumps({"value": [vault("alpha")]})[:-1] + ', "value": []}'),
        ("an escaped quote", VAULT.replace('"x": 1', '"enablePurgeProtection": false, "enablePurgeProtection": true, '
                                           '"a": "\\u0022\\u0022"')),
        ("a type", VAULT.replace('"type"', '"type": "A/b", "type"')),
    ],
)  # fmt: skip
def test_whatever_is_given_twice_does_not_pass(command: Any, tmp_path: Path, name: str, text: str) -> None:
    found = run(command, tmp_path, "scan", "in.json", text)
    assert found["code"] == 3
    assert any("is given twice" in gap["reason"] for gap in found["gaps"])
    assert "pass" not in {finding["outcome"] for finding in found["findings"]}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(plan([planned("alpha")])).replace(PURGE, f'{PURGE}, "purge_protection_enabled": true'),
        json.dumps(plan([planned("alpha")]))[:-1] + ', "resource_changes": []}',
        json.dumps(template([declared("alpha")]))[:-1] + ', "resources": []}',
        json.dumps(plan([planned("alpha", "kubernetes_manifest", manifest=pod("alpha"))])).replace(PRIVILEGED, BOTH),
        "// a comment\n" + json.dumps(template([declared("alpha")]))[:-1] + ', "resources": []}',
    ],
)
def test_a_change_that_says_something_twice_is_refused(command: Any, tmp_path: Path, text: str) -> None:
    found = run(command, tmp_path, "gate", "in.json", text)
    assert found["code"] == 3
    assert "is given twice" in found["stderr"]


def test_texts_with_quotes_are_no_keys(command: Any, tmp_path: Path) -> None:
    tags = {"a": 'say "no"', "b": "\\", 'c"': '\\"', "d": "\u2028"}
    for text in (json.dumps([{**vault("alpha"), "tags": tags}]), json.dumps({**vault("alpha"), "tags": tags})):
        found = run(command, tmp_path, "scan", "in.json", text)
        assert [finding["outcome"] for finding in found["findings"]] == ["fail"]
        assert found["gaps"] == []
