"""A real browser for the tests of the HTML report: opened quietly, watched closely."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tools

from auditor.model.audit import Audit
from auditor.model.finding_store import Findings
from auditor.render.formats import Options, render

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
_AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
READY = "#app:not([hidden]) .app"
"""In the page once all findings are unfolded."""


def page_of(audit: Audit, findings: Findings, **options: Any) -> str:
    """The HTML report as text."""
    out = io.BytesIO()
    render(audit, findings, "html", out, Options(**options))
    return out.getvalue().decode()


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=tools.chromium(), args=_QUIET)
        yield running
        running.close()


def opened(browser: Browser, file: Path, events: list[str], fragment: str = "", **context: Any) -> Page:
    """The file in a fresh window. `events` collects what must not happen: a request, a dialog, an error, a message."""
    place = browser.new_context(**context)
    place.set_default_timeout(tools.PATIENCE * 1000)
    page = place.new_page()
    ours = file.as_uri()
    page.on("request", lambda request: events.append(request.url) if request.url.split("#")[0] != ours else None)
    page.on("dialog", lambda dialog: events.append(f"dialog {dialog.message}"))
    page.on("pageerror", lambda error: events.append(f"error {error}"))
    page.on("console", lambda message: events.append(f"console {message.text}"))
    page.goto(ours + fragment)
    if context.get("java_script_enabled", True):
        page.wait_for_selector(READY, state="attached")
    return page


def violations(page: Page) -> list[Any]:
    """What axe finds, with the elements."""
    import axe_playwright_python

    if not page.evaluate("typeof axe === 'object'"):
        axe = Path(axe_playwright_python.__file__).parent / "axe.min.js"
        page.evaluate(axe.read_text("utf-8"))  # evaluated, not added as a script: the policy of the page forbids that
    options = {"runOnly": _AXE_TAGS, "resultTypes": ["violations"]}  # of what passes, no markup is gathered
    found = page.evaluate("options => axe.run(document, options)", options)
    return [(v["id"], [node["html"][:200] for node in v["nodes"]][:3]) for v in found["violations"]]
