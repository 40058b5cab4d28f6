"""Reads what other tools accept from their files: which file holds what, and its text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from auditor.model.errors import ConfigError

if TYPE_CHECKING:
    from auditor.exemptions.importers.drafts import Foreign, Unmapped

    Found = Iterator[Foreign | Unmapped]

_TERRAFORM: Final = (".tf", ".tofu")


def _checkov(files: Sequence[str]) -> Found:
    from auditor.exemptions.importers import checkov
    from auditor.exemptions.inline import Comment
    from auditor.ingest.envelopes import is_kubernetes
    from auditor.plans.terraform.hcl import read_hcl

    for file in _each(files, (*_TERRAFORM, ".yaml", ".yml")):
        text = _text(file)
        if file.endswith(_TERRAFORM):
            found = read_hcl(text)
            yield from checkov.terraform(file, [Comment(*each) for each in found.comments], found.blocks)
            continue
        documents = list(_documents(file))
        objects = [(line, body) for line, body in documents if is_kubernetes(body)]
        yield from checkov.manifest(text, objects, file)
        for _, body in documents:
            yield from checkov.settings(body, file)


def _psrule(files: Sequence[str]) -> Found:
    from auditor.exemptions.importers import psrule

    for file in _each(files, (".yaml", ".yml")):
        lines = _text(file).splitlines()
        for line, body in _documents(file):
            if body.get("kind") == "SuppressionGroup":
                yield from psrule.group(body, f"{file}:{line}", _synopsis(lines, line))
            else:
                yield from psrule.settings(body, file)


def _synopsis(lines: Sequence[str], line: int) -> str:
    """The comment `# Synopsis: …` before a document, or at its top."""
    for text in reversed(lines[max(line - 4, 0) : line + 2]):
        found = re.match(r"\s*#\s*synopsis:\s*(.*)", text, re.IGNORECASE)
        if found:
            return found[1].strip()
    return ""


def _trivy(files: Sequence[str]) -> Found:
    from auditor.exemptions.importers import trivy

    for file in _each(files, (".trivyignore", ".yaml", ".yml")):
        if file.endswith((".yaml", ".yml")):
            for _, body in _documents(file):
                yield from trivy.listed(body, file)
        else:
            yield from trivy.plain(_text(file), file)


def _azure_policy(files: Sequence[str]) -> Found:
    from auditor.exemptions.importers import azure_policy
    from auditor.ingest.inventory import open_inventory

    yield from azure_policy.exempted(open_inventory(files).resources(azure_policy.TYPES))


READERS: Final[dict[str, Callable[[Sequence[str]], Any]]] = {
    "checkov": _checkov,
    "psrule": _psrule,
    "trivyignore": _trivy,
    "azure-policy": _azure_policy,
}


def _each(files: Sequence[str], suffixes: tuple[str, ...]) -> Iterator[str]:
    """The files, and those below the folders that end in one of these ways, sorted."""
    for file in files:
        if Path(file).is_dir():
            below = (path for path in Path(file).rglob("*") if path.name.endswith(suffixes) and path.is_file())
            yield from (str(path) for path in sorted(below) if ".terraform" not in path.parts)
        else:
            yield file


def _text(file: str) -> str:
    try:
        return Path(file).read_bytes().decode("utf-8-sig", "replace")
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be read: {error.strerror or error}.", "Name the files to take over."
        ) from error


def _documents(file: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The mappings of a YAML file with the lines on which they begin. Raises ConfigError."""
    import io

    from auditor.ingest.diagnostics import Broken
    from auditor.ingest.yaml_documents import yaml_documents

    for document in yaml_documents(io.BytesIO(_text(file).encode())):
        if isinstance(document, Broken):
            raise ConfigError(f"{file}, {document.place}: {document.reason}", "Mend it, or leave the file out.")
        for place, reason in document.doubts:
            raise ConfigError(f"{file}, {place}: {reason}", "Fix it, or leave the file out.")
        if isinstance(document.value, dict):
            yield document.line, document.value
