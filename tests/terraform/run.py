"""Plans a folder of HCL with a real Terraform and the stand-in provider."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def planned(terraform: str, folder: Path, work: Path, version: str = "5", **variables: str) -> Path:
    """`terraform plan` and `terraform show -json`: the file of the plan.

    `work` is for what is needed on the way; `version` is that of azurerm.
    """
    plugins = work / "plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    for name in ("azurerm", "azapi"):
        launcher = plugins / f"terraform-provider-{name}"
        launcher.write_text(f"#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m tests.terraform.provider\n")
        launcher.chmod(0o755)
    settings = work / "cli.rc"
    overrides = f'"hashicorp/azurerm" = "{plugins}"\n    "azure/azapi" = "{plugins}"'
    settings.write_text(f"provider_installation {{\n  dev_overrides {{\n    {overrides}\n  }}\n}}\n")
    env = {
        **os.environ, "TF_CLI_CONFIG_FILE": str(settings), "TF_DATA_DIR": str(work / "data"), "HOME": str(work),
        "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "AZURERM": version,
        **{f"TF_VAR_{name}": value for name, value in variables.items()},
    }  # fmt: skip

    def run(*args: str) -> str:
        done = subprocess.run([terraform, *args], cwd=folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"terraform {args[0]}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        return done.stdout

    if "module " in "".join(path.read_text() for path in folder.glob("*.tf")):
        run("get")
    run("plan", "-input=false", "-no-color", "-lock=false", f"-out={work / 'plan.bin'}")
    plan = work / "tfplan.json"
    plan.write_text(run("show", "-json", str(work / "plan.bin")))
    return plan
