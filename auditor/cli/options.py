"""The options that several commands share: reports, choice of rules, what makes the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from os.path import exists
from pathlib import Path
from typing import Any

import click

from auditor.cli import VERBOSITY
from auditor.pipeline import settings
from auditor.pipeline.console import WIDTH
from auditor.pipeline.exit_status import LEVELS, SAME
from auditor.pipeline.settings import Report, Settings

SEVERITIES = LEVELS[:-1]
FORMATS = (
    "text", "json", "sarif", "html", "pdf", "junit", "csv", "xlsx", "markdown", "ocsf", "gitlab", "github", "line",
)  # fmt: skip
SUFFIXES = {
    ".csv": "csv", ".htm": "html", ".html": "html", ".json": "json", ".log": "line", ".md": "markdown",
    ".ndjson": "ocsf", ".pdf": "pdf", ".sarif": "sarif", ".txt": "text", ".xlsx": "xlsx", ".xml": "junit",
}  # fmt: skip


class ReportingCommand(click.Command):
    """A command with `--format F --output PATH` in pairs: an output belongs to the format named last before it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        args = separated(args)
        values, _, order = self.make_parser(ctx).parse_args(args=list(args))
        given = {name: iter(values.get(name) or ()) for name in ("formats", "outputs")}
        ctx.meta["reports"] = pair_reports((p.name, next(given[p.name])) for p in order if p.name in given)
        return super().parse_args(ctx, args)


def separated(args: Sequence[str]) -> list[str]:
    """The arguments with a value for each `--fail-on-unknown` that has none: what follows may be a file. Raises
    click.UsageError."""
    following = [*args, ""][1:]
    for arg, after in zip(args, following, strict=True):
        if arg != "--fail-on-unknown" or after in (*LEVELS, "") or after.startswith("-"):
            continue
        if not exists(after):  # noqa: PTH110  (it takes any text)
            raise click.UsageError(
                f"{after!r} behind --fail-on-unknown is no severity ({', '.join(LEVELS)}), and no file has this name."
            )
    return [
        f"{arg}={SAME}" if arg == "--fail-on-unknown" and after not in LEVELS else arg
        for arg, after in zip(args, following, strict=True)
    ]


def pair_reports(given: Any) -> list[Report]:
    """Formats and outputs in the order in which they were written → reports. Raises click.UsageError."""
    reports: list[Report] = []
    waiting: str | None = None
    for name, value in given:
        if name == "formats":
            if waiting:
                reports.append(Report(waiting, None))
            waiting = value
        else:
            reports.append(Report(waiting or _format_of(value), value))
            waiting = None
    if waiting:
        reports.append(Report(waiting, None))
    if sum(report.path is None or report.path == "-" for report in reports) > 1:
        raise click.UsageError("Only one report can go to standard output: give the others an --output.")
    paths = [report.path for report in reports if report.path not in (None, "-")]
    if len(set(paths)) < len(paths):
        raise click.UsageError("Two reports cannot be written to one file.")
    return reports


def _format_of(path: str) -> str:
    found = SUFFIXES.get(Path(path).suffix.casefold())
    if found is None:
        raise click.UsageError(f"Which format is {path}? Say it with --format before --output.")
    return found


def common(function: Any) -> Any:
    """Add the options of every command that evaluates rules."""
    return _with(_COMMON, function)


def reporting(function: Any) -> Any:
    """Add the options of every command that writes reports."""
    return _with(_REPORTING, function)


def selecting(function: Any) -> Any:
    """Add the options of every command that needs rules."""
    return _with(_SELECTING, function)


def _with(added: Sequence[Any], function: Any) -> Any:
    for option in reversed(added):
        function = option(function)
    return function


def _verbosity(ctx: click.Context, _option: click.Parameter, count: int) -> int:
    ctx.meta[VERBOSITY] = count
    return count


