"""`auditor rules …`: for people who choose, read, test and write rules."""

from __future__ import annotations

import sys

import click

from auditor.errors import FINDINGS


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
    from auditor.cases import run_case, survivors
    from auditor.rulebook import select, sources, unique

    found = unique(sources(own))
    chosen = {rule.id for rule in select([source.rule for source in found], ids, ())}
    cases = failures = weak = 0
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
    click.echo(f"{len(chosen)} rules, {cases} cases, {failures} failed, {weak} changes not noticed")
    if failures or weak:
        sys.exit(FINDINGS)
