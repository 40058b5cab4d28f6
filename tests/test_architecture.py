"""Who may import what, and what may not be written anywhere."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "auditor"

# Package → what it may import of ours besides itself. A package that stands lower is never imported from above it.
ALLOWED: dict[str, set[str]] = {
    "model": set(),
    "sanitize": {"model"},
    "kubernetes": {"model"},
    "probe": {"model"},
    "render": {"model"},
    "collect": {"model", "sanitize"},
    "ingest": {"model", "sanitize", "kubernetes"},
    "plans": {"model", "sanitize", "ingest"},
    "evaluate": {"model", "kubernetes"},
    "lenses": {"model", "kubernetes"},
    "ruleset": {"model", "evaluate"},
    "exemptions": {"model", "evaluate"},
    "history": {"model", "sanitize", "lenses", "render"},
    "publish": {"model", "sanitize", "history", "render"},
    "demo": {"model", "ingest", "lenses"},
    "pipeline": {
        "model", "sanitize", "kubernetes", "probe", "render", "collect", "ingest", "plans", "evaluate", "lenses",
        "ruleset", "exemptions", "history", "publish", "demo",
    },
}  # fmt: skip
ALLOWED["cli"] = {*ALLOWED, "pipeline"}


def imports_of(path: Path) -> set[str]:
    """The packages of ours that a file imports, at its top or inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "auditor":
            parts = node.module.split(".")[1:]
            found |= {parts[0]} if parts else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("auditor.")}
    return found - {"__version__"}


def test_every_module_belongs_to_a_package_of_the_table() -> None:
    loose = {path.name for path in PACKAGE.glob("*.py")}
    folders = {path.parent.name for path in PACKAGE.glob("*/*.py")}
    assert loose == {"__init__.py", "__main__.py"}
    assert folders == set(ALLOWED)


@pytest.mark.parametrize("name", ALLOWED)
def test_imports_go_one_way(name: str) -> None:
    for path in (PACKAGE / name).rglob("*.py"):
        assert imports_of(path) <= {name, *ALLOWED[name]}, path


def test_the_documentation_lists_the_packages_and_what_each_may_import() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \|.*\| ([^|]+) \|$", (ROOT / "docs/architecture.md").read_text("utf-8"), re.MULTILINE
    )
    packages = [name for name, _ in rows if name in ALLOWED]
    assert sorted(packages) == sorted(ALLOWED)
    for name, imports in rows:
        if name not in ALLOWED:
            continue
        if imports == "nothing":
            assert ALLOWED[name] == set(), name
        elif imports.startswith("everything"):
            assert ALLOWED[name] == set(ALLOWED) - {name, *re.findall(r"`(\w+)`", imports)}, name
        else:
            assert set(re.findall(r"`(\w+)`", imports)) == ALLOWED[name], name


def test_the_documentation_names_files_that_exist() -> None:
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    for path in re.findall(r"`((?:auditor|tests|rules)/[\w/.-]+\.(?:py|json|md))`", text):
        if "NAME" not in path and "TYPE" not in path:
            assert (ROOT / path).is_file(), path


def test_nothing_but_the_command_line_prints_or_exits() -> None:
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name == "cli" or path.name == "__main__.py":
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\bprint\(|sys\.exit|os\._exit", text), path


def test_only_the_command_line_knows_click() -> None:
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name != "cli":
            assert not re.search(r"^\s*(import|from) click\b", path.read_text(encoding="utf-8"), re.MULTILINE), path


def test_broad_excepts_stand_at_the_isolation_points_alone() -> None:
    """A command, one rule on one resource, one piece of reading: elsewhere an error that nobody expected is one."""
    found = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.match(r"\s*except( \(?(Base)?Exception\)?( as \w+)?)?:", line)
    ]
    assert sorted(found) == ["cli/__init__.py", "collect/guard.py", "evaluate/engine.py"]


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
