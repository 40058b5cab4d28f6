"""`auditor scan`: audit what is deployed, live or from files, snapshots and standard input."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from auditor.cli import options
from auditor.cli.live_options import live
from auditor.pipeline import apply_exemptions, live_collection, settings

if TYPE_CHECKING:
    from auditor.ingest.inventory import Inventory
    from auditor.ingest.snapshot import Edge


@click.command("scan", cls=options.ReportingCommand)
@click.option(
    "--from", "inputs", multiple=True, metavar="PATH", help="A file, a folder, a snapshot, or - ; repeatable."
)
@live
@click.option("--save-snapshot", metavar="DIR", help="Also save what was read, to audit it again.")
@options.common
@click.pass_context
def command(ctx: click.Context, /, inputs: tuple[str, ...], save_snapshot: str | None, **_given: object) -> None:
    """Audit what is deployed: live, or from files, snapshots and standard input.

    Live it reads the subscriptions that --subscription, --management-group or --all name. With --from it reads exports
    of Azure Resource Graph and ARM (JSON, NDJSON, gzip of these), `kubectl get … -o json`, YAML manifests, snapshots.
    """
    from auditor.ingest.inventory import open_inventory
    from auditor.model.errors import ConfigError
    from auditor.pipeline.audit_estate import audit_estate
    from auditor.pipeline.publish_run import publishing

    chosen, wanted = options.settings_of(ctx, inputs), live_collection.live_settings(ctx.params)
    if inputs and live_collection.named_by_options(ctx.params):
        raise ConfigError("Files and a live scope were named.", "Audit one of them, then the other.")
    if live_collection.named_by_options(ctx.params) or (wanted.wanted and not chosen.inputs):
        notices = live_collection.set_aside(ctx.params, wanted, (), chosen.console, quiet=chosen.quiet)
        chosen = replace(chosen, jobs=1, notices=chosen.notices + notices)
        apply_exemptions.of_files(chosen)  # a wrong one is told before hours of reading, not after
        with tempfile.TemporaryDirectory(prefix="auditor-") as folder, publishing(chosen) as publish:
            file = Path(folder) / "journal"
            book, inventory = live_collection.collect(
                wanted, live_collection.needs_of(chosen), file, chosen.clock, chosen.console
            )
            try:
                if directory := save_snapshot or chosen.config.get("saveSnapshot"):
                    _save(directory, inventory, chosen)
                code = audit_estate(chosen, inventory, publish)
            finally:
                book.close()
        sys.exit(code)
    if not chosen.inputs:
        raise ConfigError(
            "Nothing to audit was named.",
            "Name files with --from, or --subscription ID to audit it live; `auditor demo` shows what comes out.",
        )
    notices = live_collection.set_aside(ctx.params, None, chosen.inputs, chosen.console, quiet=chosen.quiet)
    chosen = replace(chosen, notices=chosen.notices + notices)
    with publishing(chosen) as publish:
        inventory = open_inventory(chosen.inputs)
        if inventory.as_of and not chosen.clock_given:
            chosen = replace(chosen, clock=inventory.as_of)
        directory = save_snapshot or chosen.config.get("saveSnapshot")
        if directory:
            from auditor.sanitize.resources import without_copies

            _save(directory, inventory, chosen, without_copies)
            inventory = open_inventory([directory])  # what is judged is what was kept
        code = audit_estate(chosen, inventory, publish)
    sys.exit(code)


def _save(directory: str, inventory: Inventory, chosen: settings.Settings, edge: Edge | None = None) -> None:
    from auditor import __version__
    from auditor.ingest.snapshot import write_snapshot

    write_snapshot(inventory, directory, tool_version=__version__, as_of=chosen.clock, edge=edge)
