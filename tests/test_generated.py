"""What is generated is up to date. Each test says which command writes it."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from auditor.cli import root
from auditor.ruleset.docs import documents, out_of_date, schema_text

ROOT = Path(__file__).resolve().parent.parent


def test_rule_pages_catalogue_and_coverage() -> None:
    assert out_of_date(documents(), ROOT / "docs" / "rules") == [], "run: make docs"


def test_schema_of_rule_files() -> None:
    assert (ROOT / "rules" / "rule.schema.json").read_text(encoding="utf-8") == schema_text(), "run: make docs"


def test_api_versions() -> None:
    done = CliRunner().invoke(root, ["preflight", "--api-versions", "--format", "markdown"])
    assert (ROOT / "docs" / "api-versions.md").read_text(encoding="utf-8") == done.stdout, "run: make docs"


def test_cluster_role() -> None:
    done = CliRunner().invoke(root, ["preflight", "--cluster-role"])
    assert (ROOT / "deploy" / "kubernetes" / "cluster-role.yaml").read_text(encoding="utf-8") == done.stdout, (
        "run: make docs"
    )
