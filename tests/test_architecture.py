"""Who may import what, and what may not be written anywhere."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "auditor"

# Module (or package) → what it may import of ours. `cli` may import everything; adapters never a sibling.
ALLOWED = {
    "errors": set(),
    "kubernetes_types": set(),
    "resource": {"kubernetes_types"},
    "accounting": {"resource"},
    "paging": set(),
    "stray_members": {"paging"},
    "model": {"accounting", "resource"},
    "places": {"errors"},
    "findings": {"model"},
    "collector": set(),
    "child_arrays": set(),
    "absent_parents": {"bound", "child_arrays", "inventory", "model"},
    "lone_children": {"child_arrays", "keys", "model", "plans", "reading"},
    "fields": {"resource"},
    "beside": {"errors"},
    "keys": {"resource"},
    "workloads": {"keys", "resource"},
    "endpoints": {"resource", "workloads"},
    "open_rules": set(),
    "isolation": {"open_rules", "resource"},
    "host_paths": {"resource", "workloads"},
    "container_commands": {"resource", "workloads"},
    "image_references": {"resource", "workloads"},
    "platform_rights": set(),
    "platform_roles": {"platform_rights", "resource"},
    "calico_selectors": {"resource"},
    "label_selectors": {"calico_selectors", "endpoints", "resource"},
    "packed": {"fields", "resource"},
    "conditions": {
        "model",
        "conditions",
        "endpoints",
        "fields",
        "container_commands",
        "host_paths",
        "image_references",
        "isolation",
        "keys",
        "label_selectors",
        "packed",
        "platform_roles",
        "workloads",
    },
    "answers": {"model", "conditions"},
    "doubled_keys": {"model"},
    "excerpts": {"model", "keys", "host_paths", "image_references", "platform_roles", "workloads"},
    "owners": {"model", "findings"},
    "bound": {"model", "conditions", "answers"},
    "reference": {"model", "conditions", "answers", "bound"},
    "evaluate": {"model", "conditions", "answers", "bound", "reference", "excerpts", "owners"},
    "reading": {
        "accounting",
        "doubled_keys",
        "model",
        "errors",
        "keys",
        "paging",
        "reading",
        "sanitize",
        "stray_members",
        "workloads",
    },
    "ocsf": {"model"},
    "render": {"accounting", "model", "errors", "findings", "places", "ocsf", "render", "__init__"},
    "plans": {
        "accounting",
        "child_arrays",
        "model",
        "errors",
        "keys",
        "paging",
        "plans",
        "reading",
        "sanitize",
        "stray_members",
    },
    "lenses": {"model", "resource", "errors", "fields", "keys", "label_selectors", "packed", "workloads", "lenses"},
    "probe": {"model", "errors", "probe"},
    "collect": {"doubled_keys", "model", "errors", "keys", "paging", "collect", "sanitize"},
    "history": {"model", "errors", "findings", "side", "render", "history", "sanitize"},
    "publish": {"model", "errors", "findings", "history", "ocsf", "publish", "sanitize"},
    "redaction": {"accounting", "model", "redaction"},
    "preflight": {"model"},
    "sanitize": {"model", "resource", "sanitize"},
    "marked_yaml": {"errors", "model"},
    "exemptions": {"model", "errors", "findings", "conditions", "marked_yaml", "exemptions"},
}


def ours(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "auditor":
            rest = node.module.split(".")[1:]
            found |= {rest[0]} if rest else {alias.name for alias in node.names}
    return {"__init__" if name == "__version__" else name for name in found}


@pytest.mark.parametrize("name", ALLOWED)
def test_imports_go_one_way(name: str) -> None:
    folder = PACKAGE / name
    for path in folder.rglob("*.py") if folder.is_dir() else [PACKAGE / f"{name}.py"]:
        assert ours(path) <= ALLOWED[name], path


def test_nothing_but_the_command_line_prints_or_exits() -> None:
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name == "cli" or path.name == "__main__.py":
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\bprint\(|sys\.exit|os\._exit", text), path


def test_broad_excepts_stand_at_the_isolation_points_alone() -> None:
    """A command, one rule on one resource, one piece of reading: elsewhere an error that nobody expected is one."""
    found = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.match(r"\s*except( \(?(Base)?Exception\)?( as \w+)?)?:", line)
    ]
    assert sorted(found) == ["cli/__init__.py", "collect/guard.py", "evaluate.py"]


def test_no_file_names_a_registry_or_a_place_of_one_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    hosts = "|".join(("pypi" + r"\.org", "pythonhosted" + r"\.org", "registry" + r"\.npmjs", "deb" + r"\.debian"))
    for name in filter(None, listed):
        path = ROOT / name
        if path.suffix in (".png", ".gz") or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        assert not re.search(hosts, text), name
        assert not re.search("/wor" + "k/(main|shared)", text), name
