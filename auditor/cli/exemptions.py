"""`auditor exemptions …`: check exemptions, describe their form, take over those of other tools."""

from __future__ import annotations

import click

from auditor.cli.options import EXEMPTIONS_FILE


@click.group("exemptions")
def command() -> None:
    """Check exemptions, and take over those of other tools."""


@command.command("check")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--rules", "own", multiple=True, metavar="PATH", help="Own rules beside the bundled ones.")
def check(files: tuple[str, ...], own: tuple[str, ...]) -> None:
    """Read files of exemptions, exemptions.yaml when none is named, and say what is in force today."""
    import datetime as dt
    from pathlib import Path

    from auditor.exemptions.form import read_exemptions
    from auditor.render.words import visible
    from auditor.rulebook import load_rules

    rules = load_rules(own)
    now = dt.datetime.now(dt.UTC)
    for file in files or (EXEMPTIONS_FILE,):
        for entry in sorted(read_exemptions(Path(file), rules), key=lambda entry: entry.ends):
            given = entry.exemption
            state = "ended" if entry.ends <= now else "until"
            told = f"{state} {given.expires_on}  {entry.place}  {entry.rule}  {given.owner}: {given.reason}"
            click.echo(visible(told))


@command.command("schema")
@click.option("--output", metavar="PATH", help="Write it there; standard output when not given.")
def schema(output: str | None) -> None:
    """Print the JSON Schema of exemptions.yaml, for editors."""
    from pathlib import Path

    from auditor.exemptions.form import schema_text

    if output:
        Path(output).write_text(schema_text(), encoding="utf-8")
    else:
        click.echo(schema_text(), nl=False)
