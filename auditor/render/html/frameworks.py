"""Frameworks: which requirements have rules here, and what these answered. Counts, never percentages."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Any, Final

from auditor.model.audit import Audit, Counts, RuleRun
from auditor.model.package_data import rules_folder
from auditor.render.phrasing import plural, visible

STATES: Final = ("fail", "unknown", "exempt", "pass", "none", "manual")
"""Of a requirement: failed; undecided; accepted for a time; all passed; nothing to judge; not automated here."""
EXTENTS: Final = ("yes", "partly", "no")
"""How far rules automate a requirement. `partly`: it asks for more than the rules, or any settings, can show."""


@lru_cache(maxsize=1)
def _known() -> dict[str, tuple[str, dict[str, str], bool]]:
    """Title and requirements of every bundled framework, and whether rules can show but a part of each."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = {}
    for path in sorted((rules_folder() / "frameworks").glob("*.yaml")):
        raw = yaml.load(path.read_text("utf-8"), loader)  # noqa: S506  (both loaders are the safe ones)
        labels = {str(key): str(label or "") for key, label in raw["controls"].items()}
        found[path.stem] = (str(raw["title"]), labels, bool(raw.get("partly")))
    return found


def frameworks(audit: Audit) -> list[dict[str, Any]]:
    """Every framework that a rule of the audit names: its requirements, each with the answers of its rules."""
    asked: dict[str, dict[str, list[RuleRun]]] = {}
    for run in audit.rules:
        for name, controls in run.rule.controls.items():
            for control in controls:
                asked.setdefault(name, {}).setdefault(control, []).append(run)
    return [_framework(name, runs) for name, runs in sorted(asked.items())]


def _framework(name: str, runs: dict[str, list[RuleRun]]) -> dict[str, Any]:
    title, labels, partly = _known().get(name, (name, {}, True))
    ids = list(labels) + sorted(control for control in runs if control not in labels)
    requirements = [_requirement(control, labels.get(control, ""), runs.get(control, []), partly) for control in ids]
    tally = Counter(requirement["state"] for requirement in requirements)
    extents = Counter(requirement["extent"] for requirement in requirements)
    return {
        "key": visible(name),
        "title": visible(title),
        "requirements": requirements,
        "tally": {state: tally[state] for state in STATES},
        "extents": {extent: extents[extent] for extent in EXTENTS},
        "sentence": f"{plural(len(ids) - extents['no'], 'requirement')} of {len(ids):,} "
        f"{'has' if len(ids) - extents['no'] == 1 else 'have'} rules here."
        + (" They ask for more than settings can show: rules automate a part of each." if partly else ""),
    }


def _requirement(control: str, label: str, runs: list[RuleRun], partly: bool) -> dict[str, Any]:
    counts = Counts()
    for run in runs:
        counts.add(run.counts)
    if not runs:
        state = "manual"
    elif counts.fail:
        state = "fail"
    elif counts.unknown + counts.error or any(run.error for run in runs):
        state = "unknown"
    elif counts.exempt:
        state = "exempt"
    else:
        state = "pass" if counts.total else "none"
    return {
        "id": visible(control),
        "label": visible(label),
        "rules": len(runs),
        "state": state,
        "extent": "no" if not runs else "partly" if partly else "yes",
        "numbers": [counts.fail, counts.unknown + counts.error, counts.exempt, counts.passed],
    }
