"""The command line as a user has it: a process of its own, in the surroundings of a local Azure."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from auditor.ingest.inventory import open_inventory
from auditor.ingest.snapshot import open_snapshot
from tests.azure.local import LocalAzure
from tests.tools import PATIENCE

_OTHERS = ("AZURE_", "IDENTITY_", "MSI_")


class Auditor:
    """The command line, run in the surroundings of a local Azure."""

    def __init__(self, azure: LocalAzure, folder: Path) -> None:
        self.azure, self.folder = azure, folder

    def start(
        self, *command: str, sign_in: str = "secret", under: tuple[str, ...] = (), **more: str
    ) -> subprocess.Popen[str]:
        """Starts it, as the last arguments of the command `under` if there is one."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
        environment = {**inherited, **self.azure.environment(sign_in=sign_in), **more}
        arguments = [*under, sys.executable, "-m", "auditor", *command]
        return subprocess.Popen(
            arguments, env=environment, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def __call__(self, *command: str, code: int = 0, sign_in: str = "secret", **more: str) -> str:
        """Runs it to its end, which must be this exit code; gives what it says on standard error."""
        process = self.start(*command, sign_in=sign_in, **more)
        _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == code, said
        return said

    def outcomes(self, *command: str) -> dict[tuple[str, str, str], str]:
        """Every answer of an audit, by rule, resource and element."""
        options = (
            "-f",
            "json",
            "-o",
            "audit.json",
            "--outcomes",
            "pass,fail,unknown,error",
            "--fail-on",
            "never",
            "-q",
        )
        self(*command, *options)
        found = orjson.loads((self.folder / "audit.json").read_bytes())["findings"]
        return {(f["ruleId"], f["resource"]["id"].casefold(), str(f.get("element"))): f["outcome"] for f in found}

    def gaps(self, snapshot: str) -> list[Any]:
        return list(open_snapshot(str(self.folder / snapshot)).gaps)

    def lines(self, snapshot: str) -> list[bytes]:
        """The resources of a snapshot, in its order."""
        found = open_inventory([str(self.folder / snapshot)]).resources()
        return [orjson.dumps([resource.id, resource.type]) for resource in found]


Meet = Callable[..., Auditor]
"""Makes a local Azure with these faults and options, and the auditor that meets it: the fixture `meet`."""
