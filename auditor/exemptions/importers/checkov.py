"""Checkov's skips: comments in Terraform, comments and annotations in manifests, `skip-check` of `.checkov.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from auditor.exemptions.comments import yaml_comments
from auditor.exemptions.importers.drafts import Foreign, Unmapped
from auditor.exemptions.inline import Comment
from auditor.model.kubernetes_types import kubernetes_type
from auditor.model.resource import Origin, Resource

_SKIP: Final = re.compile(r"(?:checkov|bridgecrew|cortex):skip\s*=\s*([A-Za-z0-9_]+)\s*(?::\s*(.*))?")
_ANNOTATION: Final = re.compile(r"checkov\.io/skip\d+\Z")


def settings(raw: dict[str, Any], file: str) -> Iterator[Foreign]:
    """Checks that are skipped everywhere; a `*` in them is a wildcard of Checkov too."""
    skipped = raw.get("skip-check")
    for item in skipped.split(",") if isinstance(skipped, str) else skipped if isinstance(skipped, list) else ():
        for check in str(item).split(","):
            if check.strip():
                yield Foreign(check.strip(), file)


def terraform(
    file: str, comments: Iterable[Comment], blocks: Sequence[tuple[tuple[str, ...], int, int]]
) -> Iterator[Foreign | Unmapped]:
    """Comments within a block of Terraform. The module of the block is not known here, so any is taken."""
    for comment in comments:
        for check, reason in _skips(comment.text):
            place = f"{file}:{comment.line}"
            header = next((header for header, first, last in blocks if first <= comment.line <= last), ())
            if len(header) != 3 or header[0] != "resource":
                yield Unmapped(check, place, "it stands in no resource")
                continue
            address = f"{header[1]}.{header[2]}"
            modules = (address, f"*.{address}")
            yield Foreign(check, place, (*modules, *(f"{name}[*" for name in modules)), reason=reason)


def manifest(text: str, documents: Sequence[tuple[int, dict[str, Any]]], file: str) -> Iterator[Foreign | Unmapped]:
    """Comments and annotations of Kubernetes objects, given with the line on which each begins."""
    for line, body in documents:
        metadata = body.get("metadata")
        annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
        for name, value in annotations.items() if isinstance(annotations, dict) else ():
            if _ANNOTATION.match(str(name)):
                check, _, reason = str(value).partition("=")
                yield Foreign(check.strip(), f"{file}:{line}", (_name_of(body),), reason=reason.strip())
    for comment in yaml_comments(text):
        for check, reason in _skips(comment.text):
            place = f"{file}:{comment.line}"
            holding = [body for line, body in documents if line <= comment.line]
            if holding:
                yield Foreign(check, place, (_name_of(holding[-1]),), reason=reason)
            else:
                yield Unmapped(check, place, "it stands in no object")


def _skips(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        for found in _SKIP.finditer(line):
            yield found[1], (found[2] or "").removesuffix("*/").strip()


def _name_of(body: dict[str, Any]) -> str:
    """The object in any cluster."""
    return "/clusters/*/" + Resource(kubernetes_type(body), body, Origin()).id.split("/", 3)[3]
