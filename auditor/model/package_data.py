"""Where the bundled `rules/` and `reports/` lie: inside the package in a wheel, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

from auditor.model.errors import InputError

_PACKAGE = Path(__file__).resolve().parent.parent


def rules_folder() -> Path:
    """The folder of the bundled rules. InputError when the installation lacks it."""
    return _bundled("rules")


def reports_folder() -> Path:
    """The folder of report templates and schemas. InputError when the installation lacks it."""
    return _bundled("reports")


def checked_out() -> bool:
    """Whether the bundled rules are the work tree's own, so that a new one may be written among them."""
    return rules_folder().parent != _PACKAGE


def _bundled(name: str) -> Path:
    # The wheel's own copy first: beside an installed package may lie a `rules` folder of somebody else.
    for folder in (_PACKAGE / f"_{name}", _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise InputError(f"The {name} that belong to auditor are missing from this installation.", "Install it again.")
