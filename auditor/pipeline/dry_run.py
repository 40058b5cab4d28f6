"""What `publish --dry-run` does: the records that would be sent go to standard output; nothing is recorded or sent."""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from auditor.history.store import Store
from auditor.pipeline import settings
from auditor.pipeline.baselines import DEFAULT, HISTORY, is_there, must_be_there, open_history
from auditor.pipeline.publish_run import record
from auditor.pipeline.sinks import sink_of
from auditor.publish import outbox

_NEEDED: Final = {"sentinel": ("endpoint", "rule"), "webhook": ("url",), "file": ("folder",)}
"""What each sink is known by. Without it, it is a new one."""


def dry_run(kind: str, given: dict[str, Any]) -> str:
    """Record the audit that is named, if any, in a copy of the history, and print what the sink would get, a record a
    line. A sink that is not set up yet gets what a new one gets. Returns a summary. Raises AuditorError."""
    import msgspec

    from auditor.render.load import load_audit
    from auditor.render.phrasing import plural
    from auditor.render.write import write_report

    config = settings.config_of(given["config"])
    asked = {**((config.get("publish") or {}).get(kind) or {}), **{k: v for k, v in given.items() if v}}
    known = all(asked.get(name) for name in _NEEDED[kind])
    sink = sink_of(kind, config, given).name if known else kind
    place = given["history"] or config.get("history")
    if not given["audit"]:
        must_be_there(place, given["config"])
    with ExitStack() as stack:
        copy = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="auditor-"))) / HISTORY
        if is_there(place, given["config"]):
            with open_history(place, given["config"], {**config, **asked}, write=False) as history:
                history.copy_to(copy)
        store = stack.enter_context(Store(copy))
        if given["audit"]:
            audit, findings = load_audit(given["audit"])
            stack.enter_context(findings)
            record(store, given["estate"] or config.get("estate") or DEFAULT, audit, findings, {sink: given["full"]})
        rows = [row for _number, row in outbox.waiting(store, sink)]
    write_report(None, lambda out: out.writelines(row + b"\n" for row in rows))
    statuses = Counter(msgspec.json.decode(row).get("Status") or "ScanSummary" for row in rows)
    told = ", ".join(f"{number:,} {status}" for status, number in sorted(statuses.items())) or "none"
    total = plural(statuses.total(), "record")
    return f"Dry run: {kind} would get {total} ({told}). Nothing was recorded or sent."
