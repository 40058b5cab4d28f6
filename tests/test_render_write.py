"""Reports reach their place whole, or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import BinaryIO

import pytest

from auditor.model.errors import OutputError
from auditor.render.write import write_report


def hello(out: BinaryIO) -> None:
    out.write(b"hello\n")


def interrupted(out: BinaryIO) -> None:
    out.write(b"half")
    raise KeyboardInterrupt


def full(out: BinaryIO) -> None:
    out.write(b"half")
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("path", [None, "-"])
def test_stdout(path: str | None, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write_report(path, hello)
    assert capfdbinary.readouterr().out == b"hello\n"


def test_a_file_is_replaced_with_ordinary_rights(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")
    write_report(str(target), hello)
    assert target.read_bytes() == b"hello\n"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    (tmp_path / "ordinary").touch()
    assert target.stat().st_mode == (tmp_path / "ordinary").stat().st_mode


@pytest.mark.parametrize(("produce", "error"), [(interrupted, KeyboardInterrupt), (full, OutputError)])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    produce: object, error: type[BaseException], tmp_path: Path
) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")
    with pytest.raises(error):
        write_report(str(target), produce)  # type: ignore[arg-type]
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_symlink_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_report(str(tmp_path / "link"), hello)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"hello\n"


def test_what_is_no_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_report(str(pipe), hello)
    reader.join(10)
    assert got == [b"hello\n"]
    assert pipe.is_fifo()
    write_report(os.devnull, hello)
    assert Path(os.devnull).is_char_device()


def test_a_folder_or_a_missing_folder_is_an_output_error(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent" / "report.html"):
        with pytest.raises(OutputError, match="cannot be written") as caught:
            write_report(str(path), hello)
        assert caught.value.hint


def test_a_broken_pipe_is_quiet() -> None:
    program = (
        "from auditor.render.write import write_report\n"
        "def produce(out):\n    for _ in range(100_000): out.write(b'a line of the report\\n')\n"
        "write_report('-', produce)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0
