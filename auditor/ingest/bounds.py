"""How much is unpacked of what is compressed."""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Bounds(Struct, frozen=True):
    """What lies beyond one of these is not read, and is reported."""

    entries: int
    unpacked: int
    ratio: int
    ratio_from: int
    depth: int
    one_read: int


BOUNDS: Final = Bounds(
    entries=10_000,  # members and folders, those of archives within it included: each takes memory, and may be a file
    unpacked=2 << 30,  # bytes of all members: they lie in the temporary folder, which is often small
    ratio=250,  # unpacked to packed size: exports reach 4 to 60, and deflate can reach 1,032
    ratio_from=64 << 20,  # bytes from which on the ratio counts: less does no harm
    depth=2,  # an archive in an archive: nobody packs three
    one_read=8 << 20,  # bytes of a table of members or of an extended header: that of 10,000 members has about 1 MiB
)
