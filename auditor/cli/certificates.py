"""`auditor certificates`: every certificate of the estate, when it ends, where it is used, what is wrong with it."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import click

from auditor.pipeline import settings

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from auditor.evaluate.bound_rule import Bound
    from auditor.model.gap import Gap
    from auditor.model.resource import Resource

FORMATS = ("text", "json", "csv", "ics")


@click.command("certificates")
@click.option(
    "--from", "inputs", multiple=True, metavar="PATH", help="A file, a folder, a snapshot, or - ; repeatable."
)
@click.option("--as-of", metavar="TIME", help="What will have expired by then; else now, or a snapshot's time.")
@click.option("--format", "-f", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--probe", is_flag=True, help="Ask the hosts of the inventory, and no others, what they really send.")
@click.option("--probe-timeout", type=click.FloatRange(0.1, 60), default=5, show_default=True, metavar="SECONDS")
@click.option("--output", "-o", metavar="PATH", help="A file instead of standard output.")
def command(
    inputs: tuple[str, ...], as_of: str | None, form: str, probe: bool, probe_timeout: float, output: str | None
) -> None:
    """List the certificates of an estate, soonest end first.

    Templates and plans among the files stand for what they would make.

    It informs and gates nothing: the exit code is 0 whatever it finds. `auditor scan` judges.
    """
    from auditor.lenses.certificates.calendar import as_ics
    from auditor.lenses.certificates.certificate_table import as_csv, as_json, as_text, listed, soonest
    from auditor.lenses.coverage import Coverage
    from auditor.lenses.registry import lens_of
    from auditor.model.errors import ConfigError
    from auditor.pipeline.open_input import open_estate
    from auditor.render.names import inert
    from auditor.render.write import write_text

    if not inputs:
        raise ConfigError("Nothing was named.", "Name files with --from; `auditor demo --write-estate DIR` makes some.")
    inventory = open_estate(inputs)
    clock = inventory.as_of if as_of is None and inventory.as_of else settings.clock(as_of)
    lens = lens_of("auditor/certificate")
    found = list(lens.derive(inventory.resources(lens.reads), Coverage()))
    unanswered: list[Gap] = []
    if probe:
        from auditor.probe import probe as ask
        from auditor.probe.hosts import hosts_of

        live, unanswered = ask(hosts_of(found), probe_timeout)
        found = list(lens.derive(chain(inventory.resources(lens.reads), live), Coverage()))
    rules = _rules(clock)
    rows = soonest(listed(resource, clock, _problems(rules, resource)) for resource in found)
    gaps = [f"{gap.what}: {gap.reason}" for gap in (*inventory.gaps, *unanswered)]
    if form == "text":
        titles = {_slug(bound): bound.rule.title for bound in rules}
        text = "".join(inert(line) for line in as_text(rows, clock, titles, gaps).splitlines(keepends=True))
    elif form == "json":
        text = as_json(rows, clock, gaps)
    else:
        text = as_csv(rows) if form == "csv" else as_ics(rows, clock)
    write_text(output, text)


def _rules(clock: dt.datetime) -> list[Bound]:
    from auditor.evaluate.bound_rule import bind
    from auditor.ruleset.loader import load_rules

    return [bind(rule, clock) for rule in load_rules() if "auditor/certificate" in rule.resource]


def _slug(bound: Bound) -> str:
    return bound.rule.id.rpartition(".")[2]


def _problems(rules: Sequence[Bound], resource: Resource) -> list[str]:
    """The rules on certificates that this one breaks."""
    from auditor.evaluate.conditions.relations import Relations
    from auditor.evaluate.interpreter import answers
    from auditor.model.finding import Outcome

    none = Relations([])
    return sorted(_slug(b) for b in rules if any(a.outcome is Outcome.FAIL for a in answers(b, resource, none)))
