"""Python's garbage collector, switched off where what is made is needed until the end."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """Nothing is collected inside: what is read and judged is free of cycles, and the collector would look through all
    of it again and again, which costs as much as judging."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