_REPORTING = (
    click.option(
        "--format", "-f", "formats", multiple=True, type=click.Choice(FORMATS), help="Report format; repeatable."
    ),
    click.option("--output", "-o", "outputs", multiple=True, metavar="PATH", help="Where the format before it goes."),
    click.option(
        "--baseline",
        metavar="AUDIT",
        help="An earlier audit as JSON or SARIF, or `last`: reports say what changed since.",
    ),
    click.option(
        "--history", metavar="PATH", help="A folder of audits as JSON, or the file that `publish` writes: their trend."
    ),
    click.option("--estate", metavar="NAME", help="What is audited; each estate has a history of its own."),
)

_SELECTING = (
    click.option(
        "--select", "selected", multiple=True, metavar="PATTERN", help="Only these rules: id, glob, key=value."
    ),
    click.option(
        "--exclude",
        "excluded",
        multiple=True,
        metavar="PATTERN",
        help="Not these rules; severity= here means that or milder.",
    ),
    click.option("--rules", "own", multiple=True, metavar="PATH", help="Own rules beside the bundled ones."),
    click.option("--config", metavar="FILE", help="Settings; ./auditor.yaml when there is one."),
    click.option("--quiet", "-q", is_flag=True, help="No progress, no closing note on standard error."),
    click.option(
        "--verbose", "-v", count=True, callback=_verbosity, help="More on standard error; -vv shows tracebacks."
    ),
)

_THRESHOLDS = (
    click.option("--fail-on", type=click.Choice(LEVELS), help="Lowest severity that ends with code 1."),
    click.option(
        "--fail-on-unknown", type=click.Choice([*LEVELS, SAME]), metavar="[SEVERITY]",
        help="Unknown answers of this severity end with code 3; that of --fail-on when none is named.",
    ),
    click.option("--max-unknown", type=click.IntRange(0), metavar="N", help="Code 3 only for more unknown answers."),
    click.option(
        "--min-coverage", type=click.FloatRange(0, 100), metavar="PERCENT",
        help="Code 3 when fewer of the answers are decided.",
    ),
    click.option("--require-resources", is_flag=True, help="Code 3 when nothing was evaluated."),
)  # fmt: skip

_COMMON = (
    *_REPORTING,
    *_THRESHOLDS,
    click.option(
        "--exemptions",
        "exemptions",
        multiple=True,
        metavar="FILE",
        help="Accepted findings; exemptions.yaml beside the settings when there is one. Repeatable.",
    ),
    *_SELECTING[:-2],
    click.option(
        "--as-of", metavar="TIME", help="Judge as of this ISO 8601 time, or now. A snapshot is judged as of its own."
    ),
    click.option("--outcomes", metavar="LIST", help="Outcomes to show, with commas; each format has its own default."),
    click.option(
        "--owner-tag", "owner_tags", multiple=True, metavar="NAME", help="The tag or label that names an owner."
    ),
    click.option("--no-excerpts", is_flag=True, help="Leave parts of resources out of JSON and HTML."),
    click.option(
        "--publish", "sinks", multiple=True, metavar="SINK", help="Record the audit and send what changed: sentinel, …"
    ),
    click.option("--jobs", type=click.IntRange(1, 64), help="Processes for large inputs; by itself up to 4."),
    *_SELECTING[-2:],
)


def use_color() -> bool:
    """Colours for a terminal, unless NO_COLOR is set."""
    return (
        sys.stdout is not None
        and sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )


def width() -> int:
    """How wide a report on standard output may be: as its terminal, up to what a file has."""
    if sys.stdout is None or not sys.stdout.isatty():
        return WIDTH
    from shutil import get_terminal_size

    return min(get_terminal_size((WIDTH, 24)).columns, WIDTH)


def settings_of(ctx: click.Context, inputs: Sequence[str], *, beside: bool = True) -> Settings:
    """The settings of a command: its options and `auditor.yaml`, as `pipeline.settings.settings_of` joins them."""
    from auditor.cli.console import console

    return settings.settings_of(ctx.params, ctx.meta.get("reports", ()), inputs, console(), beside=beside)
