"""Snapshots with a damaged manifest, damaged lines, or a file that is cut off, changed, missing or named otherwise."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any, Final

import orjson

from auditor.ingest.inventory import CollectedSource, Inventory
from auditor.ingest.snapshot import write_snapshot
from auditor.ingest.snapshot_codec import line_of
from auditor.model.gap import Gap
from auditor.model.resource import Origin, Resource
from tests.conservation.damages import MARK, damaged
from tests.conservation.inputs import CLOCK, KEEP, Input, pod, vault
from tests.damage import Random

SHARD: Final = "resources-00001.ndjson.gz"
RESOURCES: Final = (
    Resource("Microsoft.KeyVault/vaults", vault("alpha"), Origin(source="live")),
    Resource("core/Pod", pod("bravo"), Origin(source="live"), "cluster"),
)
_HEADS: Final = frozenset({"id", "apiVersion", "kind"})
LINES: Final[list[Any]] = [json.loads(line_of(resource)) for resource in RESOURCES]


def write_snapshot_of(lines: list[Any], folder: Path) -> None:
    """A sound snapshot, whose lines are then replaced by others, digests and all."""
    gap = Gap(what="/subscriptions/other", reason="403")
    inventory = Inventory(["live"], [CollectedSource(RESOURCES)], gaps=[gap], covers=frozenset({"core/pod"}))
    write_snapshot(inventory, str(folder), tool_version="1", as_of=CLOCK)
    if lines is not LINES:
        text = "".join(json.dumps(line).replace(MARK, "") + "\n" for line in lines)
        (folder / SHARD).write_bytes(gzip.compress(text.encode(), 1))
        manifest = json.loads((folder / "manifest.json").read_text())
        digest = hashlib.sha256((folder / SHARD).read_bytes()).hexdigest()
        sign(folder, {**manifest, "shards": [{"file": SHARD, "sha256": digest, "resources": len(lines)}],
                      "resources": len(lines), "counts": {"x": len(lines)}})  # fmt: skip


def sign(folder: Path, manifest: Any) -> None:
    """Write a manifest with the digest of its content."""
    if isinstance(manifest, dict):
        manifest.pop("sha256", None)
        digest = hashlib.sha256(orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS)).hexdigest()
        manifest = {**manifest, "sha256": digest}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def damaged_snapshot(folder: Path, rng: Random) -> tuple[Path, Any, list[str]]:
    """A damaged snapshot: what is given to the command, the lines in it, and what was done."""
    place = folder / "snapshot"
    if rng.random() < 0.4:
        bodies, damage = damaged(Input("scan", [line["body"] for line in LINES], KEEP), rng)
        whole = isinstance(bodies, list) and all(isinstance(body, dict) and body.keys() & _HEADS for body in bodies)
        if whole:  # a digest guards the lines: only what is inside of them may be odd
            lines = [{**LINES[number % len(LINES)], "body": body} for number, body in enumerate(bodies)]
            write_snapshot_of(lines, place)
            return place, lines, damage
    write_snapshot_of(LINES, place)
    if rng.random() < 0.5:
        damage = _damage_manifest(place, rng)
    else:
        damage = [_damage_file(place / rng.choice((SHARD, "manifest.json")), rng)]
    return place, LINES, damage


def _damage_manifest(place: Path, rng: Random) -> list[str]:
    manifest, damage = damaged(Input("scan", json.loads((place / "manifest.json").read_text())), rng)
    if rng.random() < 0.5:
        sign(place, manifest)
        return [*damage, "signed"]
    (place / "manifest.json").write_text(json.dumps(manifest).replace(MARK, ""))
    return damage


def _damage_file(file: Path, rng: Random) -> str:
    data = file.read_bytes()
    at = rng.randrange(len(data))
    kind = rng.choice(("cut", "flip", "remove", "rename", "empty"))
    if kind == "cut":
        file.write_bytes(data[:at])
    elif kind == "flip":
        file.write_bytes(data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :])
    elif kind == "remove":
        file.unlink()
    elif kind == "rename":
        names = (f"{file.name}.bak", f".{file.name}", file.name.upper(), "x.gz")
        file.rename(file.with_name(rng.choice(names)))
    else:
        file.write_bytes(b"")
    return f"{kind} of {file.name}"
