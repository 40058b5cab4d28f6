"""Reports: an audit rendered. `FORMATS` is the table of all; what is heavy is imported when a format renders."""

from __future__ import annotations

from importlib import import_module
from typing import BinaryIO, Final

from msgspec import Struct

from auditor.model.audit import Audit
from auditor.model.errors import ConfigError
from auditor.model.finding import Outcome
from auditor.model.finding_store import Findings
from auditor.render.options import EVERYTHING, NOTEWORTHY, OPEN, Options, Renderer

__all__ = ["FORMATS", "Format", "Options", "Renderer", "render"]


class Format(Struct, frozen=True):
    """A format: which outcomes it shows unless told otherwise, how its files end, whether it shows parts of resources,
    whether it is read by who reviews a change, so that it leaves out what stood before (`Options.only`).

    `module` is where it is rendered, by `render_x` of the format `x`; imported when the format is asked for.
    """

    module: str

    outcomes: frozenset[Outcome]
    suffix: str
    excerpts: bool = False
    review: bool = False


FORMATS: Final[dict[str, Format]] = {
    "text": Format("text", NOTEWORTHY, ".txt", review=True),
    "json": Format("json", EVERYTHING, ".json", excerpts=True),
    "sarif": Format("sarif.report", NOTEWORTHY, ".sarif", review=True),
    "html": Format("html.page", NOTEWORTHY, ".html", excerpts=True),
    "pdf": Format("pdf", NOTEWORTHY, ".pdf"),
    "junit": Format("junit", EVERYTHING, ".xml", review=True),
    "csv": Format("csv", NOTEWORTHY, ".csv"),
    "xlsx": Format("xlsx", NOTEWORTHY, ".xlsx"),
    "markdown": Format("markdown", NOTEWORTHY, ".md", review=True),
    "ocsf": Format("ocsf", EVERYTHING, ".ndjson"),
    "gitlab": Format("gitlab", OPEN, ".gitlab.json", review=True),
    "github": Format("github", OPEN, ".github", review=True),
    "line": Format("logfmt", NOTEWORTHY, ".log"),
}


def render(audit: Audit, findings: Findings, format: str, out: BinaryIO, options: Options) -> None:
    """Render an audit to `out`. ConfigError when there is no such format."""
    if format not in FORMATS:
        raise ConfigError(f"There is no format {format!r}.", f"Formats are {', '.join(FORMATS)}.")
    renderer: Renderer = getattr(import_module(f"auditor.render.{FORMATS[format].module}"), f"render_{format}")
    if options.only is None or not FORMATS[format].review:
        renderer(audit, findings, out, options)
        return
    from auditor.render.change_review import without_old

    with without_old(findings, options.only) as listed:
        renderer(audit, listed, out, options)
