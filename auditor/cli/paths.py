"""`auditor paths`: public host names, followed hop by hop down to pods."""

from __future__ import annotations

import click

from auditor.cli import options


@click.command("paths")
@click.option(
    "--from", "inputs", multiple=True, metavar="PATH", help="A file, a folder, a snapshot, or - ; repeatable."
)
@click.option("--parameters", metavar="FILE", help="A parameter file of an ARM template among the files.")
@click.option(
    "--host", "hosts", multiple=True, metavar="NAME", help="This host name alone; * for any part; repeatable."
)
@click.option("--format", "-f", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
@click.option("--output", "-o", metavar="PATH", help="A file instead of standard output.")
def command(
    inputs: tuple[str, ...], parameters: str | None, hosts: tuple[str, ...], form: str, output: str | None
) -> None:
    """Draw the traffic paths of an estate: every hop, how it is protected, and the ways around it.

    Templates and plans among the files stand for what they would make.

    It informs and gates nothing: the exit code is 0 whatever it finds. `auditor scan --select 'paths.*'` judges.
    """
    from fnmatch import fnmatchcase

    from auditor.lenses.coverage import Coverage
    from auditor.lenses.paths.path_table import as_json, as_text
    from auditor.lenses.registry import lens_of
    from auditor.model.errors import ConfigError
    from auditor.pipeline.open_input import open_estate
    from auditor.render.names import inert
    from auditor.render.write import write_text

    if not inputs:
        raise ConfigError("Nothing was named.", "Name files with --from; `auditor demo --write-estate DIR` makes some.")
    inventory = open_estate(inputs, parameters)
    lens = lens_of("auditor/trafficPath")
    derived = lens.derive(inventory.resources(lens.reads), Coverage(inventory.covers, inventory.gaps))
    wanted = [host.casefold() for host in hosts] or ["*"]
    found = [
        path
        for path in derived
        if any(fnmatchcase(path.body["properties"]["host"].casefold(), host) for host in wanted)
    ]
    about = [gap for gap in inventory.gaps if gap.type is None or gap.type.casefold() in lens.reads]
    gaps = [f"{gap.what}: {gap.reason}" for gap in about]
    if form == "json":
        text = as_json(found, gaps)
    else:
        coloured = output is None and options.use_color()

        def paint(words: str, colour: str) -> str:
            return click.style(words, fg=colour) if coloured else words

        text = "".join(inert(line) for line in as_text(found, gaps, paint).splitlines(keepends=True))
    write_text(output, text)
