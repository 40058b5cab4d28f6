"""Work that begets work, done by a few threads.

Services hold back each subscription by itself: the one with the most work left comes first, unless it is being held
back. So the longest one runs all the time, and the others fill its pauses. Within each, what leads to more work comes
first: only what is known can be weighed.

The threads are daemons: one that hangs in a call cannot keep the process from ending when it is told to stop.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Mapping
from heapq import heappop, heappush

from auditor.collect.collection_journal import Book
from auditor.collect.guard import PATIENCE, Defect, isolated
from auditor.model.errors import AuditorError


class Job:
    """Something to read. `lane` says which threads do it: the name of the source."""

    lane: str = ""

    @property
    def leads_to(self) -> int:
        """How many levels of further reading hang below it: the more, the sooner it is done."""
        return 0

    @property
    def pace(self) -> str:
        """What is held back together with it: its subscription, for one."""
        return ""

    def run(self) -> Iterable[Job]:
        """Reads it, puts it into the book, gives what is to be read next. What fails is a gap, not an error.

        An error that it raises all the same goes to the `lost_by` of `run`.
        """
        raise NotImplementedError


Held = Callable[[str, str], bool]
"""Whether what is done in a lane at a pace has to wait at the moment."""
LostBy = Callable[[Job, Defect], None]
"""Notes the gaps of a job that failed in a way that nobody expected."""


def run(
    jobs: Iterable[Job],
    lanes: Mapping[str, int],
    book: Book,
    lost_by: LostBy,
    held: Held = lambda _lane, _pace: False,
) -> list[Job]:
    """Does all jobs and what they give, each lane by its number of threads.

    Gives what was not done because the collection ended before. An `AuditorError` of a job ends all and is raised here.
    """
    return _Workers(jobs, lanes, book, lost_by, held).run(lanes)


_Waiting = tuple[int, int, Job]
"""In the order in which they are done: those that lead to more, then those that came first."""


class _Workers:
    def __init__(self, jobs: Iterable[Job], lanes: Iterable[str], book: Book, lost_by: LostBy, held: Held) -> None:
        self._book = book
        self._lost_by = lost_by
        self._held = held
        self._waiting: dict[str, dict[str, list[_Waiting]]] = {lane: {} for lane in lanes}
        self._numbers = itertools.count()
        self._running: dict[int, Job] = {}
        self._changed = threading.Condition()
        self._error: BaseException | None = None
        self._ended = False
        self._add(jobs)

    def run(self, lanes: Mapping[str, int]) -> list[Job]:
        for lane, count in lanes.items():
            for number in range(count):
                threading.Thread(target=self._loop, args=(lane,), name=f"{lane}-{number}", daemon=True).start()
        with self._changed:
            while self._busy() and self._error is None and self._book.going():
                self._changed.wait(0.2)
            self._ended = True
            self._changed.notify_all()
            if self._error is not None:
                raise self._error
            self._changed.wait_for(lambda: not self._running, PATIENCE)
            return self._left()

    def _busy(self) -> bool:
        return bool(self._running) or any(self._waiting.values())

    def _left(self) -> list[Job]:
        waiting = (jobs for by_pace in self._waiting.values() for jobs in by_pace.values())
        return [*self._running.values(), *(job for jobs in waiting for _, _, job in jobs)]

    def _add(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            waiting = self._waiting[job.lane].setdefault(job.pace, [])
            heappush(waiting, (-job.leads_to, next(self._numbers), job))

    def _next(self, lane: str) -> Job | None:
        with self._changed:
            while not self._ended and not self._waiting[lane]:
                self._changed.wait()
            if self._ended:
                return None
            job = self._pick(lane)
            self._running[id(job)] = job
            return job

    def _pick(self, lane: str) -> Job:
        """The next of where the most are waiting and are not held back; if all are, of where the most are."""
        waiting = self._waiting[lane]
        by_work = sorted(waiting, key=lambda pace: -len(waiting[pace]))
        pace = next((pace for pace in by_work if not self._held(lane, pace)), by_work[0])
        _, _, job = heappop(waiting[pace])
        if not waiting[pace]:
            del waiting[pace]
        return job

    def _loop(self, lane: str) -> None:
        while (job := self._next(lane)) is not None:
            more, ended = self._done(job)
            with self._changed:
                self._error = self._error or ended
                del self._running[id(job)]
                self._add(more)
                left = sum(map(len, self._waiting[lane].values()))
                self._changed.notify_all()
            self._book.told(lane, left=left)

    def _done(self, job: Job) -> tuple[list[Job], BaseException | None]:
        """What a job leads to, and the error that ends the collection."""
        try:
            more = isolated(lambda: list(job.run()))
        except (AuditorError, MemoryError) as error:
            return [], error
        if isinstance(more, Defect):
            self._lost_by(job, more)
            return [], None
        return more, None
