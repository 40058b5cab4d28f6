"""`auditor exemptions …`: check exemptions, describe their form, take over those of other tools."""

from __future__ import annotations

import click

from auditor.pipeline.settings import EXEMPTIONS_FILE, config_of

TOOLS = ("checkov", "psrule", "trivyignore", "azure-policy")


@click.group("exemptions")
def command() -> None:
    """Check exemptions, and take over those of other tools."""


@command.command("check")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--rules", "own", multiple=True, metavar="PATH", help="Own rules beside the bundled ones.")
def check(files: tuple[str, ...], own: tuple[str, ...]) -> None:
    """Read files of exemptions, exemptions.yaml when none is named, and say what is in force today.

    The limits are those of auditor.yaml.
    """
    import datetime as dt
    from pathlib import Path

    from auditor.exemptions.apply import DAY, limits_of, why_void
    from auditor.exemptions.schema import read_exemptions
    from auditor.render.phrasing import visible
    from auditor.ruleset.loader import load_rules

    rules = load_rules(own)
    limits = limits_of(config_of(None).get("exemptions", {}))
    states = {
        None: "until {}",
        "expired": "ended {}",
        "too-long": f"not in force, for it ends more than {limits.max_age // DAY} days ahead: {{}}",
    }
    now = dt.datetime.now(dt.UTC)
    for file in files or (EXEMPTIONS_FILE,):
        for entry in sorted(read_exemptions(Path(file), rules), key=lambda entry: entry.ends):
            given = entry.exemption
            state = states[why_void(entry, limits, now)].format(given.expires_on)
            told = f"{state}  {entry.place}  {entry.rule}  {given.owner}: {given.reason}"
            click.echo(visible(told))


@command.command("schema")
@click.option("--output", metavar="PATH", help="Write it there; standard output when not given.")
def schema(output: str | None) -> None:
    """Print the JSON Schema of exemptions.yaml, for editors."""
    from auditor.exemptions.schema import schema_text
    from auditor.render.write import write_text

    write_text(output, schema_text())


@command.command("import")
@click.option("--from", "tool", required=True, type=click.Choice(TOOLS), help="The tool whose files these are.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--rules", "own", multiple=True, metavar="PATH", help="Own rules beside the bundled ones.")
@click.option("--output", "-o", metavar="PATH", help="Write it there; standard output when not given.")
def import_(tool: str, files: tuple[str, ...], own: tuple[str, ...], output: str | None) -> None:
    """Take over what another tool accepts, as a draft of exemptions.yaml.

    Reads Checkov's skips (Terraform, manifests, .checkov.yaml), PSRule's suppressions (ps-rule.yaml, SuppressionGroup),
    .trivyignore and .trivyignore.yaml, and Azure Policy's exemptions with their assignments (exports, snapshots). What
    is not said there is left as TODO, and the file is refused until it is filled in.
    """
    from auditor.exemptions.importers.drafts import drafted, text_of
    from auditor.pipeline import import_exemptions
    from auditor.render.phrasing import plural, visible
    from auditor.render.write import write_text
    from auditor.ruleset.loader import load_rules

    equivalents = "trivy" if tool == "trivyignore" else tool
    draft = drafted(equivalents, import_exemptions.READERS[tool](files), load_rules(own))
    write_text(output, text_of(draft))
    told = f"{plural(len(draft.entries), 'exemption')} taken over, {len(draft.unmapped):,} not."
    todo = sum("TODO" in str(entry) for entry, _ in draft.entries)
    click.echo(f"{told} {plural(todo, 'has', 'have')} a TODO to fill in." if todo else told, err=True)
    for item in draft.unmapped:
        click.echo(visible(f"not taken over: {item.check} ({item.place}): {item.why}"), err=True)
