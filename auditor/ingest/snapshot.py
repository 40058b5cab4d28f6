"""A snapshot: an inventory saved to a directory, from which the same audit can be made again, byte for byte.

`manifest.json` says what was collected, when, what could not be read, and the digest of every shard. A shard is
compressed NDJSON, one resource a line (`snapshot_lines`).
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import os
import secrets
import shutil
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from auditor.ingest.snapshot_codec import line_of, resource_of, type_of
from auditor.ingest.snapshot_manifest import SCHEMA_VERSION, Manifest, NewerVersionError, Scope, Shard, decoded, encoded
from auditor.model.accounting import Accounting
from auditor.model.errors import InputError, OutputError
from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.sanitize.resources import sanitized_line

if TYPE_CHECKING:
    from auditor.ingest.inventory import Inventory
    from auditor.ingest.type_filter import Wanted

Edge = Callable[[Resource], Resource]
_MANIFEST: Final = "manifest.json"
_SHARD: Final = "resources-{:05}.ndjson.gz"
_SHARD_BYTES: Final = 32 << 20
"""Of text, before compression: large enough to compress well, small enough to share among processes."""

_AGAIN: Final = "take the snapshot again"


class ShardFile(NamedTuple):
    """Where a shard lies, and what it must be."""

    path: str
    digest: str
    resources: int


class Snapshot(NamedTuple):
    """What a manifest says. `accounting`: the elements of what was collected that are no resources of the snapshot."""

    inputs: tuple[str, ...]
    gaps: tuple[Gap, ...]
    covers: frozenset[str] | None
    groups: frozenset[str]
    as_of: dt.datetime
    tool_version: str
    accounting: Accounting
    shards: tuple[ShardFile, ...]


def is_snapshot(path: str) -> bool:
    """Whether a directory is a snapshot, if perhaps a damaged one."""
    manifest = Path(path, _MANIFEST)
    try:
        if Path(path, _SHARD.format(1)).exists():
            return True
        if not manifest.is_file():
            return False
        text = manifest.read_bytes()
    except OSError:  # then nothing can be said of it but what reading it will say
        return False
    return b'"schemaVersion"' in text and b'"shards"' in text


def open_snapshot(path: str) -> Snapshot:
    """Reads the manifest. Raises `InputError` when it is damaged or written by a newer major version."""
    manifest = Path(path, _MANIFEST)
    try:
        found = decoded(manifest.read_bytes())
    except NewerVersionError as error:
        raise InputError(f"{manifest} has the newer format {error}", "Update the auditor to read it.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{manifest} is damaged: {error}", _AGAIN) from error
    except OSError as error:
        raise InputError(f"{manifest} cannot be read: {error.strerror}", "Take the snapshot again.") from error
    odd = next((shard.file for shard in found.shards if Path(shard.file).name != shard.file), None)
    if odd is not None:
        raise InputError(f"{manifest} is damaged: {odd} is not a file beside it", _AGAIN)
    return Snapshot(
        inputs=found.scope.inputs,
        gaps=found.gaps,
        covers=None if found.covers is None else frozenset(found.covers),
        groups=frozenset(found.scope.resource_groups),
        as_of=found.as_of,
        tool_version=found.tool_version,
        accounting=_without_resources(found),
        shards=tuple(ShardFile(str(Path(path, shard.file)), shard.sha256, shard.resources) for shard in found.shards),
    )


def _without_resources(manifest: Manifest) -> Accounting:
    """The elements that are no resources: these are counted where the shards are read. Of an older snapshot, its gaps
    are all that is known."""
    known = manifest.accounting
    if known is None:
        return Accounting(total=len(manifest.gaps), gaps=len(manifest.gaps))
    return known.without_resources()


def read_shard(path: str, digest: str, count: int, wanted: Wanted | None = None) -> Iterator[Resource]:
    """The resources of a shard, in order. Raises `InputError` when it is not, byte for byte, what was written."""
    seen = 0
    try:
        with Path(path).open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
                raise InputError(f"{path} is damaged: its digest is not that of the manifest", _AGAIN)
            stream.seek(0)
            with gzip.GzipFile(fileobj=stream) as lines:
                for line in lines:
                    seen += 1
                    if wanted is None or wanted.others is not None or wanted[type_of(line)]:
                        resource = sanitized_line(resource_of(line), line)
                        if wanted is None or wanted.takes(resource):
                            yield resource
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing", _AGAIN) from error
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} is damaged: {error}", _AGAIN) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path}, line {seen} is damaged: {type(error).__name__}", _AGAIN) from error
    if seen != count:
        raise InputError(f"{path} is damaged: it holds {seen} resources, not {count}", _AGAIN)


def write_snapshot(
    inventory: Inventory, directory: str, *, tool_version: str, as_of: dt.datetime, edge: Edge | None = None
) -> None:
    """Saves an inventory. The directory appears, or is replaced, only when all of it is written.

    `edge`: what resources lose before they are kept, where nobody has taken their secrets away yet.
    Raises `OutputError` when it cannot be written, or is there already and no snapshot.
    """
    check_target(directory)
    target = Path(directory)
    try:
        target.absolute().parent.mkdir(parents=True, exist_ok=True)
        aside = target.absolute().parent / f".{target.name}-{secrets.token_hex(4)}"
        try:  # before there is anything: Ctrl-C leaves nothing behind
            aside.mkdir(mode=0o700)
            new = aside / "new"
            new.mkdir()
            _write(inventory, new, tool_version, as_of, edge)
            _replace(target, new, aside / "old")
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"{directory} cannot be written: {error.strerror}", "Check space and permissions.") from error


def check_target(directory: str) -> None:
    """Raises `OutputError` when a snapshot cannot go there because something else is there already."""
    target = Path(directory)
    if target.exists() and not is_snapshot(directory) and not (target.is_dir() and not any(target.iterdir())):
        raise OutputError(f"{directory} is there already and is no snapshot", "Name a new directory.")


def _replace(target: Path, new: Path, old: Path) -> None:
    """A directory cannot take the place of another at once: the old one steps aside, and back if need be."""
    if not target.exists():
        new.rename(target)
        return
    target.rename(old)
    try:
        new.rename(target)
    except OSError:
        old.rename(target)
        raise


def _write(inventory: Inventory, folder: Path, tool_version: str, as_of: dt.datetime, edge: Edge | None) -> None:
    counts: Counter[str] = Counter()
    shards: list[Shard] = []
    resources = inventory.resources() if edge is None else map(edge, inventory.resources())
    first = next(resources, None)
    while first is not None:
        name = _SHARD.format(len(shards) + 1)
        count, size = 0, 0
        with (folder / name).open("wb") as raw:
            # no name and no time in the header: the same resources are the same bytes
            with gzip.GzipFile(filename="", mode="wb", compresslevel=4, fileobj=raw, mtime=0) as out:
                while first is not None and size < _SHARD_BYTES:
                    line = line_of(first)
                    out.write(line)
                    counts[first.type] += 1
                    count, size = count + 1, size + len(line)
                    first = next(resources, None)
            _sync(raw)
        with (folder / name).open("rb") as written:
            digest = hashlib.file_digest(written, "sha256")
        shards.append(Shard(name, digest.hexdigest(), count))
    manifest = Manifest(
        schema_version=SCHEMA_VERSION,
        tool_version=tool_version,
        as_of=as_of,
        scope=Scope(inventory.inputs, tuple(sorted(inventory.groups))),
        resources=counts.total(),
        counts=dict(sorted(counts.items())),
        covers=None if inventory.covers is None else tuple(sorted(inventory.covers)),
        gaps=tuple(inventory.gaps),
        accounting=inventory.accounting,
        shards=tuple(shards),
    )
    with (folder / _MANIFEST).open("wb") as stream:
        stream.write(encoded(manifest))
        _sync(stream)


def _sync(stream: IO[bytes]) -> None:
    stream.flush()
    os.fsync(stream.fileno())
