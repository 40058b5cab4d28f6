"""What is built, published and pasted into pipelines is pinned, and the workflows pass zizmor at its strictest."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONS = [*WORKFLOWS, ROOT / "action.yml", ROOT / "deploy" / "github-workflow.yml"]


def test_zizmor_has_no_findings() -> None:
    done = subprocess.run(
        [BIN / "zizmor", "--offline", "--pedantic", "--no-progress", "--format", "json", *ACTIONS],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert json.loads(done.stdout) == [], done.stderr


@pytest.mark.parametrize("path", [*ACTIONS, ROOT / "docs" / "ci.md"], ids=lambda path: path.name)
def test_actions_are_pinned_to_commits(path: Path) -> None:
    used = re.findall(r"uses: +(\S+)(.*)", path.read_text(encoding="utf-8"))
    assert used
    for action, comment in used:
        if action.startswith("OWNER/auditor@"):
            continue  # the reader's own copy of this repository
        assert re.fullmatch(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), f"{action} does not name its version"


def test_base_images_are_pinned_to_digests() -> None:
    images = re.findall(r"^FROM (\S+)", (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert images
    assert all(re.fullmatch(r"\S+:\S+@sha256:[0-9a-f]{64}", image) for image in images)


@pytest.mark.slow
def test_the_sbom_names_every_pinned_dependency(tmp_path: Path) -> None:
    subprocess.run(["make", "dist", f"DIST={tmp_path}"], cwd=ROOT, check=True, capture_output=True)
    assert {path.suffix for path in tmp_path.iterdir()} == {".whl", ".gz", ".json"}
    sbom = json.loads((tmp_path / "auditor.cdx.json").read_text(encoding="utf-8"))
    assert sbom["bomFormat"] == "CycloneDX"
    assert sbom["metadata"]["component"]["name"] == "auditor"
    requirements = (ROOT / "requirements" / "all.txt").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([\w.-]+)(?:\[.*\])?==(\S+)", requirements, re.MULTILINE))
    assert len(pinned) > 30
    assert {(part["name"], part["version"]) for part in sbom["components"]} >= pinned
