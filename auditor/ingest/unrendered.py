"""Kustomizations and Helm charts: other programs make manifests of them, and only these can be evaluated."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any, Final

KUSTOMIZATIONS: Final = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})
"""Names of files that `kubectl kustomize` looks for."""
CHART: Final = "Chart.yaml"
WITHIN: Final = "!/"
"""Between the name of an archive and that of its member."""

_GROUP: Final = "kustomize.config.k8s.io"
_HEADER: Final = frozenset({"apiversion", "kind", "metadata", "resources"})
_MOST_NAMED: Final = 5
_PATCHES: Final = ("add", "remove", "replace", "move", "copy", "test")
_KIND: Final = re.compile(rb"^[\"']?kind[\"']?\s*:", re.MULTILINE)
_ACTION: Final = re.compile(r"\{\{[^}]*(?<![\w.])\.(?:Values|Release|Chart|Capabilities)\b")
_PARTS: Final = frozenset({CHART, "Chart.lock", "requirements.yaml", "requirements.lock", "values.schema.json"})
_HEAD: Final = 1 << 16


def is_kustomization(document: Mapping[str, Any], file: str) -> bool:
    """Whether a document tells kustomize what to make. Flux has an object of the same kind, which is one."""
    version, kind = document.get("apiVersion"), document.get("kind")
    group = version.partition("/")[0].casefold() if isinstance(version, str) and "/" in version else ""
    if group == _GROUP:
        return True
    if isinstance(kind, str) and kind and version:
        return not group and kind.strip().casefold() == "kustomization"
    return PurePath(file).name in KUSTOMIZATIONS


def of_kustomization(document: Mapping[str, Any], file: str) -> str:
    """Why a kustomization is not evaluated, and how to render it."""
    given = [key for key in document if isinstance(key, str) and key.casefold() not in _HEADER]
    named = ", ".join(f"`{key[:40]}`" for key in given[:_MOST_NAMED])
    more = f" and {len(given) - _MOST_NAMED} more" if len(given) > _MOST_NAMED else ""
    lost = f"its {named}{more} were not evaluated" if named else "what it makes was not evaluated"
    folder = shlex.quote(str(PurePath(file).parent)) if file != "-" and WITHIN not in file else "FOLDER"
    return (
        f"it is a kustomization that is not rendered: {lost}; "
        f"run `kubectl kustomize {folder} >rendered.yaml` and evaluate what it prints"
    )


def is_patch(document: Mapping[str, Any]) -> bool:
    """Whether a document is one operation of a JSON patch."""
    return document.get("op") in _PATCHES and isinstance(document.get("path"), str)


def of_chart(file: str) -> str:
    """Why a chart, named by its `Chart.yaml`, is not evaluated, and how to render it."""
    archive, within, _ = file.partition(WITHIN)
    folder = archive if within else str(PurePath(file).parent)
    return (
        "it is a Helm chart that is not rendered: its templates were not evaluated; "
        f"run `helm template {shlex.quote(folder)} >rendered.yaml` and evaluate what it prints"
    )


def is_chart(path: str | PurePath, name: str) -> bool:
    """Whether a file, called `name`, is the `Chart.yaml` of a chart."""
    if PurePath(name).name != CHART:
        return False
    try:
        with Path(path).open("rb") as stream:
            return not _KIND.search(stream.read(_HEAD))
    except OSError:
        return False


def is_template(file: str) -> bool:
    """Whether a file is one of the templates of a chart, by the folders around it."""
    path = Path(file).absolute()
    if "templates" not in path.parts[:-1]:
        return False
    chart = next((folder for folder in path.parents if is_chart(Path(folder, CHART), CHART)), None)
    return chart is not None and path.relative_to(chart).parts[0] == "templates"


def filled_by_helm(text: str) -> bool:
    """Whether a text of one line is one that Helm fills in. Other programs write their own templates into manifests."""
    return "\n" not in text and bool(_ACTION.search(text))


def part_of_chart(name: str, path: str, roots: Iterable[str]) -> bool:
    """Whether Helm makes manifests of a file: a template, or what is given to one. `roots` are folders of charts."""
    root = max((root for root in roots if name.startswith(root)), key=len, default=None)
    if root is None:
        return False
    inner = PurePath(name[len(root) :])
    if inner.parts[0] == "templates":
        return not path or has_actions(path)
    values = inner.name.startswith("values") or inner.name.endswith("-values.yaml")
    return inner.parts[:-1] in ((), ("ci",)) and (inner.name in _PARTS or values)


def has_actions(path: str) -> bool:
    """Whether a file has anything in it that Helm replaces."""
    try:
        return b"{{" in Path(path).read_bytes()
    except OSError:
        return False
