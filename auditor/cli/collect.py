"""`auditor collect`: read the live estate into a snapshot, to audit it later or elsewhere."""

from __future__ import annotations

import sys

import click

from auditor.cli import options
from auditor.cli.live_options import live
from auditor.pipeline import live_collection


@click.command("collect")
@click.option("--output", "-o", metavar="DIR", help="Where the snapshot goes.")
@click.option("--resume", metavar="DIR", help="Continue the collection of this snapshot, that did not end well.")
@click.option("--redact", is_flag=True, help="Write pseudonyms instead of names, ids, hosts and addresses.")
@live
@options.selecting
@click.pass_context
def command(ctx: click.Context, /, output: str | None, resume: str | None, redact: bool, **_given: object) -> None:
    """Read what the rules need from Azure and from clusters into a snapshot. It only reads.

    `auditor scan --from DIR` audits the snapshot, also where there is no network. What could not be read is part of it:
    then the exit code is 3, and `--resume DIR` tries again what is missing.
    """
    from auditor import __version__
    from auditor.ingest.snapshot import check_target, write_snapshot
    from auditor.model.errors import CLEAN, INCOMPLETE, ConfigError

    if bool(output) == bool(resume):
        raise ConfigError("A collection needs a place.", "Give --output DIR for a new one, --resume DIR to go on.")
    directory = resume or output or ""
    journal = live_collection.journal_of(directory)
    if resume and not journal.is_file():
        raise ConfigError(f"{resume} has no journal to continue from.", "Collect again with --output.")
    chosen, wanted = options.settings_of(ctx, []), live_collection.live_settings(ctx.params)
    wanted.check()
    live_collection.set_aside(ctx.params, wanted, None, chosen.console, quiet=chosen.quiet)
    check_target(directory)
    journal.parent.mkdir(parents=True, exist_ok=True)
    needs = live_collection.needs_of(chosen)
    book, inventory = live_collection.collect(wanted, needs, journal, chosen.clock, chosen.console, fresh=bool(output))
    try:
        as_of = inventory.as_of or chosen.clock
        if redact:
            from auditor.pipeline.redact import pseudonyms_for, write_redacted

            write_redacted(inventory, directory, pseudonyms_for(inventory, None, chosen.own))
        else:
            write_snapshot(inventory, directory, tool_version=__version__, as_of=as_of)
    finally:
        book.close()
    if not inventory.gaps:
        journal.unlink(missing_ok=True)
    if not chosen.quiet:
        _say(directory, len(inventory.gaps))
    sys.exit(INCOMPLETE if inventory.gaps else CLEAN)


def _say(directory: str, gaps: int) -> None:
    click.echo(f"Written: {directory}", err=True)
    if gaps:
        from auditor.render.phrasing import plural

        missing = plural(gaps, "gap")
        click.echo(f"It is incomplete: {missing}. Try again: auditor collect --resume {directory}", err=True)
    click.echo(f"Next: auditor scan --from {directory}", err=True)
