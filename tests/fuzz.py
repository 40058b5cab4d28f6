"""A fuzz run: sound inputs, damaged in every way that files get damaged, through the whole command line.

    python -m tests.fuzz --count 10000 --seed 1

Every input is made from the demo estate and a few plans, rules and settings; mutation `n` of a seed is always the same.
A run fails when an exception escapes, a traceback is printed, the exit code is none of ours, an error says nothing, a
rule breaks on the data, a report is half-written or something is left beside it.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

from auditor.cli import main
from auditor.ingest.inventory import open_inventory
from auditor.model.errors import AuditorError
from tests.damage import Random
from tests.fuzz_inputs import FORMS, KINDS, World, options, use_rules

SECONDS = 30  # for one input
MEMORY = 6 << 30


class Done(NamedTuple):
    code: Any
    out: bytes
    err: str
    escaped: str


class Hung(BaseException):
    """It took too long."""


def _hung(_number: int, _frame: object) -> None:
    raise Hung(f"no end within {SECONDS} seconds")


def call(args: list[str], folder: Path) -> Done:
    """One command, in this process."""
    before, stdin = Path.cwd(), sys.stdin
    out, err = io.BytesIO(), io.BytesIO()
    code, escaped = None, ""
    os.chdir(folder)
    sys.stdin = io.TextIOWrapper(io.BytesIO(b"[]"))
    signal.signal(signal.SIGALRM, _hung)
    signal.alarm(SECONDS)
    stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
    stderr = io.TextIOWrapper(err, encoding="utf-8", errors="backslashreplace", write_through=True)
    try:
        with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
            main(args)
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001  (whatever escapes is what is looked for)
        escaped = traceback.format_exc()
    finally:
        signal.alarm(0)
        os.chdir(before)
        sys.stdin = stdin
    return Done(code, out.getvalue(), err.getvalue().decode("utf-8", "replace"), escaped)


def wrong_with(done: Done, args: list[str], folder: Path) -> str:
    """What should not have happened, or nothing."""
    if "Interrupted." in done.err.splitlines():
        raise KeyboardInterrupt
    if done.escaped:
        return f"escaped: {done.escaped.strip().splitlines()[-1]}"
    if "auditor has a defect" in done.err:
        return done.err.strip()
    if "Traceback" in done.err or b"Traceback" in done.out:
        return "a traceback was printed"
    if done.code not in (0, 1, 2, 3):
        return f"exit code {done.code!r}"
    names = [f"{stem}.{form}" for stem in ("out", "o") for form in FORMS]
    reports = [folder / name for name in names if (folder / name).exists()]
    quiet = (folder / "auditor.yaml").exists()
    if done.code in (2, 3) and not done.err.strip() and not done.out.strip() and not quiet:
        return f"exit code {done.code} without a word"
    if "Error: " in done.err and not done.err.split("Error: ", 1)[1].strip():
        return "an error without a sentence"
    for report in reports:
        problem = half_written(report.suffix[1:], report.read_bytes())
        if problem and (args[0] != "report" or "a rule broke" not in problem):
            return problem
    if done.out and "-f" in args and "-o" not in args and args[0] != "rules":
        problem = half_written(args[args.index("-f") + 1], done.out)
        if problem:
            return problem
    left = [path.name for path in folder.iterdir() if path.name.startswith(".")]
    if left:
        return f"left behind: {left[0]}"
    if (folder / "saved").exists():
        try:
            list(open_inventory([str(folder / "saved")]).resources())
        except AuditorError as error:
            return f"the saved snapshot cannot be read: {error.sentence}"
    return ""


def half_written(form: str, text: bytes) -> str:
    """What is wrong with a report, or nothing."""
    try:
        if form in ("json", "sarif", "gitlab"):
            found = json.loads(text.decode())
            broken = [rule["error"] for rule in found.get("rules", ()) if rule.get("error")] if form == "json" else []
            return f"a rule broke: {broken[0]}" if broken else ""
        if form == "ocsf":
            return "" if all(json.loads(line.decode()) for line in text.splitlines()) else "a line of OCSF says nothing"
        if form == "junit":
            ElementTree.fromstring(text)
            return ""
        if form == "csv":
            rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""), strict=True))
            formulas = [cell for row in rows for cell in row if cell[:1] in tuple("=@\t\r") or cell[:2] in ("+=", "-=")]
            return f"a formula in CSV: {formulas[0]}" if formulas or len({len(row) for row in rows}) > 1 else ""
        if form == "xlsx":
            with zipfile.ZipFile(io.BytesIO(text)) as book:
                for name in book.namelist():
                    ElementTree.fromstring(book.read(name))
            return ""
        text.decode()
    except (ValueError, ElementTree.ParseError, zipfile.BadZipFile, csv.Error) as error:
        return f"{form} cannot be read: {error}"
    if form == "html":
        whole = text.rstrip().endswith(b"</html>") and b"<img" not in text
        return "" if whole else "the page has no end, or an element of others"
    return "" if text[-1:] in (b"\n", b"") and b"\x1b" not in text else f"{form} has no end, or steers the terminal"


def prepared(folder: Path) -> World:
    """The world, with what the command line itself makes."""
    world = World(folder)
    source = folder / "estate.json"
    source.write_text(json.dumps(world.bodies[:60]))
    with use_rules(world.rules):
        for to in (["-f", "json", "-o", str(world.audit)], ["--save-snapshot", str(world.snapshot)]):
            done = call(["scan", "--from", str(source), *to], folder)
            assert done.code in (0, 1, 3), done
    return world


class Failure(NamedTuple):
    number: int
    kind: str
    problem: str
    args: list[str]


class Outcome(NamedTuple):
    codes: Counter[Any]
    failures: list[Failure]
    slowest: tuple[float, int, str]


def run(count: int, seed: int, work: Path, only: str = "", first: int = 0) -> Outcome:
    """Mutations `first` … of a seed. Inputs of those that fail stay in the folder `work`."""
    world = prepared(work)
    kinds = [
        kind for kind, (_make, weight) in KINDS.items() if not only or kind in only.split(",") for _ in range(weight)
    ]
    codes: Counter[Any] = Counter()
    failures: list[Failure] = []
    slowest = (0.0, 0, "")
    for number in range(first, first + count):
        rng = Random(f"{seed}:{number}")
        kind = rng.choice(kinds)
        folder = work / f"{number:06}"
        folder.mkdir()
        args = KINDS[kind][0](world, rng, folder)
        args += options(world, kind, rng, folder, args) if args[0] not in ("rules", "diff") else []
        with use_rules(world.few if kind == "rules" else world.rules):
            begun = time.monotonic()
            done = call(args, folder)
            slowest = max(slowest, (round(time.monotonic() - begun, 2), number, kind))
        codes[done.code] += 1
        problem = wrong_with(done, args, folder)
        if problem:
            failures.append(Failure(number, kind, problem, args))
            (folder / "command.txt").write_text(
                f"auditor {args}\n\n{done.err}\n{done.escaped}", errors="backslashreplace"
            )
        else:
            shutil.rmtree(folder)
    return Outcome(codes, failures, slowest)


def program() -> int:
    parser = argparse.ArgumentParser(description="Run the command line on damaged inputs.")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="Begin with this mutation, to see one again.")
    parser.add_argument("--only", default="", help=f"Kinds of input, with commas: {', '.join(KINDS)}.")
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    work = Path(tempfile.mkdtemp(prefix="auditor-fuzz-"))
    os.environ["AUDITOR_CACHE_DIR"] = str(work / "cache")
    begun = time.monotonic()
    outcome = run(given.count, given.seed, work, given.only, given.first)
    codes = ", ".join(f"{code}: {number}" for code, number in sorted(outcome.codes.items(), key=str))
    print(f"{given.count} inputs (seed {given.seed}) in {time.monotonic() - begun:.0f} s; exit codes {codes}")
    print("slowest: {} s, input {} ({})".format(*outcome.slowest))
    problems = Counter(failure.problem[:160] for failure in outcome.failures)
    for problem, number in problems.most_common(40):
        example = next(failure for failure in outcome.failures if failure.problem.startswith(problem))
        print(
            f"{number:5} × {problem}\n        {example.kind}: {work / f'{example.number:06}'}".encode(
                "ascii", "backslashreplace"
            ).decode()
        )
    print(f"{len(outcome.failures)} failures")
    if not outcome.failures:
        shutil.rmtree(work)
    return bool(outcome.failures)


if __name__ == "__main__":
    sys.exit(program())
