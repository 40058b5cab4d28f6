"""The manifest of a snapshot: what was collected, when, what could not be read, and the digest of every shard. Pure.

The manifest has a digest of itself, so that a list of gaps or shards that lost its end is noticed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from typing import Any, Final

import msgspec
import orjson

from auditor.model.accounting import Accounting
from auditor.model.gap import Gap

SCHEMA_VERSION: Final = "1.2"
"""Readers take every older version and every minor of their own."""
_FIRST_WITH_DIGEST: Final = (1, 2)
_DIGEST: Final = "sha256"


class Shard(msgspec.Struct, frozen=True, rename="camel"):
    """One file of resources, as the manifest names it."""

    file: str
    sha256: str
    resources: int


class Scope(msgspec.Struct, rename="camel", omit_defaults=True):
    """What was asked for: the inputs, and the resource groups outside of which nothing was read."""

    inputs: tuple[str, ...]
    resource_groups: tuple[str, ...] = ()


class Manifest(msgspec.Struct, kw_only=True, rename="camel"):
    """All members but the digest."""

    schema_version: str
    tool_version: str
    as_of: dt.datetime
    scope: Scope
    resources: int
    counts: dict[str, int]
    covers: tuple[str, ...] | None
    gaps: tuple[Gap, ...]
    accounting: Accounting | None = None
    shards: tuple[Shard, ...]


class NewerVersionError(ValueError):
    """The manifest is of a major version that is not known."""


def encoded(manifest: Manifest) -> bytes:
    """The text of a manifest, with its digest."""
    members = orjson.loads(msgspec.json.encode(manifest))
    return orjson.dumps(
        {**members, _DIGEST: _digest_of(members)}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    )


def decoded(text: bytes) -> Manifest:
    """The manifest in a text. Raises ValueError when it is not what was written, and `NewerVersionError`."""
    members = orjson.loads(text)
    if not isinstance(members, dict):
        raise ValueError("it is not an object")
    version = _version_of(members)
    if version[0] > int(SCHEMA_VERSION.partition(".")[0]):
        raise NewerVersionError(str(members["schemaVersion"]))
    given = members.pop(_DIGEST, None)
    if version >= _FIRST_WITH_DIGEST and not hmac.compare_digest(str(given), _digest_of(members)):
        raise ValueError("its digest is not that of its content")
    manifest = msgspec.convert(members, Manifest)
    counted = sum(shard.resources for shard in manifest.shards)
    if not counted == manifest.resources == sum(manifest.counts.values()):
        raise ValueError(f"it has {manifest.resources:,} resources, and its shards have {counted:,}")
    return manifest


def _version_of(members: dict[str, Any]) -> tuple[int, int]:
    major, _dot, minor = str(members.get("schemaVersion")).partition(".")
    return int(major), int(minor)


def _digest_of(members: dict[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(members, option=orjson.OPT_SORT_KEYS)).hexdigest()
