"""The HTML report printed to PDF by the Chromium, Chrome or Edge that is installed."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO, Final

from auditor.model.audit import Audit
from auditor.model.errors import OutputError
from auditor.model.finding_store import Findings
from auditor.render.html.page import write_page
from auditor.render.options import Options
from auditor.render.phrasing import utc

BROWSERS: Final = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge",
)  # fmt: skip
_SECONDS: Final = 180
_HINT: Final = "Install Chromium, Chrome or Edge; or write --format html and print it from a browser."


def render_pdf(audit: Audit, findings: Findings, out: BinaryIO, options: Options) -> None:
    """Write the report for paper. OutputError when no browser is installed, or it fails."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise OutputError("A PDF needs a browser, and none is installed.", _HINT)
    with tempfile.TemporaryDirectory(prefix="auditor-") as folder:
        page, pdf = Path(folder) / "report.html", Path(folder) / "report.pdf"
        with page.open("wb") as file:
            write_page(audit, findings, file, options, script=False)
        _print(browser, page, pdf)
        out.write(the_same_again(pdf.read_bytes(), f"{utc(audit.as_of):%Y%m%d%H%M%S}".encode()))


def _print(browser: str, page: Path, pdf: Path) -> None:
    import subprocess

    command = [
        browser, "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync",
        "--no-pdf-header-footer", f"--user-data-dir={page.parent / 'profile'}",
        f"--print-to-pdf={pdf}", page.as_uri(),
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.insert(1, "--no-sandbox")  # Chromium refuses to start as root with it; the page holds no script
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OutputError(f"{Path(browser).name} could not print the report: {error}.", _HINT) from error
    if done.returncode or not pdf.is_file():
        last = (done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
        raise OutputError(f"{Path(browser).name} could not print the report: {last[:200]}.", _HINT)


def the_same_again(pdf: bytes, time: bytes) -> bytes:
    """The same bytes whenever it is printed: dated by the audit's clock (`YYYYMMDDhhmmss`), its nodes counted from 1.

    The browser counts them on from what it showed before the page, which is one more or less from run to run.
    """
    pdf = re.sub(rb"(/(?:CreationDate|ModDate) \(D:)\d{14}", rb"\g<1>" + time, pdf)
    nodes = sorted(set(re.findall(rb"\(node(\d{8})\)", pdf)))
    counted = {node: b"(node%08d)" % number for number, node in enumerate(nodes, 1)}
    return re.sub(rb"\(node(\d{8})\)", lambda found: counted[found[1]], pdf)
