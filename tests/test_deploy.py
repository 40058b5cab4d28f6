"""The files of `deploy/`: our own rules have nothing against them, and they call the auditor by options that it has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from auditor.cli import root
from auditor.config import read_config

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / name).read_text(encoding="utf-8")))


def test_the_cronjob_passes_our_own_rules() -> None:
    command = [sys.executable, "-m", "auditor", "gate", str(DEPLOY / "cronjob.yaml"), "--fail-on-unknown", "info"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_its_settings_are_sound(tmp_path: Path) -> None:
    (found,) = (one for one in documents("cronjob.yaml") if one["kind"] == "ConfigMap")
    file = tmp_path / "auditor.yaml"
    file.write_text(found["data"]["auditor.yaml"], encoding="utf-8")
    assert read_config(file)["publish"]["sentinel"]


def calls() -> dict[str, list[str]]:
    """How each file calls the auditor."""
    (job,) = (one for one in documents("cronjob.yaml") if one["kind"] == "CronJob")
    container = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    bicep = re.findall(r"args: \[(.*)\]", (DEPLOY / "azure" / "job.bicep").read_text(encoding="utf-8"))
    steps = documents("github-workflow.yml")[0]["jobs"]["audit"]["steps"]
    (run,) = (step["run"] for step in steps if step.get("name") == "Audit")
    return {
        "cronjob": container["args"],
        "container apps job": [word.strip(" '") for word in bicep[0].split(",")],
        "workflow": run.split()[1:],
    }


@pytest.mark.parametrize("name", ["cronjob", "container apps job", "workflow"])
def test_the_options_are_there(name: str) -> None:
    words = calls()[name]
    command = root.get_command(click.Context(root), words[0])
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_what_the_image_copies_is_there() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    copied = [words.split()[:-1] for words in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE)]
    assert copied
    assert all((ROOT / path).exists() for paths in copied for path in paths)
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", text, re.MULTILINE)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs rights to give them up")
def test_an_ordinary_user_on_a_tree_that_cannot_be_written(tmp_path: Path) -> None:
    """As in the image: no right but to read, and one folder for what is temporary."""
    for tool in ("unshare", "setpriv"):
        if not shutil.which(tool):
            pytest.skip(f"needs {tool}")
    own = tmp_path / "own"
    own.mkdir(mode=0o777)
    own.chmod(0o777)
    run = [sys.executable, "-m", "auditor", "scan", "--from", str(DEPLOY / "cronjob.yaml"), "-f", "line"]
    plain = ["--reuid", "65534", "--regid", "65534", "--clear-groups"]
    rights = ["--inh-caps", "-all,+dac_read_search", "--ambient-caps", "+dac_read_search"]
    shell = 'mount --bind "$TMPDIR" "$TMPDIR" && mount -o remount,bind,ro / && cd /proc && exec setpriv "$@"'
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TMPDIR": str(own), "PYTHONPATH": str(ROOT)}
    command = ["unshare", "--mount", "sh", "-c", shell, "sh", *plain, *rights, *run]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if "unshare failed" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no mounts of our own here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert "verdict=clean" in done.stdout
    assert not list(own.iterdir())
