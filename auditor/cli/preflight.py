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
from auditor.pipeline import live_clusters, live_collection, settings

if TYPE_CHECKING:
    from auditor.collect.azure.clouds import Cloud
    from auditor.collect.azure.sign_in import Credential
    from auditor.collect.collection_journal import Book
    from auditor.collect.permission_report import Right, Suffering
    from auditor.collect.request import Needs


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
            rights = _rights(wanted, needs, book)
    types_of = {bound.rule.id: _types_of(needs_of([bound])) for bound in settings.bound_rules(chosen)}
    suffers = suffering(types_of, rights)
    click.echo(_json(rights, suffers) if form == "json" else _text(rights, suffers, len(types_of)), nl=False)
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


def role_text(needs: Needs, *, tls_secrets: bool = False) -> str:
    """The ClusterRole for some needs, as YAML."""
    import yaml

    from auditor.collect.kubernetes.cluster_reader import Wanted
    from auditor.collect.kubernetes.collection import is_kubernetes
    from auditor.collect.kubernetes.role import cluster_role

    types = Wanted(frozenset(filter(is_kubernetes, needs.types)), tls_secrets).readable
    head = "# What auditor reads of a cluster. Written by: auditor preflight --cluster-role\n"
    return head + yaml.safe_dump(cluster_role(types), sort_keys=False)


def _rights(wanted: live_collection.LiveSettings, needs: Needs, book: Book) -> list[Right]:
    from auditor.collect.kubernetes.access import access
    from auditor.collect.kubernetes.cluster_reader import Wanted
    from auditor.collect.kubernetes.collection import is_kubernetes
    from auditor.collect.permission_report import Right

    azure = live_collection.signed_in(wanted, book.until) if wanted.of_azure else None
    clusters = live_clusters.clusters_of(wanted.clusters)
    found = []
    if azure:
        found = _azure(wanted, needs, azure, book)
        clusters += live_clusters.aks_of(wanted.clusters, azure, book)
    types = Wanted(frozenset(filter(is_kubernetes, needs.types)), wanted.clusters.tls_secrets).readable
    return found + [
        Right(place=f"/clusters/{one.cluster}", type=one.type, right=one.right, allowed=one.allowed, reason=one.reason)
        for one in (access(types, clusters, book) if clusters else [])
    ]


def _azure(
    wanted: live_collection.LiveSettings, needs: Needs, azure: tuple[Cloud, Credential], book: Book
) -> list[Right]:
    from auditor.collect.azure.access import access
    from auditor.collect.guard import within
    from auditor.collect.permission_report import Right

    asked = within(
        lambda: access(needs, wanted.scope, *azure, book, wanted.extras, wanted.clusters.aks),
        book.going,
        "Asking Azure for the rights of this identity",
    )
    return [
        Right(place=one.place, type=one.type, right=one.right, allowed=one.allowed, reason=one.reason) for one in asked
    ]


def _types_of(needs: Needs) -> frozenset[str]:
    """What has to be read for a rule: what it judges and relates to, and what these hang below."""
    from auditor.collect.azure.access import types_read

    return needs.types | types_read(needs)


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
