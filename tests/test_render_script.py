"""The script of the HTML report is typed: JSDoc, checked by TypeScript."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import tools

from auditor.model.package_data import reports_folder

pytestmark = pytest.mark.slow


def checked(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tools.typescript(), "-p", str(folder)], capture_output=True, text=True, check=False, timeout=tools.PATIENCE
    )


def test_the_script_has_the_types_that_it_says() -> None:
    done = checked(reports_folder() / "html" / "script")
    assert (done.returncode, done.stdout) == (0, "")


def test_a_wrong_type_is_noticed(tmp_path: Path) -> None:
    folder = shutil.copytree(reports_folder() / "html" / "script", tmp_path / "script")
    with (folder / "main.js").open("a", encoding="utf-8") as script:
        script.write("byId(3);\n")
    assert "TS2345" in checked(folder).stdout
