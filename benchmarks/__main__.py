"""Runs the benchmarks and prints their ratios: `python -m benchmarks [--sizes 1k,10k,100k] [--runs 5] [--quick]`.

What is compared is run in turns, each time as a process of its own, and the median of the ratios counts. The floor is
`orjson.loads` of every line, results dropped. Ends with 1 when a ratio is over its goal.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.measure import Command, Run, in_turns, median, ratio

DATA = Path(__file__).parent / ".data"
SIZES = {"1k": 1_000, "10k": 10_000, "100k": 100_000, "1m": 1_000_000}
_AS_OF = "2026-07-01T00:00:00Z"
_FLOOR = """
import sys, orjson
with open(sys.argv[1], "rb", buffering=1 << 20) as lines:
    for line in lines:
        orjson.loads(line)
"""
_MAKE = "import sys, pathlib, benchmarks.estate as e; print(e.estate(pathlib.Path(sys.argv[1]), int(sys.argv[2])))"
_RELATED = """
from auditor.rulebook import load_rules
for rule in load_rules():
    if "'related'" in repr(rule) or any(name.startswith("auditor/") for name in rule.resource):
        print(rule.id)
"""


class Line(NamedTuple):
    """One line of the table."""

    what: str
    value: float
    goal: float | None
    unit: str = "x"
    note: str = ""

    @property
    def over(self) -> bool:
        return self.goal is not None and self.value > self.goal


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as folder:
        bench = Bench(Path(folder), options.runs)
        lines = []
        for line in bench.lines(options.sizes):
            print(_row(line), flush=True)
            lines.append(line)
    return int(any(line.over for line in lines))


class Bench:
    """Commands with a cache, an environment and an output folder of their own."""

    def __init__(self, folder: Path, runs: int) -> None:
        self._folder = folder
        self._runs = runs
        self._environment = {**os.environ, "AUDITOR_CACHE_DIR": str(folder), "PYTHONDONTWRITEBYTECODE": ""}

    def lines(self, sizes: list[str]) -> Iterator[Line]:
        """Every line of the table, as soon as it is known."""
        yield from self._start()
        times: dict[str, float] = {}
        for size in sizes:
            estate = self._estate(SIZES[size])
            found = self._audits(estate, size)
            floor = found["floor"]
            for name, runs in found.items():
                if name == "floor":
                    continue
                goal = {"one core": 2.0, "--jobs 2": 1.1}.get(name) if size in ("100k", "1m") else None
                note = f"{median(runs):.2f} s of {median(floor):.2f} s"
                yield Line(f"{size}: whole audit / orjson.loads, {name}", ratio(runs, floor), goal, note=note)
                limit = (64 if name == "unrelated rules" else 400) if size == "1m" else None
                yield Line(f"{size}: peak memory, {name}", median(runs, _rss), limit, "MiB")
            times[size] = median(found["one core"])
            if size == "100k":
                yield from self._writing(estate)
        if "1m" in times and "100k" in times:
            yield Line("1m / 100k: time", times["1m"] / times["100k"], 11)

    def _start(self) -> Iterator[Line]:
        """What it costs to start."""
        one = self._folder / "one.json"
        kind = "Microsoft.Storage/storageAccounts"
        scope = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg"
        one.write_text(json.dumps({"type": kind, "id": f"{scope}/providers/{kind}/a", "name": "a", "properties": {}}))
        commands = {
            "python -c pass": (sys.executable, "-c", "pass"),
            "auditor --help": (*_auditor(), "--help"),
            "auditor scan of one resource": self._scan(one),
        }
        found = self._in_turns(commands, max(self._runs, 11))
        floor = found.pop("python -c pass")
        for (name, runs), goal in zip(found.items(), (5, 12), strict=True):
            note = f"{1000 * median(runs):.0f} ms of {1000 * median(floor):.0f} ms"
            yield Line(f"{name} / python -c pass", ratio(runs, floor), goal, note=note)

    def _audits(self, estate: Path, size: str) -> dict[str, list[Run]]:
        commands = {"floor": (sys.executable, "-c", _FLOOR, str(estate)), "one core": self._scan(estate, "--jobs", "1")}
        if size in ("100k", "1m"):
            commands["--jobs 2"] = self._scan(estate, "--jobs", "2")
            without = [part for rule in self._related_rules() for part in ("--exclude", rule)]
            commands["unrelated rules"] = self._scan(estate, "--jobs", "1", *without)
        return self._in_turns(commands, self._runs)

    def _writing(self, estate: Path) -> Iterator[Line]:
        """What a report costs for each finding, beyond the audit."""
        told = self._output((sys.executable, "-m", "benchmarks.writing", str(estate), str(self._runs)))
        for name, value in (line.split() for line in told.splitlines()):
            yield Line(f"100k: writing {name}, each finding", float(value), 2, "us")

    def _scan(self, path: Path, *more: str) -> Command:
        report = ("--format", "json", "--output", str(self._folder / "report.json"), "--outcomes", "fail,unknown,error")
        return (*_auditor(), "scan", "--from", str(path), *report, "--fail-on", "never", "--as-of", _AS_OF, *more)

    def _in_turns(self, commands: dict[str, Command], runs: int) -> dict[str, list[Run]]:
        return in_turns(commands, runs, self._environment)

    def _estate(self, count: int) -> Path:
        """Made by another process: this one must stay small, for memory is inherited by what it starts."""
        made = self._output((sys.executable, "-c", _MAKE, str(DATA), str(count)))
        return Path(made.strip())

    def _related_rules(self) -> list[str]:
        """Rules that need a first pass: those that relate resources, and those on what a lens derives."""
        return self._output((sys.executable, "-c", _RELATED)).split()

    def _output(self, command: Command) -> str:
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=True)
        return done.stdout


def _auditor() -> Command:
    return (sys.executable, "-m", "auditor")


def _rss(run: Run) -> float:
    return run.rss


def _row(line: Line) -> str:
    goal = f"goal {line.goal:g}" if line.goal is not None else ""
    verdict = "" if line.goal is None else "OVER" if line.over else "ok"
    return f"{line.what:56} {line.value:8.2f} {line.unit:8} {goal:10} {verdict:5} {line.note}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sizes", default="1k,10k,100k,1m", help="of 1k, 10k, 100k, 1m; with commas")
    parser.add_argument("--runs", type=int, default=5, help="of each command; the median counts")
    parser.add_argument("--quick", action="store_true", help="1k and 10k, three runs: whether it runs at all")
    options = parser.parse_args()
    if options.quick:
        options.sizes, options.runs = "1k,10k", 3
    options.sizes = [size.strip().lower() for size in options.sizes.split(",")]
    unknown = [size for size in options.sizes if size not in SIZES]
    if unknown:
        parser.error(f"no such size: {', '.join(unknown)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
