"""`gate --trusted-config`: what the checkout of a change says of its own verdict does not count."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from commands import Done

PURGE = "azure.key-vault.purge-protection"
FAILING = {"type": "Microsoft.KeyVault/vaults", "name": "kv", "apiVersion": "2023-07-01", "location": "x",
           "properties": {"enablePurgeProtection": False}}  # fmt: skip
SOON = (dt.datetime.now(dt.UTC) + dt.timedelta(days=30)).date().isoformat()
EXEMPT = f"""
exemptions:
  - {{rule: {PURGE}, resource: "*", category: waiver, owner: me, reason: mine, expiresOn: {SOON}}}
"""


@pytest.fixture
def gate(command: Any, tmp_path: Path) -> Any:
    """A gate of a template with one failing vault, in a checkout; the trusted folder is outside of it."""
    template = {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                "contentVersion": "1.0.0.0", "resources": [FAILING]}  # fmt: skip
    (tmp_path / "main.json").write_text(json.dumps(template, indent=1))
    (tmp_path / "trusted").mkdir()
    (tmp_path / "trusted" / "auditor.yaml").write_text("failOn: high\n")

    def call(*args: str, trusted: str = "trusted/auditor.yaml") -> Done:
        given = ("--select", PURGE, "-f", "json", "-o", "out.json")
        found: Done = command("gate", "main.json", *given, "--trusted-config", trusted, *args)
        return found

    return call


def notices(tmp_path: Path) -> list[str]:
    return [notice["message"] for notice in json.loads((tmp_path / "out.json").read_text())["notices"]]


@pytest.mark.parametrize(
    "text",
    [
        "failOn: never",
        "asOf: 2020-01-01",
        f"exclude: [{PURGE}]",
        "select: [azure.storage.*]",
        "parameters: {azure.key-vault.certificate-permissions: {}}",
        "outcomes: [pass]",
        "allowFromChange: [failOn]\nfailOn: never",
        "baseline: old.json\nnewOnly: true",
        "nonsense: true",
    ],
)
def test_settings_of_the_change_do_not_apply(gate: Any, tmp_path: Path, text: str) -> None:
    (tmp_path / "auditor.yaml").write_text(text)
    assert gate().returncode == 1
    (message,) = notices(tmp_path)
    assert "auditor.yaml" in message
    assert gate(trusted="/dev/null").returncode == 1, "without any trusted settings the defaults apply"


def test_the_same_settings_in_both_are_no_news(gate: Any, tmp_path: Path) -> None:
    (tmp_path / "auditor.yaml").write_text("failOn: high\n")
    assert gate().returncode == 1
    assert notices(tmp_path) == []


def test_the_trusted_settings_apply(gate: Any, tmp_path: Path) -> None:
    (tmp_path / "trusted" / "auditor.yaml").write_text("failOn: critical\nallowFromChange: [maxUnknown]\n")
    assert gate().returncode == 0
    (tmp_path / "trusted" / "auditor.yaml").write_text("failOn: high\nallowFromChange: [failOn]\n")
    (tmp_path / "auditor.yaml").write_text("failOn: never\n")
    assert gate().returncode == 0, "the trusted settings allow this one"


def test_paths_of_the_trusted_settings_are_beside_them(gate: Any, tmp_path: Path) -> None:
    """Otherwise a change would put its own file where the trusted settings point."""
    (tmp_path / "trusted" / "auditor.yaml").write_text("exemptions: {files: [accepted.yaml]}\n")
    (tmp_path / "trusted" / "accepted.yaml").write_text("exemptions: []\n")
    (tmp_path / "accepted.yaml").write_text(EXEMPT)
    assert gate().returncode == 1
    (tmp_path / "trusted" / "accepted.yaml").write_text(EXEMPT)
    assert gate().returncode == 0


def test_exemptions_of_the_change_need_leave(gate: Any, tmp_path: Path) -> None:
    (tmp_path / "exemptions.yaml").write_text(EXEMPT)
    assert gate().returncode == 1
    (message,) = notices(tmp_path)
    assert message.startswith("Exemptions of the change do not apply")
    (tmp_path / "trusted" / "exemptions.yaml").write_text(EXEMPT)
    assert gate().returncode == 0, "the same exemptions are on the target branch"
    (tmp_path / "trusted" / "exemptions.yaml").unlink()
    (tmp_path / "trusted" / "auditor.yaml").write_text("allowFromChange: [exemptions]\n")
    assert gate().returncode == 0


def test_exemptions_in_comments_need_leave(gate: Any, tmp_path: Path) -> None:
    text = (tmp_path / "main.json").read_text()
    comment = f'// auditor:exempt {PURGE} until={SOON} owner=me reason="mine"\n  {{\n   "type"'
    (tmp_path / "main.json").write_text(text.replace('{\n   "type"', comment))
    assert gate().returncode == 1
    (message,) = notices(tmp_path)
    assert PURGE in message
    (tmp_path / "trusted" / "auditor.yaml").write_text("allowFromChange: [comments]\n")
    assert gate().returncode == 0


def test_a_trusted_file_that_is_missing_or_wrong_stops_the_gate(gate: Any, tmp_path: Path) -> None:
    assert gate(trusted="nowhere.yaml").returncode == 2
    (tmp_path / "trusted" / "auditor.yaml").write_text("allowFromChange: [failon]\n")
    done = gate()
    assert done.returncode == 2
    assert "did you mean 'failOn'?" in done.stderr


def test_a_clock_in_the_settings_is_reported(command: Any, gate: Any, tmp_path: Path) -> None:
    (tmp_path / "auditor.yaml").write_text("asOf: 2020-01-01\n")
    command("gate", "main.json", "--select", PURGE, "-f", "json", "-o", "out.json")
    (message,) = notices(tmp_path)
    assert "sets the time of the audit to 2020-01-01" in message
