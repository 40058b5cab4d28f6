"""Programs that some tests need beside Python. `make test` installs them; a run without them says so and skips."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ALL = bool(os.environ.get("CI") or os.environ.get("AUDITOR_ALL_TESTS"))
"""Whether all tests must run (`make test`, CI)."""
PATIENCE = 300
"""Seconds that a program may take: on a machine with twenty other things to do, many times what it takes alone."""


def examples(number: int) -> int:
    """How many examples a property is tried on: all of them where all tests run, a fifth in the quick part."""
    return number if ALL else number // 5


def needed(what: str, *places: str | None) -> str:
    """The first place that exists. Where all must run (`make test`, CI) a missing program is a failure, not a skip."""
    found = next((place for place in places if place and Path(place).exists()), None)
    if found:
        return found
    if ALL:
        pytest.fail(f"{what} is missing: run make test, which installs it")
    pytest.skip(f"needs {what}")


def sarif_multitool() -> str:
    """Microsoft's SARIF validator."""
    return needed("Sarif.Multitool", str(ROOT / "node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"))


def terraform() -> str:
    """A Terraform that plans without a cloud, with the stand-in provider of `terraform/provider.py`."""
    return needed("Terraform", str(ROOT / ".venv/tools/terraform"))


def azurite() -> str:
    """The blob service of Azurite."""
    return needed("Azurite", str(ROOT / "node_modules/azurite/dist/src/blob/main.js"))


def chromium() -> str:
    """A Chromium that Playwright can drive."""
    return needed("Chromium", shutil.which("chromium"), shutil.which("chromium-browser"))


def kube_apiserver() -> Path:
    """The folder with a Kubernetes API server and its etcd."""
    found = subprocess.run([ROOT / "scripts/kube-apiserver", "find"], capture_output=True, text=True, check=False)
    return Path(needed("a kube-apiserver (scripts/kube-apiserver build makes one)", found.stdout.strip() or None))


def typescript() -> str:
    """The type checker for the script of the HTML report."""
    return needed("tsc", str(ROOT / "node_modules/.bin/tsc"))
