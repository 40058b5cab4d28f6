"""The audits before this one: what to compare with, the trend, and when each failure was first seen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    import datetime as dt

    from auditor.history.store import Store
    from auditor.model.audit import Audit
    from auditor.model.finding_store import Findings
    from auditor.pipeline.sinks import Told
    from auditor.render.options import Earlier, Past

DEFAULT = "default"
"""The estate that nobody named."""
LAST = "last"
"""As baseline: the latest audit in the history."""
HISTORY = "auditor-history.db"


class Baselines(Struct, frozen=True):
    """Earlier audits: the one to compare with, the numbers of all, when each failure was first seen."""

    earlier: Earlier | None = None
    runs: Sequence[Past] = ()
    seen: dict[str, dt.datetime] | None = None


def compared_with(past: Baselines, audit: Audit, findings: Findings) -> Baselines:
    """The same past with another audit to compare with."""
    from auditor.render.options import Earlier

    return replace(past, earlier=Earlier(audit, findings))


@contextmanager
def load_baselines(
    baseline: str | None,
    history: str | None,
    estate: str | None,
    now: dt.datetime,
    config: Told | None = None,
    store: Store | None = None,
) -> Iterator[Baselines]:
    """What lies before `now`, read before anything is judged. Raises InputError.

    `history` is a folder of audits saved as JSON, or the history that `publish` writes; with the baseline `last` the
    latest audit of that one is compared with. `store` is the history that this run will be recorded in: it is asked
    instead, and may know nothing of the estate yet.
    """
    with ExitStack() as last:
        if store is not None:
            known = (estate or DEFAULT) in store.estates()
            past = _from_store(last, store, estate or DEFAULT, now) if known else Baselines()
            yield past if baseline in (None, LAST) else compared_with(past, *_loaded(last, baseline))
        elif baseline == LAST or (history is not None and (_is_blob(history) or Path(history).is_file())):
            store = last.enter_context(open_history(history, None, config or {}, write=False))
            past = _from_store(last, store, estate, now)
            yield past if baseline in (None, LAST) else compared_with(past, *_loaded(last, baseline))
        elif baseline is None and history is None:
            yield Baselines()
        else:
            yield _from_files(last, history, baseline, now)


def _from_files(last: ExitStack, folder: str | None, baseline: str | None, now: dt.datetime) -> Baselines:
    from auditor.history.first_seen import note
    from auditor.history.report_folder import history
    from auditor.render.options import Past

    past = Baselines(seen={})
    runs: list[Past] = []
    for audit, findings in history(folder, baseline, now):
        last.close()
        last.enter_context(findings)
        runs.append(Past(audit.as_of, audit.fail_counts, audit.framework_failures))
        past = compared_with(replace(past, seen=note(past.seen or {}, audit, findings)), audit, findings)
    return replace(past, runs=runs if folder else ())


def _from_store(last: ExitStack, store: Store, estate: str | None, now: dt.datetime) -> Baselines:
    import datetime as dt

    from auditor.history.metrics import figures_of
    from auditor.history.store import estate_of
    from auditor.render.load import load_document
    from auditor.render.options import Past

    name = estate_of(store, estate)
    became: defaultdict[str, Counter[int]] = defaultdict(
        Counter
    )  # time of an audit → what it opened (1), resolved (-1)
    for told, step, *_rest in store.steps(name, ""):
        became[told][step] += 1
    runs = []
    for told, numbers in (audits := store.audits(name)):
        at, figures = dt.datetime.fromisoformat(told), figures_of(numbers)
        if at < now:
            runs.append(Past(at, figures["failures"], figures["frameworks"], became[told][1], became[told][-1]))
    states = store.states(name).items()
    seen = {fingerprint: dt.datetime.fromisoformat(state.failed) for fingerprint, state in states if state.failed}
    document = store.latest_audit(name) if len(runs) == len(audits) else None
    past = Baselines(runs=runs, seen=seen)
    if document is None:
        return past
    with document:
        audit, findings = load_document(cast(BinaryIO, document), str(store.path))
    return compared_with(past, audit, last.enter_context(findings))


def _loaded(last: ExitStack, path: str) -> tuple[Audit, Findings]:
    from auditor.render.load import load_baseline

    audit, findings = load_baseline(path)
    return audit, last.enter_context(findings)


def history_file(given: str | None, config: str | None = None) -> Path:
    """The file of a history: as given, in the folder that is given, or beside the configuration."""
    if given is None:
        return Path(config).parent / HISTORY if config else Path(HISTORY)
    return Path(given) / HISTORY if Path(given).is_dir() else Path(given)


def must_be_there(given: str | None, config: str | None) -> None:
    """Raises InputError when there is no history on this disk, so that none is made where a name was mistyped."""
    from auditor.model.errors import InputError

    if not is_there(given, config):
        file = history_file(given, config)
        raise InputError(f"There is no history at {file}.", "Name an audit to begin one, or the right --history.")


def is_there(given: str | None, config: str | None) -> bool:
    """Whether there is a history on this disk; of one in Blob Storage it is not asked."""
    return bool(given and _is_blob(given)) or history_file(given, config).is_file()


@contextmanager
def open_history(given: str | None, config_file: str | None, config: Told, *, write: bool) -> Iterator[Store]:
    """The history, on this disk or in Azure Blob Storage. To be written it is made when there is none, and in Blob
    Storage nobody else has it meanwhile. Raises AuditorError."""
    from auditor.history.store import Store

    with ExitStack() as stack:
        if given is None or not _is_blob(given):
            yield stack.enter_context(Store(history_file(given, config_file), write=write))
            return
        from auditor.history.blob import borrowed, copied
        from auditor.pipeline.sinks import azure_of

        _cloud, token = azure_of(config)
        if write:
            path, bring_back = stack.enter_context(borrowed(given, token))
            yield stack.enter_context(Store(path, bring_back=bring_back))
        else:
            yield stack.enter_context(Store(stack.enter_context(copied(given, token)), write=False))


def _is_blob(place: str) -> bool:
    return place.startswith("https://")
