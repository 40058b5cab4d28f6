"""What README and docs show works as it is written: commands are understood, settings are taken."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from tools import ROOT

from auditor.cli import root
from auditor.pipeline.config_file import read_config
from auditor.ruleset.loader import check_overrides, load_rules, select

PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "other-tools").glob("*.md")),
    *sorted((ROOT / "deploy").glob("*.md")),
]
COMMANDS = sorted(
    {
        line
        for page in PAGES
        for text in (page.read_text("utf-8").replace("\\\n", ""),)
        for line in re.findall(r"^\$ (?:.*&& )?(auditor .*)$|`(auditor [a-z]+ [^`]+)`", text, re.MULTILINE)
        for line in line
        if line
    }
)
SETTINGS = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL))
    if "# auditor.yaml" in block or "failOn:" in block
]


@pytest.mark.parametrize("written", COMMANDS)
def test_a_command_is_understood(written: str) -> None:
    words = shlex.split(written.replace("…", "x"), comments=True)[1:]
    command: click.Command = root
    context = click.Context(root, info_name="auditor")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, found, words = command.resolve_command(context, words)
        assert found is not None and name
        command, context = found, click.Context(found, parent=context, info_name=name)
    if words and not isinstance(command, click.Group):
        command.make_context(command.name, words, parent=context.parent)  # reads, and runs nothing


@pytest.mark.parametrize("block", SETTINGS)
def test_settings_are_taken(block: str, tmp_path: Path) -> None:
    file = tmp_path / "auditor.yaml"
    file.write_text(block, "utf-8")
    settings = read_config(file)
    rules = load_rules()
    assert select(rules, settings.get("select", ()), settings.get("exclude", ()))
    check_overrides(rules, settings.get("parameters", {}))


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "CHANGELOG.md", ROOT / ".github" / "CONTRIBUTING.md"], ids=lambda page: page.name
)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if target.startswith(("https://", "mailto:")):
            continue
        path, _, heading = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name}: {target}"
        if heading:
            assert heading in headings(file), f"{page.name}: {target}"


def headings(page: Path) -> set[str]:
    """The anchors that code hosts give the headings of a page."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_changelog_of_a_version_is_short() -> None:
    """At most 60 lines, so that users read it; `Added`, `Changed`, `Fixed` and `Rules` in this order."""
    for version in re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)[1:]:
        assert len(version.splitlines()) <= 60
        groups = re.findall(r"^### (\w+)$", version, re.MULTILINE)
        assert groups == [group for group in ("Added", "Changed", "Fixed", "Rules") if group in groups]
