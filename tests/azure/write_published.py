"""Writes `published.json`: which API version has which property, for the local Azure.

    python -m tests.azure.write_published TYPES.json.gz SITE_PACKAGES

TYPES.json.gz are the resource types that Microsoft publishes for Bicep (Azure/bicep-types-az, MIT), reduced to
`{"source": …, "types": {TYPE: {"versions": [oldest …], "paths": {PATH: {"v": mask}}}}}`: the lowest bit of the
hexadecimal mask is the oldest version. Of these only the paths are kept that some version lacks, since `OLDEST` or
since the newest generally available one, and none that is below one of the same versions.

SITE_PACKAGES is a folder that holds Microsoft's own clients (azure-mgmt-authorization, -containerservice,
-managementgroups, -network, -resource-subscriptions, -resourcegraph, -security, each the newest). They name the
versions of calls that Bicep has no type for: actions, and lists that nobody deploys.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from auditor.collect.azure.api_versions import VERSIONS
from auditor.collect.azure.children import CHILDREN, DIAGNOSTIC_SETTINGS
from tests.azure.resource_graph import table_of

OLDEST: Final = "2023-06"
FILE: Final = Path(__file__).with_name("published.json")


def reduced(type_: dict[str, Any]) -> dict[str, Any]:
    """The recent versions of a type, oldest first, and the masks over them of the paths that not all of them have."""
    versions: list[str] = type_["versions"]
    oldest = min(OLDEST, max((version for version in versions if "preview" not in version), default=OLDEST))
    recent = [place for place, version in enumerate(versions) if version >= oldest] or list(range(len(versions)))
    masks: dict[str, int] = {}
    for path, one in type_["paths"].items():  # some are spelt in two ways
        mask = sum((int(one["v"], 16) >> at & 1) << bit for bit, at in enumerate(recent))
        masks[path.casefold()] = masks.get(path.casefold(), 0) | mask
    whole = (1 << len(recent)) - 1
    partial = {
        path: f"{mask:x}"
        for path, mask in sorted(masks.items())
        if mask != whole and masks.get(path.rpartition(".")[0].removesuffix("[*]")) != mask
    }
    return {"versions": [versions[at] for at in recent], "partial": partial}


def named_by(packages: Path) -> dict[str, list[str]]:
    """The versions in which the clients below a folder make each call, oldest first, by its casefolded type."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in packages.glob("azure/mgmt/**/*operations.py"):
        for request in file.read_text("utf-8").split("\ndef build_")[1:]:
            version, path = _VERSION.search(request), _PATH.search(request)
            if version and path and (kind := _type_of(path[1])):
                found[kind].add(version[1])
    return {kind: sorted(versions) for kind, versions in found.items()}


_VERSION: Final = re.compile(r'"api-version", "(\d{4}-\d\d-\d\d(?:-preview)?)"')
_PATH: Final = re.compile(r'"(/[^"\n]+)"')


def _type_of(path: str) -> str:
    """The casefolded type that a call is about, an action like a type; empty for a path of no provider."""
    if path.rstrip("/") in ("/subscriptions", "/subscriptions/{subscriptionId}"):
        return "microsoft.resources/subscriptions"
    _, providers, rest = path.rpartition("/providers/")
    namespace, *chain = [part for part in rest.split("/") if part]
    return "/".join([namespace, *chain[::2]]).casefold() if providers else ""


def calls(packages: Path, types: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """The calls of the auditor that no published type is for, with their versions."""
    named = named_by(packages)
    for kind in sorted(kind.casefold() for kind in VERSIONS):
        if kind not in types and (versions := named.get(ACTIONS.get(kind, kind))):
            yield kind, versions


ACTIONS: Final = {
    "microsoft.network/networkinterfaces/effectiveroutes": "microsoft.network/networkinterfaces/effectiveroutetable"
}
"""How Resource Manager calls what the auditor calls otherwise."""


def main() -> None:
    given = json.loads(gzip.decompress(Path(sys.argv[1]).read_bytes()))
    asked = {child.type.casefold() for child in CHILDREN} | {DIAGNOSTIC_SETTINGS.casefold()}
    types = {kind.casefold(): reduced(one) for kind, one in given["types"].items()}
    kept = {kind: one for kind, one in sorted(types.items()) if kind in asked or table_of(kind)}
    lines = ",\n".join(f"{json.dumps(kind)}: {json.dumps(one, separators=(',', ':'))}" for kind, one in kept.items())
    more = ",\n".join(f"{json.dumps(kind)}: {json.dumps(one)}" for kind, one in calls(Path(sys.argv[2]), kept))
    source = json.dumps(given["source"])
    FILE.write_text(f'{{"source": {source}, "types": {{\n{lines}\n}}, "calls": {{\n{more}\n}}}}\n')


if __name__ == "__main__":
    main()
