"""`auditor demo`: audit the built-in estate, or write it to files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from auditor.cli import options
from auditor.model.errors import OutputError
from auditor.pipeline import settings
from auditor.pipeline.exit_status import thresholds_of
from auditor.pipeline.settings import Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.demo.estate_inventory import Body


@click.command("demo", cls=options.ReportingCommand)
@click.option("--designed", is_flag=True, help="The estate as it was designed: nothing fails.")
@click.option("--folder", metavar="DIR", default=".", help="Where the HTML and SARIF reports go; here when not given.")
@click.option("--write-estate", metavar="DIR", help="Write the estate as files to play with, instead of judging it.")
@options.common
@click.pass_context
def command(ctx: click.Context, /, designed: bool, folder: str, write_estate: str | None, **_given: object) -> None:
    """Audit the built-in estate: the reference design with faults planted in it.

    Prints the summary and leaves an HTML and a SARIF report, unless --format or --output say otherwise. It is invented,
    so it gates nothing: the exit code is 0 unless --fail-on is given. Settings count only when --config names them.
    """
    from auditor.demo.estate_inventory import AS_OF, as_designed, inventory
    from auditor.demo.faults import as_found, planted
    from auditor.pipeline.audit_estate import audit_estate
    from auditor.pipeline.publish_run import publishing

    faults = [] if designed else planted()
    bodies = as_found(as_designed(), faults)
    if write_estate is not None:
        _write(bodies, _made(write_estate))
        _say(f"Next: auditor scan --from {write_estate} --as-of {AS_OF:%Y-%m-%d}")
        return
    chosen = options.settings_of(ctx, ["demo"], beside=False)
    own_reports = not ctx.meta.get("reports")
    if own_reports:
        place = _made(folder)
        files = [Report(form, str(place / f"auditor-demo.{form}")) for form in ("html", "sarif")]
        chosen = replace(chosen, reports=[Report("text", None), *files])
    given, clock = thresholds_of(ctx.params, {}), ctx.params["as_of"]
    chosen = replace(
        chosen,
        thresholds=replace(given, fail_on=given.fail_on or "never"),
        baseline=ctx.params["baseline"],
        exemptions=ctx.params["exemptions"],
        clock=settings.clock(clock) if clock else AS_OF,
    )
    rules = settings.bound_rules(chosen)
    looked_for = {kind for bound in rules for kind in bound.related}
    looked_for |= {kind for bound in rules for kind in bound.rule.resource if not kind.startswith("auditor/")}
    with publishing(chosen) as publish:
        code = audit_estate(chosen, inventory(bodies, looked_for), publish)
    if not chosen.quiet:
        if own_reports:
            _say(*(f"Written: {report.path}" for report in chosen.reports if report.path))
        other = [] if designed else ["auditor demo --designed"]
        _say("Then: " + "\n      ".join([*other, "auditor scan --from YOUR-EXPORT"]))
    sys.exit(code)


def _say(*lines: str) -> None:
    for line in lines:
        click.echo(line, err=True)


def _made(folder: str) -> Path:
    """The folder, made when it is not there."""
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be made: {error.strerror or error}.", "Name another folder.") from error
    return place


def _write(bodies: Sequence[Body], folder: Path) -> None:
    """The estate as an export: what Azure answers as JSON, the objects of the cluster as YAML."""
    import msgspec
    import yaml

    from auditor.demo.estate_inventory import is_kubernetes
    from auditor.render.write import write_text

    azure = [body for body in bodies if not is_kubernetes(body)]
    cluster = [body for body in bodies if is_kubernetes(body)]
    files = {
        "azure.json": msgspec.json.format(msgspec.json.encode(azure), indent=2).decode() + "\n",
        "cluster.yaml": yaml.safe_dump_all(cluster, sort_keys=False, allow_unicode=True),
    }
    for name, text in files.items():
        write_text(str(folder / name), text)
        _say(f"Written: {folder / name}")
