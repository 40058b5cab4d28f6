"""The product, run against a local Azure: a whole command in this process, and what came out of it."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from auditor.cli import main
from tests.azure.local import LocalAzure

AS_OF = "2026-11-01"
"""The clock of the demo."""


class Done(NamedTuple):
    """`audit` is the JSON report, None when there is none; `escaped` a traceback that nothing caught."""

    code: Any
    audit: dict[str, Any] | None
    out: bytes
    err: str
    escaped: str


def scan(azure: LocalAzure, folder: Path, *options: str) -> Done:
    """`auditor scan --all` with a JSON report, and whatever else is asked for."""
    report = folder / "audit.json"
    report.unlink(missing_ok=True)
    scope = () if "--subscription" in options or "--management-group" in options else ("--all",)
    wanted = ("-f", "json", "-o", str(report), "--as-of", AS_OF, "--outcomes", "pass,fail,unknown,error,exempt")
    done = run(azure, "scan", *scope, *wanted, *options)
    audit = orjson.loads(report.read_bytes()) if report.exists() else None
    return done._replace(audit=audit)


def run(azure: LocalAzure, *command: str) -> Done:
    """Any command, in the environment that leads to this Azure."""
    out, err, escaped, code = io.BytesIO(), io.BytesIO(), "", None
    stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
    stderr = io.TextIOWrapper(err, encoding="utf-8", errors="backslashreplace", write_through=True)
    with surroundings(azure.environment()):
        try:
            with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
                main(list(command))
        except SystemExit as end:
            code = end.code
        except BaseException:  # noqa: BLE001  (whatever escapes is what is looked for)
            escaped = traceback.format_exc()
    return Done(code, None, out.getvalue(), err.getvalue().decode("utf-8", "replace"), escaped)


@contextlib.contextmanager
def surroundings(environment: dict[str, str]) -> Iterator[None]:
    """Another environment for a while: no other way to sign in, no terminal to ask."""
    before, stdin = dict(os.environ), sys.stdin
    for name in [name for name in os.environ if name.startswith(("AZURE_", "IDENTITY_", "MSI_"))]:
        del os.environ[name]
    os.environ.update(environment)
    sys.stdin = io.TextIOWrapper(io.BytesIO())
    try:
        yield
    finally:
        sys.stdin = stdin
        os.environ.clear()
        os.environ.update(before)
