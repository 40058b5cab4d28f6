"""The generated files of the rules: which there are, whether they are up to date, writing them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from auditor.ruleset.json_schema import schema
from auditor.ruleset.loader import sources, unique
from auditor.ruleset.pages import catalogue, coverage, page
from auditor.ruleset.rule_schema_model import frameworks


def documents(own: Sequence[str] = ()) -> dict[str, str]:
    """Name below the folder → text. Raises RuleError."""
    found = sorted(unique(sources(own)), key=lambda source: source.rule.id)
    pages = {f"{s.rule.component}/{s.rule.id.rpartition('.')[2]}.md": page(s) for s in found}
    return {"README.md": catalogue(found), "frameworks.md": coverage(found, frameworks()), **pages}


def out_of_date(wanted: Mapping[str, str], folder: Path) -> list[str]:
    """Documents that are missing, differ, or should not be there."""
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.md")} if folder.is_dir() else set()
    differ = {name for name in there & set(wanted) if (folder / name).read_text(encoding="utf-8") != wanted[name]}
    return sorted(differ | (there ^ set(wanted)))


def write_documents(wanted: Mapping[str, str], folder: Path) -> None:
    """Bring the folder up to date: pages of rules that are gone go as well."""
    for name in out_of_date(wanted, folder):
        path = folder / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[name], encoding="utf-8")
        else:
            path.unlink()


def schema_text() -> str:
    """The JSON Schema of a rule file as text."""
    return json.dumps(schema(frameworks()), indent=2, ensure_ascii=False) + "\n"
