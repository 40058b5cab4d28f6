"""`auditor redact`: make a snapshot that can be shown to others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from auditor.sanitize.pseudonymize.names import Pseudonyms


@click.command("redact")
@click.argument("snapshot", metavar="SNAPSHOT")
@click.option("--output", "-o", required=True, metavar="DIR", help="Where the redacted snapshot goes.")
@click.option("--salt", metavar="FILE", help="A secret of 16 bytes or more. The same gives the same pseudonyms.")
@click.option("--names", metavar="FILE", help="Also write which pseudonym stands for what. Keep it to yourself.")
@click.option("--rules", "own", multiple=True, metavar="PATH", help="Own rules that will judge it, beside the bundled.")
@click.option("--quiet", "-q", is_flag=True, help="No closing note on standard error.")
def command(snapshot: str, output: str, salt: str | None, names: str | None, own: tuple[str, ...], quiet: bool) -> None:
    """Replace names, ids, hosts and addresses in a snapshot by pseudonyms.

    Rules answer for the result as for the original: equal names stay equal, a private address stays private and in its
    network. Certificates become unknown, for the names in them cannot be replaced. Words that rules compare with stay.
    """
    from auditor.ingest.inventory import open_inventory
    from auditor.ingest.snapshot import is_snapshot
    from auditor.model.errors import InputError
    from auditor.pipeline.redact import pseudonyms_for, write_redacted

    if not is_snapshot(snapshot):
        raise InputError(f"{snapshot} is no snapshot.", "Make one: auditor scan --from PATH --save-snapshot DIR")
    inventory = open_inventory([snapshot])
    words = pseudonyms_for(inventory, salt, own)
    write_redacted(inventory, output, words)
    if names:
        _write_names(Path(names), words)
    if not quiet:
        click.echo(f"Written: {output}, with {len(words.given):,} pseudonyms.", err=True)
        if words.left:
            shown = ", ".join(sorted(words.left))
            click.echo(f"Names left as they are, for rules know them: {shown}.", err=True)


def _write_names(file: Path, words: Pseudonyms) -> None:
    """Pseudonym → original as JSON, for the eyes of the owner alone. Raises `OutputError`."""
    import json

    from auditor.model.errors import OutputError

    try:
        file.touch(mode=0o600)
        file.write_text(json.dumps(dict(sorted(words.given.items())), indent=1, ensure_ascii=False), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{file} cannot be written: {error.strerror}", "Check space and permissions.") from error
