"""Archives that hold a damaged file beside another one, whole or damaged themselves."""

from __future__ import annotations

import io
import tarfile
import zipfile

from tests.damage import Random


def packed(files: dict[str, bytes], rng: Random) -> tuple[str, bytes, bool]:
    """The name and the bytes of an archive, and whether it ends early."""
    name = rng.choice(("in.zip", "in.tar", "in.tar.gz", "in.tgz"))
    members = rng.sample(list(files.items()), len(files))
    buffer = io.BytesIO()
    if name.endswith(".zip"):
        with zipfile.ZipFile(buffer, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
            for member, data in members:
                archive.writestr(zipfile.ZipInfo(member), data)
    else:
        with tarfile.open(fileobj=buffer, mode="w:" if name.endswith(".tar") else "w:gz") as tar:
            for member, data in members:
                info = tarfile.TarInfo(member)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    whole = buffer.getvalue()
    if rng.random() < 0.7:
        return name, whole, False
    return name, whole[: rng.randrange(1, len(whole))], True
