"""Record an audit in the history of its estate and send it to the sinks: what `publish`, `scan` and `gate` share."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from msgspec import Struct

from auditor.pipeline.baselines import DEFAULT

PATIENCE = 300.0
"""Seconds for which a scan goes on when a sink is busy."""
CHANGE = " (change)"
"""Ends the name of the estate in which audits of changes to another are recorded."""
_AHEAD = dt.timedelta(days=1)
"""How far an audit may be ahead of this machine's clock."""

if TYPE_CHECKING:
    from auditor.history.store import Store
    from auditor.model.audit import Audit
    from auditor.model.finding_store import Findings
    from auditor.pipeline.settings import Settings
    from auditor.publish.delivery import Delivered, Sink
    from auditor.publish.outbox import Recorded


def record(store: Store, estate: str, audit: Audit, findings: Findings, sinks: Mapping[str, bool]) -> Recorded:
    """Write an audit down, with what the sinks are to get: all that stands where they map to True. Raises AuditorError.

    An audit of a change says nothing of what is deployed: it has an estate of its own.
    """
    from gzip import GzipFile

    from auditor.model.errors import InputError
    from auditor.publish import outbox
    from auditor.render.formats import Options, render

    if audit.as_of > dt.datetime.now(dt.UTC) + _AHEAD:
        raise InputError(
            f"The audit is of {audit.as_of.isoformat()}, which is yet to come.",
            "It would stand before every audit until then. Check the clock, or --as-of.",
        )
    if audit.scope.change:
        estate = f"{estate}{CHANGE}"
    document = io.BytesIO()
    with GzipFile(fileobj=document, mode="wb", compresslevel=6, mtime=0) as packed:
        render(audit, findings, "json", cast(BinaryIO, packed), Options())
    told = outbox.record(store, estate, audit, findings, document.getvalue(), sinks)
    store.keep()
    return told


def send(store: Store, sinks: Sequence[Sink], patience: float, message: Callable[[str], None], *, quiet: bool) -> bool:
    """Deliver what waits; True when nothing is left. The result goes to `message`. Raises AuditorError."""
    from auditor.publish import outbox
    from auditor.publish.delivery import deliver

    done = [deliver(store, sink, patience) for sink in sinks]
    store.keep()
    for sink, delivered in zip(sinks, done, strict=True):
        if not quiet or delivered.left or delivered.refused:
            message(told(sink, delivered))
    for name, number in [] if quiet else outbox.others(store, [sink.name for sink in sinks]):
        message(f"{number:,} records wait for {name}, which was not asked this time.")
    return not any(delivered.left or delivered.refused for delivered in done)


def told(sink: Sink, delivered: Delivered) -> str:
    """What a delivery came to, in a sentence. What a sink said of it could hold anything."""
    from auditor.render.phrasing import plural, visible

    sent, requests = plural(delivered.sent, "record"), plural(delivered.requests, "request")
    said = f"{sink.name.split()[0]}: {sent} sent in {requests}"
    if delivered.refused:
        said += f"; {delivered.refused:,} were refused and are kept in the history ({delivered.refusal})"
    if delivered.left:
        said += f"; {delivered.left:,} are left for the next run, for {delivered.why}"
    return visible(f"{said}.")


class Publishing(Struct, frozen=True):
    """What a run does with its audit at the end: `done` is True when all of it was sent, or nothing had to be. `store`
    is the history of earlier runs; None when nothing is published."""

    done: Callable[[Audit, Findings], bool]
    store: Store | None


@contextmanager
def publishing(chosen: Settings) -> Iterator[Publishing]:
    """A run that may publish.

    Sinks are made, and the estate is held, before the run begins: a second run on the same estate leaves at once.
    Raises AuditorError.
    """
    if not chosen.sinks:
        yield Publishing(lambda _audit, _findings: True, None)
        return
    from auditor.history.lock import alone
    from auditor.pipeline.baselines import open_history
    from auditor.pipeline.sinks import sink_of

    sinks = [sink_of(name, chosen.config) for name in chosen.sinks]
    estate = chosen.estate or DEFAULT
    mark = hashlib.sha256(estate.encode()).hexdigest()[:12]
    with ExitStack() as stack:
        store = stack.enter_context(open_history(chosen.history, chosen.config_file, chosen.config, write=True))
        stack.enter_context(alone(Path(f"{store.path}-{mark}"), 0, f"Another run is auditing {estate}"))

        def done(audit: Audit, findings: Findings) -> bool:
            record(store, estate, audit, findings, {sink.name: False for sink in sinks})
            return send(store, sinks, PATIENCE, chosen.console.message, quiet=chosen.quiet)

        yield Publishing(done, store)
