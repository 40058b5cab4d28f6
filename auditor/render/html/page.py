"""The audit as one HTML page: no network, a strict content security policy, a first screen that needs no script.

Everything is computed in Python; the templates in `reports/html` only format. They escape every text, and nothing but
our own style sheet and script, whose digests the policy names, gets through unescaped. The page shows summary and top
of the list as plain HTML and carries all findings packed (`html_data`), which its script unfolds into tables.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any, BinaryIO, Final

from auditor.model.audit import Audit
from auditor.model.finding import Severity
from auditor.model.finding_store import Findings
from auditor.model.package_data import reports_folder
from auditor.render.groups import gather
from auditor.render.html.certificates import certificates
from auditor.render.html.changes import changes_shown
from auditor.render.html.charts import bar, trend
from auditor.render.html.data import MOST, packed
from auditor.render.html.dates import failing_ids, soon_over
from auditor.render.html.design import ARROWS, SIZE, components
from auditor.render.html.frameworks import STATES, frameworks
from auditor.render.html.no_script import ON_PAPER, ON_SCREEN, RULES_ON_SCREEN, rows_per_rule, sections
from auditor.render.html.paths import ON_PAPER as PATHS_ON_PAPER
from auditor.render.html.paths import ON_SCREEN as PATHS_ON_SCREEN
from auditor.render.html.paths import paths
from auditor.render.html.summary import summary
from auditor.render.options import NOTEWORTHY, Options

_STYLES: Final = ("base", "overview", "findings", "pictures", "print")
_SCRIPTS: Final = (
    "data",
    "identity",
    "filter",
    "page",
    "grid",
    "detail",
    "export",
    "views",
    "frameworks",
    "rules",
    "main",
)


def render_html(audit: Audit, findings: Findings, out: BinaryIO, options: Options) -> None:
    """Write the page."""
    write_page(audit, findings, out, options)


def write_page(audit: Audit, findings: Findings, out: BinaryIO, options: Options, *, script: bool = True) -> None:
    """Write the page; without its script and what only this can read, when it is for paper."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    folder = reports_folder() / "html"
    style, code = _joined(folder / "style", _STYLES, ".css"), _joined(folder / "script", _SCRIPTS, ".js")
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["pieces"] = _pieces
    page = _page(audit, findings, options, script)
    page["style"], page["script"] = Markup(style), Markup(code) if script else ""  # noqa: S704  (our own files)
    page["policy"] = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(code)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    text = environment.get_template("report.html.j2").render(page)
    out.write(text.encode("utf-8", "backslashreplace"))


def _pieces(text: str) -> list[str]:
    """A long name in parts between which a line may break: after dots and slashes, not within words or addresses."""
    return re.split(r"(?<=[./])(?=[^\W\d])", text)


def _joined(folder: Path, names: tuple[str, ...], suffix: str) -> str:
    return "".join((folder / f"{name}{suffix}").read_text("utf-8") for name in names)


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _page(audit: Audit, findings: Findings, options: Options, script: bool) -> dict[str, Any]:
    outcomes = NOTEWORTHY if options.outcomes is None else options.outcomes
    limit = rows_per_rule(audit, outcomes, ON_SCREEN if script else ON_PAPER)
    rules = RULES_ON_SCREEN if script else len(audit.rules)
    gathered = gather(audit, findings, outcomes, limit)
    nodes = components(audit)
    most = max((node["failed"] for node in nodes), default=0)
    for node in nodes:
        node["bar"] = bar({part["name"]: part["count"] for part in node["failures"]}, most)
    asked = frameworks(audit)
    failing = failing_ids(audit, findings)
    total = sum(group.total for group in gathered.groups)
    return {
        **summary(audit, gathered, compared=options.changes is not None),
        "listed": {outcome.value for outcome in outcomes},
        "changes": changes_shown(options.changes) if options.changes else None,
        "trend": trend(audit, options.history, options.changes),
        "certificates": certificates(audit, failing),
        "paths": paths(audit, findings, failing, PATHS_ON_SCREEN if script else PATHS_ON_PAPER),
        "exemptions": soon_over(audit, findings),
        "nodes": nodes,
        "arrows": ARROWS,
        "drawing_size": SIZE,
        "sections": sections(gathered.groups[:rules], limit),
        "more_rules": max(len(gathered.groups) - rules, 0),
        "total": total,
        "left_out": max(total - MOST, 0),
        "shown": sum(min(number, limit) for group in gathered.groups[:rules] for number in group.met.values()),
        "frameworks": asked,
        "framework_states": STATES,
        "severity_names": list(Severity),
        "data": packed(audit, findings, options, asked) if script else "",
    }
