"""Objects of Kubernetes that a Terraform plan holds as a manifest: as an object, as YAML or as a rendered chart. Pure.

A manifest may hold a list of objects. What is no object of Kubernetes has a reason, so that no part of it vanishes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from auditor.model.resource import Unknown

MANIFESTS: Final = ("helm_release", "kubernetes_manifest", "kubectl_manifest")
"""Types of Terraform whose objects stand in one attribute."""
_MOST_NESTED: Final = 10
_UNRENDERED: Final = (
    "the objects of its chart are not in the plan: `experiments { manifest = true }` of the provider adds them"
)
_UNTOLD: Final = "what it deploys is known after apply, or not told"


class Objects(NamedTuple):
    """The objects of a manifest, and why something of it is not among them (None: all of it is)."""

    found: list[dict[str, Any]]
    problem: str | None


class _Problem(NamedTuple):
    reason: str


def objects_of(kind: str, tree: dict[str, Any]) -> Objects:
    """The objects of a resource of one of the types in `MANIFESTS`, given its attributes without digests."""
    parts = [part for value in _values(kind, tree) for part in _expanded(value, 0)]
    found = [part for part in parts if not isinstance(part, _Problem)]
    problem = next((part.reason for part in parts if isinstance(part, _Problem)), None)
    if not parts and kind != "helm_release":  # a chart may render nothing
        problem = "its manifest holds no object"
    return Objects(found, problem)


def _values(kind: str, tree: dict[str, Any]) -> list[Any]:
    """What stands in the manifest, each an object or not."""
    if kind == "helm_release":
        return _rendered(tree.get("manifest"))
    if kind == "kubernetes_manifest":
        manifest = tree.get("manifest")
        return [_Problem(_UNTOLD) if manifest is None or isinstance(manifest, Unknown) else manifest]
    text = _text(tree, "yaml_body", "yaml_body_parsed")
    return [_Problem(_UNTOLD)] if text is None else _documents(text)


def _rendered(text: Any) -> list[Any]:
    """The objects of a Helm release, when the provider renders them while it plans."""
    if not isinstance(text, str):
        return [_Problem(_UNRENDERED)]
    try:
        found = json.loads(text)
    except ValueError:
        return [_Problem("its manifest cannot be read: it is no JSON")]
    if isinstance(found, dict) and "kind" not in found:
        return list(found.values())
    return found if isinstance(found, list) else [found]


def _text(tree: dict[str, Any], *names: str) -> str | None:
    """The first attribute that is a text. (kubectl: `yaml_body` is sensitive, `yaml_body_parsed` is the same without
    what is secret in it.)"""
    return next((tree[name] for name in names if isinstance(tree.get(name), str)), None)


def _documents(text: str) -> list[Any]:
    """The values of YAML documents as Kubernetes takes them, without those that are empty."""
    from auditor.ingest.yaml_documents import Parsed, yaml_documents

    found = yaml_documents(io.BytesIO(text.encode("utf-8", "replace")))
    values = [
        one.value if isinstance(one, Parsed) else _Problem(f"its manifest cannot be read: {one.place}: {one.reason}")
        for one in found
    ]
    return [value for value in values if value is not None]


def _expanded(value: Any, depth: int) -> Iterator[dict[str, Any] | _Problem]:
    """An object, or those in a list."""
    from auditor.ingest.kubernetes_lists import items_of, refusal_of

    if isinstance(value, _Problem):
        yield value
    elif isinstance(value, Unknown):
        yield _Problem(f"an object of its manifest is not known: {value.reason}")
    elif not isinstance(value, dict) or not all(isinstance(value.get(key), str) for key in ("apiVersion", "kind")):
        yield _Problem("its manifest holds something without the `apiVersion` and `kind` of Kubernetes")
    elif depth > _MOST_NESTED:
        yield _Problem("the lists of its manifest are nested too deeply")
    elif (items := items_of(value)) is not None:
        for item in items:
            yield from _expanded(item, depth + 1)
    elif refusal := refusal_of(value):
        yield _Problem(refusal)
    else:
        yield value
