"""GitLab code quality: the fields its widget needs."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import audits
import hostile
import pytest
from commands import Command

from auditor.model.finding import Outcome
from auditor.render.formats import Options, render


def entries(made: Any, **options: Any) -> list[dict[str, Any]]:
    out = io.BytesIO()
    render(*made, "gitlab", out, Options(**options))
    return list(json.loads(out.getvalue()))


@pytest.mark.parametrize("make", [audits.small, audits.nothing, hostile.audit])
def test_entries_have_what_the_widget_needs(make: Any) -> None:
    found = entries(make())
    for entry in found:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert isinstance(entry["location"]["lines"]["begin"], int) and entry["location"]["lines"]["begin"] >= 1
        assert entry["location"]["path"] and not entry["location"]["path"].startswith("./")
        assert not any(ord(c) < 32 for c in entry["description"]) and len(entry["description"]) <= 1000
    assert len({entry["fingerprint"] for entry in found}) == len(found)


def test_open_findings_only_and_files_where_they_are() -> None:
    found = entries(audits.small())
    assert [entry["severity"] for entry in found] == ["critical", "critical", "critical", "blocker", "blocker", "major"]
    assert found[-1]["location"] == {"path": "deploy/shop app.yaml", "lines": {"begin": 12}}
    assert found[0]["location"]["path"].endswith("Microsoft.KeyVault/vaults/kv-2.json")
    assert "(unknown)" in found[2]["description"]
    (passed,) = entries(audits.small(), outcomes=frozenset({Outcome.PASS}))
    assert passed["severity"] == "info"


def test_an_object_of_two_files_is_shown_twice(command: Command, folder: Path) -> None:
    """GitLab drops all entries of a fingerprint but one: those of the other environment were not seen."""
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: a}\nspec: {hostPID: true, restartPolicy: %s}\n"
    for name in ("Always", "Never", "OnFailure"):
        (folder / f"{name}.yaml").write_text(pod % name)
    args = ("gate", ".", "--select", "kubernetes.workload.no-host-pid", "--format", "gitlab")
    found = json.loads(command(*args).stdout)
    assert len({entry["fingerprint"] for entry in found}) == len(found) == 3
    assert json.loads(command(*args).stdout) == found
    (folder / "Never.yaml").unlink()
    left = {entry["fingerprint"] for entry in json.loads(command(*args).stdout)}
    assert left < {entry["fingerprint"] for entry in found}, "and each keeps its own"
