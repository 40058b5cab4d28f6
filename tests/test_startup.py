"""What starting may not import: guards the speed of `auditor --help` and of a small audit, without a clock."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ["pydantic", "yaml", "jinja2", "rich", "cryptography", "azure", "kubernetes", "asyncio", "xlsxwriter"]
ENGINE = ["msgspec", "orjson", "re2", "multiprocessing", "difflib", "hashlib", "json", "tempfile"]

_RUN = """
import atexit, os, sys
report = os.environ["MODULES_TO"]
atexit.register(lambda: open(report, "w").write("\\n".join(sys.modules)))
from auditor.cli import main
main(sys.argv[1:])
"""


def imported(folder: Path, *arguments: str) -> set[str]:
    """The modules of a process that ran a command."""
    report = folder / "modules.json"
    environment = {**os.environ, "AUDITOR_CACHE_DIR": str(folder / "cache"), "MODULES_TO": str(report)}
    command = [sys.executable, "-c", _RUN, *arguments]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(report.read_text().split())


def found(modules: set[str], unwanted: list[str]) -> set[str]:
    return {name for name in unwanted if name in modules}


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_imports_nothing_heavy(tmp_path: Path, argument: str) -> None:
    modules = imported(tmp_path, argument)
    assert not found(modules, HEAVY + ENGINE)
    ours = {name for name in modules if name.split(".")[0] == "auditor"}
    assert ours == {"auditor", "auditor.cli", "auditor.model", "auditor.model.errors"}


def test_an_audit_of_one_resource_imports_nothing_heavy(tmp_path: Path) -> None:
    kind = "Microsoft.Storage/storageAccounts"
    scope = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg"
    body = {"type": kind, "name": "a", "id": f"{scope}/providers/{kind}/a", "properties": {}}
    (tmp_path / "one.json").write_text(json.dumps(body))
    arguments = ("scan", "--from", "one.json", "--format", "json", "--output", "audit.json", "--fail-on", "never")
    cold = imported(tmp_path, *arguments)
    assert "yaml" in cold  # the rules were read from their files, and cached
    assert json.loads((tmp_path / "audit.json").read_text())["summary"]["counts"]["fail"] > 0
    warm = imported(tmp_path, *arguments)
    assert not found(warm, HEAVY)
    assert not found(warm, ["multiprocessing", "difflib", "csv", "xml", "http", "unittest"])
    assert not found(
        warm,
        [
            "auditor.ruleset.rule_schema_model",
            "auditor.ruleset.rule_testing",
            "auditor.lenses.certificates.lens",
            "auditor.plans",
        ],
    )
    assert not found(warm, ["auditor.collect.azure", "auditor.collect.kubernetes"])


def test_a_gate_imports_nothing_of_what_reads_estates(tmp_path: Path) -> None:
    kind, values = "azurerm_storage_account", {"name": "a", "location": "westeurope", "resource_group_name": "rg"}
    change = {"actions": ["create"], "before": None, "after": values, "after_unknown": {"id": True}}
    made = {"address": f"{kind}.a", "mode": "managed", "type": kind, "name": "a", "change": change}
    plan = {"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": [made]}
    (tmp_path / "tfplan.json").write_text(json.dumps(plan))
    arguments = ("gate", "tfplan.json", "--format", "json", "--fail-on", "never")
    imported(tmp_path, *arguments)
    warm = imported(tmp_path, *arguments)
    assert not found(warm, [*HEAVY, "multiprocessing", "tempfile", "shutil", "secrets", "difflib"])
    assert not found(warm, ["auditor.ingest.snapshot", "auditor.ingest.files", "auditor.ingest.json_lines"])
    assert not found(
        warm, ["auditor.plans.arm.template", "auditor.plans.terraform.templates", "auditor.plans.terraform.hcl"]
    )
