"""What several commands read from their options and from `auditor.yaml`."""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from auditor.beside import processors
from auditor.cli import VERBOSITY, thresholds
from auditor.cli.thresholds import Thresholds
from auditor.errors import ConfigError

if TYPE_CHECKING:
    from auditor.bound import Bound
    from auditor.model import Notice, Outcome

SEVERITIES = thresholds.LEVELS[:-1]
OUTCOMES = ("pass", "fail", "unknown", "error", "exempt")
FORMATS = (
    "text", "json", "sarif", "html", "pdf", "junit", "csv", "xlsx", "markdown", "ocsf", "gitlab", "github", "line",
)  # fmt: skip
SUFFIXES = {
    ".csv": "csv", ".htm": "html", ".html": "html", ".json": "json", ".log": "line", ".md": "markdown",
    ".ndjson": "ocsf", ".pdf": "pdf", ".sarif": "sarif", ".txt": "text", ".xlsx": "xlsx", ".xml": "junit",
}  # fmt: skip
CONFIG_FILE = "auditor.yaml"
EXEMPTIONS_FILE = "exemptions.yaml"


class Report(Struct, frozen=True):
    """A format and where it goes; None is standard output."""

    format: str
    path: str | None


class ReportingCommand(click.Command):
    """A command with `--format F --output PATH` in pairs: an output belongs to the format named last before it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        args = thresholds.separated(args)
        values, _, order = self.make_parser(ctx).parse_args(args=list(args))
        given = {name: iter(values.get(name) or ()) for name in ("formats", "outputs")}
        ctx.meta["reports"] = pair_reports((p.name, next(given[p.name])) for p in order if p.name in given)
        return super().parse_args(ctx, args)


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
    """The options of every command that judges."""
    return _with(_COMMON, function)


def reporting(function: Any) -> Any:
    """The options of every command that writes reports."""
    return _with(_REPORTING, function)


def selecting(function: Any) -> Any:
    """The options of every command that needs rules."""
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

_COMMON = (
    *_REPORTING,
    *thresholds.OPTIONS,
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
_MOST_JOBS = 4
"""Unless more are asked for: each takes memory of its own."""


class Settings(Struct, frozen=True):
    """Options and `auditor.yaml` together; an option wins."""

    inputs: tuple[str, ...]
    reports: list[Report]
    selected: tuple[str, ...]
    excluded: tuple[str, ...]
    own: tuple[str, ...]
    clock: dt.datetime
    clock_given: bool
    outcomes: frozenset[Outcome] | None
    jobs: int
    parameters: dict[str, dict[str, Any]]
    quiet: bool
    baseline: str | None
    history: str | None
    estate: str | None
    sinks: tuple[str, ...]
    config_file: str | None
    owner_tags: tuple[str, ...]
    excerpts: bool
    thresholds: Thresholds
    exemptions: tuple[str, ...]
    limits: dict[str, Any]  # of exemptions, as `auditor.yaml` has them
    config: dict[str, Any]  # the whole of it, for what one command alone reads
    begun: int  # when the command began, in nanoseconds since 1970
    notices: tuple[Notice, ...] = ()  # about how the audit was asked for


def settings(ctx: click.Context, inputs: Sequence[str]) -> Settings:
    """Put options and configuration together. Raises ConfigError."""
    from auditor.owners import OWNER_TAGS

    given = ctx.params
    config = config_of(given.get("config"))
    reports: list[Report] = ctx.meta.get("reports", [])
    return Settings(
        inputs=tuple(inputs) or tuple(config.get("from", ())),
        reports=reports
        or [Report(r["format"], r.get("output")) for r in config.get("reports", ())]
        or [Report("text", None)],
        selected=given["selected"] or tuple(config.get("select", ())),
        excluded=given["excluded"] or tuple(config.get("exclude", ())),
        own=given["own"] or tuple(config.get("rules", ())),
        clock=clock(given.get("as_of") or config.get("asOf")),
        clock_given=bool(given.get("as_of") or config.get("asOf")),
        outcomes=outcomes_of(given.get("outcomes") or ",".join(config.get("outcomes", ()))),
        jobs=given.get("jobs") or config.get("jobs") or min(processors(), _MOST_JOBS),
        parameters=config.get("parameters", {}),
        quiet=given["quiet"] or config.get("quiet", False),
        history=given.get("history") or config.get("history"),
        estate=given.get("estate") or config.get("estate"),
        sinks=_sinks(given.get("sinks") or ()),
        config_file=given.get("config"),
        owner_tags=given.get("owner_tags") or tuple(config.get("ownerTags", OWNER_TAGS)),
        excerpts=not given.get("no_excerpts") and config.get("excerpts", True),
        baseline=given.get("baseline") or config.get("baseline"),
        thresholds=thresholds.of_options(given, config),
        exemptions=given.get("exemptions") or _exemption_files(given.get("config"), config),
        limits=config.get("exemptions", {}),
        config=config,
        begun=time.time_ns(),
    )


def _exemption_files(config_file: str | None, config: dict[str, Any]) -> tuple[str, ...]:
    """Those that the configuration names, else the file beside it."""
    named = config.get("exemptions", {}).get("files")
    beside = Path(config_file or CONFIG_FILE).parent / EXEMPTIONS_FILE
    return tuple(named) if named else (str(beside),) if beside.is_file() else ()


def _sinks(names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    from auditor.cli.sinks import SINKS
    from auditor.errors import ConfigError

    for name in names:
        if name not in SINKS:
            raise ConfigError(f"There is no sink {name!r}.", f"Sinks are {', '.join(SINKS)}.")
    return tuple(dict.fromkeys(names))


def config_of(path: str | None) -> dict[str, Any]:
    """The settings of the file that is named, or of `auditor.yaml` where there is one. Raises ConfigError."""
    if path is None and not Path(CONFIG_FILE).is_file():
        return {}
    from auditor.config import read_config

    return read_config(Path(path or CONFIG_FILE))


def clock(text: str | None) -> dt.datetime:
    """The time of the audit: as given, or now in whole seconds. Raises ConfigError."""
    if not text or text == "now":
        return dt.datetime.now(dt.UTC).replace(microsecond=0)
    try:
        found = dt.datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise ConfigError(f"{text!r} is not a time.", "Write it as 2026-07-09T00:00:00Z.") from error


def outcomes_of(text: str) -> frozenset[Outcome] | None:
    """Outcomes from their names with commas between; None for no text. Raises ConfigError."""
    if not text:
        return None
    from auditor.model import Outcome

    names = [name.strip().casefold() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in OUTCOMES:
            raise ConfigError(f"{name!r} is no outcome.", f"Outcomes are {', '.join(OUTCOMES)}.")
    return frozenset(Outcome(name) for name in names)


def bound_rules(chosen: Settings) -> list[Bound]:
    """The selected rules, ready to judge. Raises RuleError."""
    from auditor.bound import bind
    from auditor.conditions.grammar import GrammarError
    from auditor.errors import RuleError
    from auditor.rulebook import check_overrides, load_rules, select

    rules = load_rules(chosen.own)
    check_overrides(rules, chosen.parameters)
    selected = select(rules, chosen.selected, chosen.excluded)
    if not selected:
        raise RuleError(
            "No rule is left to judge by.", "What --select chooses, --exclude or `auditor.yaml` leaves out."
        )
    bound = []
    for rule in selected:
        try:
            bound.append(bind(rule, chosen.clock, chosen.parameters.get(rule.id)))
        except GrammarError as error:
            raise RuleError(f"{rule.id}: {error.message}", "Check the parameters set for it.") from error
    return bound


def use_color() -> bool:
    """Colours for a terminal, unless NO_COLOR is set."""
    return (
        sys.stdout is not None
        and sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )
