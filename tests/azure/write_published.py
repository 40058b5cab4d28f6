"""Writes `published.json`: which API version has which property, for the local Azure.

    python -m tests.azure.write_published TYPES.json.gz

TYPES.json.gz are the resource types that Microsoft publishes for Bicep (Azure/bicep-types-az, MIT), reduced to
`{"source": …, "types": {TYPE: {"versions": [oldest …], "paths": {PATH: {"v": mask}}}}}`: the lowest bit of the
hexadecimal mask is the oldest version. Of these only the paths are kept that some version lacks, since `OLDEST` or
since the newest generally available one, and none that is below one of the same versions.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any, Final

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


def main() -> None:
    given = json.loads(gzip.decompress(Path(sys.argv[1]).read_bytes()))
    asked = {child.type.casefold() for child in CHILDREN} | {DIAGNOSTIC_SETTINGS.casefold()}
    types = {kind.casefold(): reduced(one) for kind, one in given["types"].items()}
    kept = {kind: one for kind, one in sorted(types.items()) if kind in asked or table_of(kind)}
    lines = ",\n".join(f"{json.dumps(kind)}: {json.dumps(one, separators=(',', ':'))}" for kind, one in kept.items())
    FILE.write_text(f'{{"source": {json.dumps(given["source"])}, "types": {{\n{lines}\n}}}}\n')


if __name__ == "__main__":
    main()
