"""Trivy's ignored findings: `.trivyignore`, and the misconfigurations of `.trivyignore.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from auditor.exemptions.entry import EVERYTHING
from auditor.exemptions.importers.drafts import Foreign
from auditor.exemptions.schema import TODO

_OLD: Final = re.compile(r"([A-Z]{3})(\d{3,4})")
_UNTIL: Final = re.compile(r"\bexp:(\d{4}-\d{2}-\d{2})\b")


def plain(text: str, file: str) -> Iterator[Foreign]:
    """A line an id, `exp:DATE` behind it; the comment above is the reason. Vulnerabilities are no matter of ours."""
    reason = ""
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            reason = line.strip().lstrip("# ") if line.strip() else ""
            continue
        until = _UNTIL.search(line)
        if not _is_vulnerability(words[0]):
            place = f"{file}:{number}"
            yield Foreign(_id(words[0]), place, reason=reason, expires_on=until[1] if until else "")


def listed(raw: dict[str, Any], file: str) -> Iterator[Foreign]:
    """The entries of the YAML form. Paths of files are no resources: somebody must say which are meant."""
    found = raw.get("misconfigurations")
    for item in found if isinstance(found, list) else ():
        if isinstance(item, dict) and item.get("id"):
            paths = item.get("paths")
            meant = (
                f"{TODO}: which resources of {', '.join(map(str, paths))}" if isinstance(paths, list) else EVERYTHING
            )
            until = str(item.get("expired_at") or "")
            reason = str(item.get("statement") or "")
            yield Foreign(_id(str(item["id"])), file, (meant,), reason=reason, expires_on=until)


def _id(id: str) -> str:
    """An id in today's form: `AVD-KSV-0014` and `KSV014` are `KSV-0014`, `KCV0043` is `KCV-0043`."""
    old = _OLD.fullmatch(id)
    return f"{old[1]}-{old[2]:0>4}" if old else id.removeprefix("AVD-")


def _is_vulnerability(id: str) -> bool:
    return id.upper().startswith(("CVE-", "GHSA-"))
