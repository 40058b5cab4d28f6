"""Reports: an audit rendered. `FORMATS` is the table of all; what is heavy is imported when a format renders."""

from __future__ import annotations

from typing import BinaryIO, Final, NamedTuple

from auditor.errors import ConfigError
from auditor.findings import Findings
from auditor.model import Audit, Outcome
from auditor.render.csv import render_csv
from auditor.render.github import render_github
from auditor.render.gitlab import render_gitlab
from auditor.render.html import render_html
from auditor.render.json import render_json
from auditor.render.junit import render_junit
from auditor.render.line import render_line
from auditor.render.load import load_audit
from auditor.render.markdown import render_markdown
from auditor.render.ocsf import render_ocsf
from auditor.render.options import EVERYTHING, NOTEWORTHY, OPEN, Options, Renderer
from auditor.render.pdf import render_pdf
from auditor.render.sarif import render_sarif
from auditor.render.text import render_text
from auditor.render.xlsx import render_xlsx

__all__ = ["FORMATS", "Format", "Options", "Renderer", "load_audit", "render"]


class Format(NamedTuple):
    """A format: how it is rendered, which outcomes it shows unless told otherwise, and how its files end."""

    render: Renderer
    outcomes: frozenset[Outcome]
    suffix: str


FORMATS: Final[dict[str, Format]] = {
    "text": Format(render_text, NOTEWORTHY, ".txt"),
    "json": Format(render_json, EVERYTHING, ".json"),
    "sarif": Format(render_sarif, NOTEWORTHY, ".sarif"),
    "html": Format(render_html, NOTEWORTHY, ".html"),
    "pdf": Format(render_pdf, NOTEWORTHY, ".pdf"),
    "junit": Format(render_junit, EVERYTHING, ".xml"),
    "csv": Format(render_csv, NOTEWORTHY, ".csv"),
    "xlsx": Format(render_xlsx, NOTEWORTHY, ".xlsx"),
    "markdown": Format(render_markdown, NOTEWORTHY, ".md"),
    "ocsf": Format(render_ocsf, EVERYTHING, ".ndjson"),
    "gitlab": Format(render_gitlab, OPEN, ".gitlab.json"),
    "github": Format(render_github, OPEN, ".github"),
    "line": Format(render_line, NOTEWORTHY, ".log"),
}


def render(audit: Audit, findings: Findings, format: str, out: BinaryIO, options: Options) -> None:
    """Render an audit to `out`. ConfigError when there is no such format."""
    if format not in FORMATS:
        raise ConfigError(f"There is no format {format!r}.", f"Formats are {', '.join(FORMATS)}.")
    FORMATS[format].render(audit, findings, out, options)
