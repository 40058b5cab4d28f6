"""GitHub workflow commands: escaped as the runner unescapes them, ten of a level, the rest counted."""

from __future__ import annotations

import io
import re
from typing import Any

import audits
import hostile

from auditor.model.resource import Origin
from auditor.render.formats import Options, render

COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def commands(made: Any) -> list[tuple[str, dict[str, str], str]]:
    """Every line, read as the runner reads it."""
    out = io.BytesIO()
    render(*made, "github", out, Options())
    found = []
    for line in out.getvalue().decode().split("\n")[:-1]:
        match = COMMAND.fullmatch(line)
        assert match, line
        pairs = dict(pair.split("=", 1) for pair in match[2].split(","))
        found.append((match[1], {name: unescaped(value) for name, value in pairs.items()}, unescaped(match[3])))
    return found


def unescaped(text: str) -> str:
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


def test_annotations_worst_first_on_the_lines_of_files() -> None:
    first, *rest = commands(audits.small())
    assert first == ("error", {"title": "auditor"}, "4 failures: 1 critical, 2 high and 1 medium.")
    assert [level for level, _, _ in rest] == ["error", "warning", "error", "error", "warning", "warning"]
    _, properties, message = rest[-1]
    assert properties == {
        "file": "deploy/shop app.yaml", "line": "12", "title": "Containers do not run as root (medium)",
    }  # fmt: skip
    assert message == "cart (shop): runs as root [kubernetes.run-as-non-root]"


def test_nothing_evaluated_is_an_error_and_clean_is_not() -> None:
    assert [level for level, _, _ in commands(audits.nothing())] == ["error"]
    assert [level for level, _, _ in commands(audits.clean())] == ["notice"]


def test_ten_of_a_level_and_the_rest_is_counted() -> None:
    found = commands(audits.many(1000, rules=10))
    levels = [level for level, _, _ in found]
    assert {level: levels.count(level) for level in levels} == {"error": 10, "warning": 10, "notice": 10}
    assert "971 more findings without an annotation" in found[0][2]


def test_no_name_ends_a_command_or_begins_another() -> None:
    found = commands(hostile.audit())
    assert {frozenset(properties) for _, properties, _ in found} <= {
        frozenset({"title"}), frozenset({"file", "line", "title"}),
    }  # fmt: skip
    rule = audits.rule()
    name = "a%0Ab,c:d\n::error::x"
    origin = Origin(source="manifest", file=f"./{name}", line=3)
    made = audits.audit_of([rule], [audits.finding(rule, audits.vault(name), origin=origin, message=name)])
    _, (_, properties, message) = commands(made)
    assert properties["file"] == name
    assert r"a%0Ab,c:d\n::error::x" in message
