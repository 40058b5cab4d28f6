"""GitLab code quality: the fields its widget needs."""

from __future__ import annotations

import io
import json
from typing import Any

import audits
import hostile
import pytest

from auditor.model import Outcome
from auditor.render import Options, render


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
