"""`auditor scan`: audit resources from files, snapshots or standard input."""

from __future__ import annotations

import sys

import click

from auditor.cli import options


@click.command("scan", cls=options.ReportingCommand)
@click.option(
    "--from", "inputs", multiple=True, metavar="PATH", help="A file, a folder, a snapshot, or - ; repeatable."
)
@click.option("--save-snapshot", metavar="DIR", help="Also save what was read, to audit it again.")
@options.common
@click.pass_context
def command(ctx: click.Context, /, inputs: tuple[str, ...], save_snapshot: str | None, **_given: object) -> None:
    """Audit resources from files, snapshots or standard input.

    Reads exports of Azure Resource Graph and ARM (JSON, NDJSON, gzip of these), `kubectl get … -o json`, YAML manifests
    and snapshots.
    """
    from auditor.cli.judging import judge_and_report
    from auditor.errors import ConfigError
    from auditor.inventory import open_inventory

    chosen = options.settings(ctx, inputs)
    if not chosen.inputs:
        raise ConfigError("Nothing to audit was named.", "Name files with --from; `auditor demo` shows what comes out.")
    inventory = open_inventory(chosen.inputs)
    if inventory.as_of and not chosen.clock_given:
        chosen = chosen._replace(clock=inventory.as_of)
    if save_snapshot:
        from auditor import __version__
        from auditor.snapshot import write_snapshot

        write_snapshot(inventory, save_snapshot, tool_version=__version__, as_of=chosen.clock)
    sys.exit(judge_and_report(chosen, inventory))
