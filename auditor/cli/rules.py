"""`auditor rules …`: for people who choose, read, test and write rules."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from auditor.model.errors import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from auditor.model.rule import Rule
    from auditor.ruleset.rule_schema_model import RuleSource


@click.group("rules")
def command() -> None:
    """List, show, test and write rules."""


_OWN_RULES = click.option("--rules", "own", multiple=True, metavar="PATH", help="Own rules beside the bundled ones.")


@command.command("test")
@click.argument("ids", nargs=-1, metavar="[ID|GLOB]...")
@click.option("--mutation/--no-mutation", default=True, help="Also turn every leaf around and move every threshold.")
@_OWN_RULES
def test(ids: tuple[str, ...], mutation: bool, own: tuple[str, ...]) -> None:
    """Run the test cases of rules, and check that the cases would notice a changed rule."""
    from auditor.render.phrasing import plural
    from auditor.ruleset.lint import lint
    from auditor.ruleset.loader import load_rules, select, sources, unique
    from auditor.ruleset.rule_testing import run_case, survivors

    found = unique(sources(own))
    chosen = {rule.id for rule in select([source.rule for source in found], ids, ())}
    cases = failures = weak = warnings = 0
    for source in sorted(found, key=lambda source: source.rule.id):
        if source.rule.id not in chosen:
            continue
        broken = False
        for case in source.cases:
            cases += 1
            result = run_case(source, case)
            if not result.ok:
                broken = True
                failures += 1
                told = result.problem or f"expected {case.expect}, found {result.found}"
                click.echo(f"{source.rule.id}: case {case.name!r}: {told}")
        if mutation and not broken:
            for change in survivors(source):
                weak += 1
                click.echo(f"{source.rule.id}: no case notices: {change}")
        for warning in () if broken else lint(source):
            warnings += 1
            click.echo(f"{source.rule.id}: {warning}")
    counted = f"{plural(len(chosen), 'rule')}, {plural(cases, 'case')}"
    click.echo(f"{counted}, {failures:,} failed, {plural(weak, 'change')} not noticed, {plural(warnings, 'warning')}")
    for note in _unknown_types([source.rule for source in found], chosen, load_rules(())) if own else ():
        click.echo(note, err=True)
    if failures or weak or warnings:
        sys.exit(FINDINGS)


def _unknown_types(rules: Sequence[Rule], chosen: Container[str], bundled: Sequence[Rule]) -> Iterator[str]:
    """Types that chosen rules judge and no bundled one does: of a misspelt one there never is a resource."""
    from auditor.evaluate.conditions.grammar import near

    known = {kind for rule in bundled for kind in rule.resource}
    folded = {kind.casefold() for kind in known}
    for rule in rules:
        for kind in rule.resource if rule.id in chosen else ():
            if kind.casefold() not in folded:
                space = kind.partition("/")[0].casefold()
                meant = near(kind, [name for name in known if name.partition("/")[0].casefold() == space])
                yield f"Note: {rule.id} judges {kind!r}, which no bundled rule does{meant}. Is it spelt so?"


@command.command("list")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--component", help="A folder of rules: azure/sql, or sql.")
@click.option("--severity", help="This severity, or worse.")
@click.option("--framework", help="A framework (mcsb), or one control (mcsb:DP-3).")
@click.option("--equivalent", help="A rule id of another tool, such as CKV_AZURE_115.")
@click.argument("ids", nargs=-1, metavar="[ID|GLOB]...")
@_OWN_RULES
def list_(form: str, ids: tuple[str, ...], own: tuple[str, ...], **filters: str | None) -> None:
    """List rules."""
    from auditor.render.phrasing import plural
    from auditor.ruleset.loader import load_rules, select

    rules = load_rules(own)
    found = select(rules, ids, ())
    for key, value in filters.items():
        if value:
            kept = {rule.id for rule in select(rules, [f"{key}={value}"], ())}
            found = [rule for rule in found if rule.id in kept]
    if form == "json":
        import msgspec

        rows = [{**msgspec.to_builtins(rule), "component": rule.component} for rule in found]
        click.echo(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode())
        return
    width = max((len(rule.id) for rule in found), default=0)
    for rule in found:
        click.echo(f"{rule.severity:<8}  {rule.id:<{width}}  {rule.title}")
    click.echo(plural(len(found), "rule"), err=True)


@command.command("show")
@click.argument("rule_id", metavar="ID")
@_OWN_RULES
def show(rule_id: str, own: tuple[str, ...]) -> None:
    """Print the page of a rule."""
    from auditor.ruleset.pages import page

    click.echo(page(_source(rule_id, own)), nl=False)


def _source(rule_id: str, own: tuple[str, ...]) -> RuleSource:
    from auditor.evaluate.conditions.grammar import near
    from auditor.model.errors import RuleError
    from auditor.ruleset.loader import sources, unique

    found = {source.rule.id: source for source in unique(sources(own))}
    if rule_id not in found:
        hint = "`auditor rules list` shows all rules; --rules PATH adds your own."
        raise RuleError(f"There is no rule {rule_id!r}{near(rule_id, found)}.", hint)
    return found[rule_id]


@command.command("new")
@click.argument("rule_id", metavar="ID")
@click.option("--folder", metavar="PATH", help="The folder of rules; in a checkout, the bundled one when not given.")
def new(rule_id: str, folder: str | None) -> None:
    """Write a rule file whose cases fail until they are filled."""
    from pathlib import Path

    from auditor.model.errors import RuleError
    from auditor.model.package_data import checked_out, rules_folder
    from auditor.ruleset.docs import schema_text
    from auditor.ruleset.scaffold import scaffold

    if not folder and not checked_out():
        hint = f"Say where yours lie: auditor rules new {rule_id} --folder my-rules"
        raise RuleError("The bundled rules belong to the installation.", hint)
    root = Path(folder) if folder else rules_folder()
    path = root.joinpath(*rule_id.split(".")).with_suffix(".yaml") if "." in rule_id else root / f"{rule_id}.yaml"
    text = scaffold(rule_id)
    if path.exists():
        raise RuleError(f"{path} exists already.", "Choose another id, or edit the file.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    schema = root / "rule.schema.json"  # the file names it: from it an editor completes
    if not schema.exists():
        schema.write_text(schema_text(), encoding="utf-8")
    click.echo(f"Wrote {path}. Fill it, then: auditor rules test {rule_id}" + (f" --rules {folder}" if folder else ""))


@command.command("schema")
@click.option("--output", metavar="PATH", help="Write it there; standard output when not given.")
def schema(output: str | None) -> None:
    """Print the JSON Schema of a rule file, for editors."""
    from auditor.render.write import write_text
    from auditor.ruleset.docs import schema_text

    write_text(output, schema_text())


@command.command("docs")
@click.option("--output", metavar="DIR", default="docs/rules", show_default=True, help="Where the pages go.")
@click.option("--check", is_flag=True, help="Write nothing; end with 1 when something is out of date.")
@_OWN_RULES
def docs(output: str, check: bool, own: tuple[str, ...]) -> None:
    """Write the catalogue, a page per rule and the coverage of frameworks."""
    from pathlib import Path

    from auditor.ruleset.docs import documents, out_of_date, write_documents

    wanted = documents(own)
    stale = out_of_date(wanted, Path(output))
    if check:
        for name in stale:
            click.echo(f"out of date: {name}")
        sys.exit(FINDINGS if stale else 0)
    write_documents(wanted, Path(output))
    click.echo(f"{len(wanted)} pages in {output}, {len(stale)} changed")
