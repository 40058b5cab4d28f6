"""Earlier audits of the same estate: a folder of JSON reports, oldest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from auditor.model.audit import Audit
from auditor.model.errors import InputError
from auditor.model.finding_store import Findings
from auditor.render.load import load_audit, load_baseline, time_of
from auditor.render.phrasing import utc

MOST: Final = 60
"""Audits that are read, the newest ones: a trend shows no more."""


def history(folder: str | None, baseline: str | None, before: dt.datetime) -> Iterator[tuple[Audit, Findings]]:
    """The audits of a folder from before a time, and the one that is named as baseline last.

    The caller closes the findings. InputError when there is no such folder, or a `.json` file in it is no audit.
    """
    if folder is not None:
        place = Path(folder)
        if not place.is_dir():
            raise InputError(f"{folder} is no folder.", "Name the folder that holds earlier audits, saved as JSON.")
        files = sorted((time_of(file), str(file)) for file in place.glob("*.json"))
        earlier = [file for time, file in files if time < utc(before)]
        for file in earlier[-MOST:]:
            if baseline is None or not Path(file).samefile(baseline):
                yield load_audit(file)
    if baseline is not None:
        yield load_baseline(baseline)
