"""Frameworks: which requirements have rules here, and what these answered. Counts, never percentages."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from auditor.model import Audit, Counts, RuleRun
from auditor.places import rules_folder
from auditor.render.words import plural, visible

STATES: Final = ("fail", "unknown", "exempt", "pass", "none", "manual")
"""Of a requirement: failed; undecided; accepted for a time; all passed; nothing to judge; not automated here."""


@lru_cache(maxsize=1)
def _known() -> dict[str, tuple[str, dict[str, str]]]:
    """Title and requirements of every bundled framework."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = {}
    for path in sorted((rules_folder() / "frameworks").glob("*.yaml")):
        raw = yaml.load(path.read_text("utf-8"), loader)  # noqa: S506  (both loaders are the safe ones)
        found[path.stem] = (str(raw["title"]), {str(key): str(label or "") for key, label in raw["controls"].items()})
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
    title, labels = _known().get(name, (name, {}))
    ids = list(labels) + sorted(control for control in runs if control not in labels)
    requirements = [_requirement(control, labels.get(control, ""), runs.get(control, [])) for control in ids]
    tally = {state: sum(requirement["state"] == state for requirement in requirements) for state in STATES}
    return {
        "key": visible(name),
        "title": visible(title),
        "requirements": requirements,
        "tally": tally,
        "sentence": f"{plural(len(ids) - tally['manual'], 'requirement')} of {len(ids):,} "
        f"{'has' if len(ids) - tally['manual'] == 1 else 'have'} rules here.",
    }


def _requirement(control: str, label: str, runs: list[RuleRun]) -> dict[str, Any]:
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
        "numbers": [counts.fail, counts.unknown + counts.error, counts.exempt, counts.passed],
    }
