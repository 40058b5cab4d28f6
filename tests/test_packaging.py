"""Rules and reports are found from a wheel, and from a wheel that was built from the source distribution."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def build(source: Path, target: str, out: Path) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(out)], cwd=source, check=True,
                   capture_output=True)  # fmt: skip
    return next(out.iterdir())


def from_sdist(tmp_path: Path) -> Path:
    archive = build(ROOT, "sdist", tmp_path / "sdist")
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "source", filter="data")
    return build(next((tmp_path / "source").iterdir()), "wheel", tmp_path / "wheel")


@pytest.mark.slow
@pytest.mark.parametrize("way", ["checkout", "sdist"])
def test_a_wheel_carries_rules_reports_and_demo(way: str, tmp_path: Path) -> None:
    wheel = from_sdist(tmp_path) if way == "sdist" else build(ROOT, "wheel", tmp_path / "wheel")
    place = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(place)
    assert len([name for name in names if name.startswith("auditor/_rules/") and name.endswith(".yaml")]) > 300
    assert "auditor/_reports/audit.schema.json" in names
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(place), "AUDITOR_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run([sys.executable, "-P", "-m", "auditor", "demo"], cwd=elsewhere, env=environment,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {path.suffix for path in elsewhere.iterdir()} >= {".html", ".sarif"}
