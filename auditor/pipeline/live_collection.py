"""A live collection: its settings, its run and its end. Shared by `scan` and `collect`."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from auditor import __version__
from auditor.pipeline import live_clusters, settings

if TYPE_CHECKING:
    import datetime as dt

    from auditor.collect.azure.clouds import Cloud
    from auditor.collect.azure.sign_in import Credential
    from auditor.collect.collection_journal import Book
    from auditor.collect.request import Needs, Scope
    from auditor.ingest.inventory import Inventory
    from auditor.model.errors import InputError
    from auditor.model.finding import Notice
    from auditor.model.gap import Gap
    from auditor.pipeline.console import Console
    from auditor.pipeline.live_clusters import ClusterSettings

_PLACES = ("subscriptions", "managementGroups", "all", "resourceGroups", "kubeContexts", "inCluster", "aks")
_TIME_LIMIT = 120.0
"""Minutes. Beyond it the tokens, the network or the services are not what they should be."""


class LiveSettings(NamedTuple):
    """Options and `auditor.yaml` together; an option wins."""

    scope: Scope
    cloud: str
    ways: tuple[str, ...]
    extras: tuple[str, ...]
    minutes: float
    clusters: ClusterSettings

    @property
    def of_azure(self) -> bool:
        """Whether a part of Azure was named."""
        return bool(self.scope.subscriptions or self.scope.management_groups or self.scope.everything)

    @property
    def wanted(self) -> bool:
        """Whether a part of the live estate was named."""
        return self.of_azure or self.clusters.wanted or self.clusters.aks

    def named(self) -> dict[str, Any]:
        """What was named, as `auditor.yaml` has it."""
        scope, clusters = self.scope, self.clusters
        azure = (scope.subscriptions, scope.management_groups, scope.everything, scope.resource_groups)
        places = (*azure, clusters.contexts, clusters.in_cluster, clusters.aks)
        named = (list(place) if isinstance(place, tuple) else place for place in places)
        return dict(zip(_PLACES, named, strict=True))

    def check(self) -> None:
        """Raises `ConfigError` when the parts do not go together."""
        if self.of_azure or self.clusters.aks or not self.clusters.wanted:
            self.scope.check()

    def shown(self) -> list[str]:
        """The scope as an audit names its inputs."""
        return [*self._azure_shown(), *self.clusters.shown()]

    def _azure_shown(self) -> list[str]:
        scope = self.scope
        if scope.everything:
            return ["every subscription that can be read"]
        places = [f"subscription {name}" for name in scope.subscriptions]
        places += [f"management group {name}" for name in scope.management_groups]
        return places + [f"resource group {name}" for name in scope.resource_groups]

    def head(self, needs: Needs) -> dict[str, Any]:
        """What must be the same when a collection is continued."""
        return {
            "version": __version__,
            "scope": self.shown(),
            "cloud": self.cloud,
            "with": sorted(self.extras),
            "tlsSecrets": self.clusters.tls_secrets,
            "types": sorted(needs.types),
            "logged": sorted(needs.logged),
        }


def live_settings(given: Mapping[str, Any]) -> LiveSettings:
    """Put options and configuration together; an option wins."""
    from auditor.collect.request import Scope

    config = settings.config_of(given.get("config"))
    named = named_by_options(given)
    place = {} if named else config  # a scope is named in one place
    return LiveSettings(
        scope=Scope(
            subscriptions=given["subscriptions"] or tuple(place.get("subscriptions", ())),
            management_groups=given["management_groups"] or tuple(place.get("managementGroups", ())),
            everything=given["everything"] or place.get("all", False),
            resource_groups=given["resource_groups"] or tuple(place.get("resourceGroups", ())),
        ),
        cloud=given["cloud"] or config.get("cloud", "AzureCloud"),
        ways=given["ways"] or tuple(config.get("auth", ())),
        extras=tuple(dict.fromkeys(given["extras"] or config.get("with", ()))),
        minutes=given["time_limit"] or config.get("timeLimit", _TIME_LIMIT),
        clusters=live_clusters.cluster_settings(given, place),
    )


def set_aside(
    given: Mapping[str, Any],
    audited: LiveSettings | None,
    files: Sequence[str] | None,
    console: Console,
    *,
    quiet: bool,
) -> tuple[Notice, ...]:
    """What `auditor.yaml` names and this run leaves out, because something else was named; said at once, too.

    `audited` is the live scope, None where only files are audited; `files` are these, None where none can be.
    """
    config = settings.config_of(given.get("config"))
    taken = audited.named() if audited else dict.fromkeys(_PLACES)
    if files is not None:
        taken["from"] = list(files)
    left = [key for key, value in taken.items() if config.get(key) and config[key] != value]
    if not left:
        return ()
    from auditor.model.finding import Notice

    file = given.get("config") or settings.CONFIG_FILE
    instead = "what options name" if audited else "files"
    told = f"{file} also names {', '.join(left)}: not part of this run, which audits {instead} alone."
    if not quiet:
        console.message(told)
    return (Notice(kind="scope-set-aside", message=told, file=str(file)),)


def needs_of(chosen: settings.Settings) -> Needs:
    """What the selected rules need. Raises RuleError."""
    from auditor.pipeline.collection_requirements import needs_of

    every = settings.bound_rules(replace(chosen, selected=(), excluded=()))
    found = needs_of(settings.bound_rules(chosen), every)
    return found._replace(configuration=live_clusters.configuration_keys(every))


def collect(
    live: LiveSettings, needs: Needs, file: Path, clock: dt.datetime, console: Console, *, fresh: bool = False
) -> tuple[Book, Inventory]:
    """Collects into the journal `file`; `fresh` begins it anew.

    The caller closes the book when it needs the inventory no more. Raises AuditorError when nothing can be collected.
    """
    from auditor.collect.collection_journal import Book

    live.check()
    until = time.monotonic() + live.minutes * 60
    azure, unanswered = _azure_of(live, until)
    clusters = live_clusters.clusters_of(live.clusters)  # what is no cluster is said before anything is read
    if live.clusters.aks:
        needs = needs._replace(types=needs.types | {live_clusters.AKS})
    with ExitStack() as stack:
        book = stack.enter_context(Book(file, live.head(needs), until=until, fresh=fresh))
        clock = _time(book.note("begun", clock.isoformat()))
        with stopping(book, console), console.collection(book):
            if unanswered:
                book.gap(unanswered)
            if azure:
                _gather_azure(live, needs, azure, book)
                clusters += live_clusters.aks_of(live.clusters, azure, book)
            if clusters:
                live_clusters.gather(live.clusters, needs, clusters, book)
        book.seal()
        inventory = inventory_of(book, live, clock)
        stack.pop_all()  # all went well: the book stays open
    return book, inventory


def signed_in(live: LiveSettings, until: float) -> tuple[Cloud, Credential]:
    """The cloud, and who asks there; no sign-in takes longer than `until`. Raises AuditorError."""
    from auditor.collect.azure.clouds import cloud_of
    from auditor.collect.azure.sign_in import credential, sign_in
    from auditor.collect.guard import within

    cloud = cloud_of(live.cloud)
    found = credential(cloud, live.ways, until)
    within(lambda: sign_in(cloud, found), lambda: time.monotonic() < until, "Signing in to Azure")
    return cloud, found


def _azure_of(live: LiveSettings, until: float) -> tuple[tuple[Cloud, Credential] | None, Gap | None]:
    """Where Azure is read, when it is; or the gap when nobody answered the sign-in: clusters can be read all the same.

    Raises AuditorError when the sign-in was refused.
    """
    from auditor.collect.guard import UnansweredError

    if not live.of_azure:
        return None, None
    try:
        return signed_in(live, until), None
    except UnansweredError as error:
        return None, _azure_gap(error)


def _azure_gap(error: InputError) -> Gap:
    from auditor.model.gap import Gap

    return Gap(what="Azure", reason=error.sentence.rstrip("."), kind="unreachable")


def _gather_azure(live: LiveSettings, needs: Needs, azure: tuple[Cloud, Credential], book: Book) -> None:
    from auditor.collect.azure.collection import collect
    from auditor.collect.guard import UnansweredError

    try:
        collect(needs, live.scope, *azure, book, live.extras)
    except UnansweredError as error:
        book.gap(_azure_gap(error))


def inventory_of(book: Book, live: LiveSettings, clock: dt.datetime) -> Inventory:
    """What a book holds of a part of the live estate, as an inventory."""
    from auditor.ingest.inventory import CollectedSource, Inventory

    gaps = book.every_gap()
    covers, groups = frozenset(book.covers), frozenset(name.casefold() for name in live.scope.resource_groups)
    sources = [CollectedSource(book)]
    return Inventory(live.shown(), sources, gaps=gaps, covers=covers, groups=groups, as_of=clock)


@contextmanager
def stopping(book: Book, console: Console) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM ends the collection in good order, the second at once."""

    def stop(_number: int, _frame: object) -> None:
        if book.interrupted:
            raise KeyboardInterrupt
        book.stop()
        console.message("Ending: what was read is kept. Again to end at once.")

    if threading.current_thread() is not threading.main_thread():
        yield  # no other may say what signals do
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _time(text: str) -> dt.datetime:
    import datetime as dt

    return dt.datetime.fromisoformat(text)


def journal_of(directory: str) -> Path:
    """The journal that belongs to a snapshot."""
    return Path(f"{directory.rstrip('/')}.journal")


def named_by_options(given: Mapping[str, Any]) -> bool:
    """Whether an option names a part of the live estate."""
    of_azure = any(given[name] for name in ("subscriptions", "management_groups", "everything"))
    return of_azure or live_clusters.named_by_options(given)
