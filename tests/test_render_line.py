"""The line for logs."""

from __future__ import annotations

import io
import re
from typing import Any

import audits
import hostile

from auditor.history.compare import compare
from auditor.render.formats import Options, render


def line(made: Any, **options: Any) -> str:
    out = io.BytesIO()
    render(*made, "line", out, Options(**options))
    return out.getvalue().decode()


def test_one_line_that_a_program_can_split() -> None:
    for made in (audits.small(), audits.nothing(), audits.clean(), hostile.audit()):
        assert re.fullmatch(r"([a-z_A-Z]+=[^\s=]+ )+[a-zA-Z_]+=[^\s=]+\n", line(made))
    pairs = dict(pair.split("=") for pair in line(audits.small()).split())
    assert (pairs["verdict"], pairs["fail"], pairs["critical"], pairs["gaps"]) == ("fail", "4", "1", "2")
    assert "verdict=nothing" in line(audits.nothing())


def test_what_changed_is_told() -> None:
    told = line(audits.small(), changes=compare(audits.small(), audits.small()))
    assert told.endswith(" new=0 worse=0 resolved=0 better=0 not_compared=2\n")
