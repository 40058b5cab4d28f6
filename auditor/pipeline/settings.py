"""Options and `auditor.yaml` together: what a command was asked for."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from auditor.model.errors import ConfigError
from auditor.pipeline.console import Console
from auditor.pipeline.exit_status import Thresholds, thresholds_of
from auditor.pipeline.subprocess_worker import processors

if TYPE_CHECKING:
    from auditor.evaluate.bound_rule import Bound
    from auditor.model.finding import Notice, Outcome

CONFIG_FILE = "auditor.yaml"
EXEMPTIONS_FILE = "exemptions.yaml"
OUTCOMES = ("pass", "fail", "unknown", "error", "exempt")
_MOST_JOBS = 4
"""Unless more are asked for: each takes memory of its own."""


class Report(Struct, frozen=True):
    """A format and where it goes; None is standard output."""

    format: str
    path: str | None


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
    comments: bool  # whether exemptions in comments count
    limits: dict[str, Any]  # of exemptions, as `auditor.yaml` has them
    config: dict[str, Any]  # the whole of it, for what one command alone reads
    begun: int  # when the command began, in nanoseconds since 1970
    notices: tuple[Notice, ...] = ()  # about how the audit was asked for
    console: Console = Console()


def settings_of(
    given: Mapping[str, Any], reports: Sequence[Report], inputs: Sequence[str], console: Console, *, beside: bool = True
) -> Settings:
    """Put options (`given`, by parameter name) and configuration together. Raises ConfigError.

    `beside`: `auditor.yaml` and `exemptions.yaml` of the working folder count where no option names a file.
    """
    from auditor.evaluate.ownership import OWNER_TAGS

    if given.get("trusted_config"):
        from auditor.pipeline.trusted_settings import trusted_settings

        config, exemptions, comments, notices = trusted_settings(given["trusted_config"], given.get("config"))
    else:
        config = config_of(given.get("config")) if beside or given.get("config") else {}
        exemptions, comments = exemption_files(given.get("config"), config), True
        notices = _clock_notice(given, config)
    quiet = bool(given["quiet"] or config.get("quiet", False))
    return Settings(
        inputs=tuple(inputs) or tuple(config.get("from", ())),
        reports=list(reports)
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
        quiet=quiet,
        history=given.get("history") or config.get("history"),
        estate=given.get("estate") or config.get("estate"),
        sinks=_sinks(given.get("sinks") or ()),
        config_file=given.get("config"),
        owner_tags=given.get("owner_tags") or tuple(config.get("ownerTags", OWNER_TAGS)),
        excerpts=not given.get("no_excerpts") and config.get("excerpts", True),
        baseline=given.get("baseline") or config.get("baseline"),
        thresholds=thresholds_of(given, config),
        exemptions=given.get("exemptions") or exemptions,
        comments=comments,
        limits=config.get("exemptions", {}),
        config=config,
        begun=time.time_ns(),
        notices=notices,
        console=console.without_progress() if quiet else console,
    )


def _clock_notice(given: Mapping[str, Any], config: dict[str, Any]) -> tuple[Notice, ...]:
    """Settings that move the clock may revive an exemption or a certificate that has expired."""
    if given.get("as_of") or not config.get("asOf"):
        return ()
    from auditor.model.finding import Notice

    file = given.get("config") or CONFIG_FILE
    message = f"{file} sets the time of the audit to {config['asOf']}: exemptions and certificates expire as of then."
    return (Notice(kind="clock-set", message=message, file=str(file)),)


def exemption_files(config_file: str | None, config: dict[str, Any]) -> tuple[str, ...]:
    """Those that the configuration names, else the file beside it."""
    named = config.get("exemptions", {}).get("files")
    beside = Path(config_file or CONFIG_FILE).parent / EXEMPTIONS_FILE
    return tuple(named) if named else (str(beside),) if beside.is_file() else ()


def _sinks(names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    from auditor.pipeline.sinks import SINKS

    for name in names:
        if name not in SINKS:
            raise ConfigError(f"There is no sink {name!r}.", f"Sinks are {', '.join(SINKS)}.")
    return tuple(dict.fromkeys(names))


def config_of(path: str | None) -> dict[str, Any]:
    """The settings of the file that is named, or of `auditor.yaml` where there is one. Raises ConfigError."""
    if path is None and not Path(CONFIG_FILE).is_file():
        return {}
    from auditor.pipeline.config_file import read_config

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
    from auditor.model.finding import Outcome

    names = [name.strip().casefold() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in OUTCOMES:
            raise ConfigError(f"{name!r} is no outcome.", f"Outcomes are {', '.join(OUTCOMES)}.")
    return frozenset(Outcome(name) for name in names)


def bound_rules(chosen: Settings) -> list[Bound]:
    """The selected rules, ready to judge. Raises RuleError."""
    from auditor.evaluate.bound_rule import bind
    from auditor.evaluate.conditions.grammar import GrammarError
    from auditor.model.errors import RuleError
    from auditor.ruleset.loader import check_overrides, load_rules, select

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
