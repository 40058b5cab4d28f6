"""`auditor preflight`: which rights lack, and which rules would suffer."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.cli import options
from auditor.cli.live_options import live
from auditor.pipeline import live_collection, settings

if TYPE_CHECKING:
    from auditor.collect.permission_report import Right, Suffering


@click.command("preflight")
@live
@options.selecting
@click.option("--format", "-f", "form", type=click.Choice(["text", "json", "markdown"]), help="Of the answer.")
@click.option("--cluster-role", is_flag=True, help="Print the ClusterRole that the rules need, and ask nobody.")
@click.option("--api-versions", is_flag=True, help="Print the API version of every call to Azure, and ask nobody.")
@click.pass_context
def command(ctx: click.Context, /, form: str | None, cluster_role: bool, api_versions: bool, **_given: object) -> None:
    """Say which rights lack for a live audit, and which rules would answer in part.

    Asks every subscription and every cluster what this identity may do there, and reads nothing else. The exit code is
    3 when something lacks.
    """
    from auditor.collect.permission_report import suffering
    from auditor.model.errors import CLEAN, INCOMPLETE, ConfigError
    from auditor.pipeline.collection_requirements import needs_of
    from auditor.pipeline.preflight import rights_of, role_text, types_of

    if api_versions:
        click.echo(versions_text(form or "json"), nl=False)
        sys.exit(CLEAN)
    if form == "markdown":
        raise ConfigError("--format markdown is for --api-versions.", "Rights are printed as text or json.")
    chosen, wanted = options.settings_of(ctx, []), live_collection.live_settings(ctx.params)
    needs = live_collection.needs_of(chosen)
    if cluster_role:
        click.echo(role_text(needs, tls_secrets=wanted.clusters.tls_secrets), nl=False)
        sys.exit(CLEAN)
    wanted.check()
    live_collection.set_aside(ctx.params, wanted, None, chosen.console, quiet=chosen.quiet)
    with tempfile.TemporaryDirectory(prefix="auditor-") as folder:
        from auditor.collect.collection_journal import Book

        until = time.monotonic() + wanted.minutes * 60
        with Book(Path(folder) / "journal", {}, until=until) as book:
            rights = rights_of(wanted, needs, book)
    types_by_rule = {bound.rule.id: types_of(needs_of([bound])) for bound in settings.bound_rules(chosen)}
    suffers = suffering(types_by_rule, rights)
    click.echo(_json(rights, suffers) if form == "json" else _text(rights, suffers, len(types_by_rule)), nl=False)
    sys.exit(INCOMPLETE if any(right.allowed is not True for right in rights) else CLEAN)


def versions_text(form: str) -> str:
    """The API versions: as a page, as lines, or as the JSON object of types and versions that checks read."""
    from auditor.collect.azure.version_report import asked_versions, page

    if form == "markdown":
        return page()
    versions = asked_versions()
    if form == "text":
        return "".join(f"{version:<20} {kind}\n" for kind, version in versions.items())
    import msgspec

    return msgspec.json.format(msgspec.json.encode(versions), indent=2).decode() + "\n"


def _json(rights: list[Right], suffers: list[Suffering]) -> str:
    import msgspec

    text = msgspec.json.encode({"rights": rights, "rules": suffers})
    return msgspec.json.format(text, indent=2).decode() + "\n"


def _text(rights: list[Right], suffers: list[Suffering], rules: int) -> str:
    from auditor.render.phrasing import plural, visible

    lines = []
    for place in dict.fromkeys(right.place for right in rights):
        here = [right for right in rights if right.place == place]
        lines.append(f"{place}: {sum(right.allowed is True for right in here)} of {plural(len(here), 'right')}")
        reasons = {right.reason for right in here if right.allowed is None}
        if len(reasons) == 1 and all(right.allowed is None for right in here):
            lines.append(f"  nothing can be said: {reasons.pop()}")
            continue
        for right in here:
            if right.allowed is not True:
                lines.append(f"  lacks {right.right}" if right.allowed is False else f"  {right.right}: {right.reason}")
    lines.append("")
    lines.append(f"{len(suffers)} of {plural(rules, 'rule')} would answer in part" + (":" if suffers else "."))
    for one in suffers:
        told = ", ".join(dict.fromkeys(right.right for right in one.lacking))
        lines.append(f"  {one.rule_id}: {told}")
    return "".join(f"{visible(line)}\n" for line in lines)
