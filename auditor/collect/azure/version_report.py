"""Which API version is asked for of each type: as JSON for a check against Microsoft's types, and as a page."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.collect.azure.api_versions import KEY_VAULT, PREVIEWS, VERSIONS, ApiVersion, version_of
from auditor.collect.azure.children import CHILDREN, DIAGNOSTIC_SETTINGS

_COLUMNS = "| Type, including its children | Version | Fallback | Unknown with fallback | Reason |"
_HEAD = f"""# API versions

A rule can read only properties that the requested API version returns. This page lists the version of every call to
Azure Resource Manager. `auditor preflight --api-versions --format markdown` generates it. Without `--format`, the
command prints the version of each type as JSON.

- Each version was generally available in December 2026 and returns every property that rules read. None is older than
  24 months unless the service has published no newer one.
- Where only a preview version returns what rules read, the preview is requested. If a cloud rejects it, the version in
  *Fallback* is requested. Rules that read what the fallback does not return then give *unknown*, never *pass* or
  *fail*.
- Resource Graph chooses versions itself: the newest generally available version of each type.
- Certificates are read from the vaults themselves, with version {KEY_VAULT} of the Key Vault API.
"""


def asked_versions() -> dict[str, str]:
    """Type → the API version in which its resources are read, in the order of the names.

    Of a type in `PREVIEWS` only some paths are read in the preview, and the rest comes from Resource Graph: `TYPE#PATH`
    → version.
    """
    types = {child.type for child in CHILDREN} | {DIAGNOSTIC_SETTINGS}
    below = {kind for kind in VERSIONS if any(_is_below(child, kind) for child in types)}
    found = {kind: version_of(kind).asked for kind in types | (VERSIONS.keys() - below)}
    found |= {f"{kind}#{path}": version.asked for kind, version in PREVIEWS.items() for path in version.lacks}
    return dict(sorted(found.items(), key=lambda item: item[0].casefold()))


def _is_below(kind: str, other: str) -> bool:
    return kind.casefold().startswith(f"{other.casefold()}/")


def page() -> str:
    """The page, as Markdown."""
    lines = [_HEAD, _COLUMNS, "| --- " * 5 + "|"]
    lines += _rows(VERSIONS)
    lines += [
        "",
        "## Additional requests",
        "",
        "Resource Graph returns these types, but not the properties that only a preview version has. Each resource is",
        "requested again with the preview version. If that fails, the listed paths are *unknown*.",
        "",
        "| Type | Version | Paths | Reason |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{kind}` | {version.asked} | {_paths(version)} | {version.why} |"
        for kind, version in sorted(PREVIEWS.items(), key=lambda item: item[0].casefold())
    ]
    return "\n".join(lines) + "\n"


def _rows(versions: dict[str, ApiVersion]) -> Iterator[str]:
    for kind, version in sorted(versions.items(), key=lambda item: item[0].casefold()):
        unknown = "whether resources are missing" if version.hides else _paths(version)
        why = "; ".join(filter(None, [version.why, "no newer version is published" if version.newest else ""]))
        yield f"| `{kind}` | {version.asked} | {version.stable} | {unknown} | {why} |"


def _paths(version: ApiVersion) -> str:
    return ", ".join(f"`{path}`" for path in version.lacks)
