"""Microsoft's own parser of KQL, by node."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

import tools


def checked(tables: Mapping[str, Mapping[str, str]], queries: Sequence[str]) -> list[dict[str, Any]]:
    """For each query its `errors`, the `columns` of its result with their types, and the `tables` that it reads."""
    node = tools.needed("node", shutil.which("node"))
    tools.needed("the KQL parser", str(tools.ROOT / "node_modules/@kusto/language-service-next"))
    done = subprocess.run(
        [node, "tests/kql/check.js"],
        input=json.dumps({"tables": tables, "queries": queries}),
        cwd=tools.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers
