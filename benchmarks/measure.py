"""Whole processes: how long they take and how much memory they take at most. What is compared is run in turns."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

Command = Sequence[str]


class Run(NamedTuple):
    """One process: seconds on the clock and of the processor, and its largest resident set in MiB.

    A process counts the memory of its children in none of these; `ru_maxrss` is that of the largest single process.
    """

    wall: float
    cpu: float
    rss: float


_LAUNCHER = """
import json, os, sys, time
silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
begun = time.perf_counter()
process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=silent)
_pid, status, used = os.wait4(process, 0)
wall = time.perf_counter() - begun
print(json.dumps([wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)]))
"""
"""Linux counts the largest set of who starts a process as the process's own: a small one has to start it."""


def run(command: Command, environment: Mapping[str, str]) -> Run:
    """Run a command to its end; what it prints is dropped. Raises RuntimeError when it fails."""
    launch = [sys.executable, "-I", "-S", "-c", _LAUNCHER, *command]
    done = subprocess.run(launch, env=dict(environment), stdout=subprocess.PIPE, check=True)
    wall, cpu, rss, code = json.loads(done.stdout)
    if code:
        raise RuntimeError(f"{' '.join(command)} ended with {code}")
    return Run(wall, cpu, rss)


def in_turns(commands: Mapping[str, Command], runs: int, environment: Mapping[str, str]) -> dict[str, list[Run]]:
    """Every command `runs` times after one that does not count: A B C A B C …, so that a busy moment hits all alike."""
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            measured = run(command, environment)
            if turn:
                found[name].append(measured)
    return found


def median(runs: Sequence[Run], value: Callable[[Run], float] = lambda run: run.wall) -> float:
    """The median of one of the figures."""
    return statistics.median(map(value, runs))


def ratio(runs: Sequence[Run], base: Sequence[Run]) -> float:
    """The median of the ratios, turn by turn."""
    return statistics.median(a.wall / b.wall for a, b in zip(runs, base, strict=True))
