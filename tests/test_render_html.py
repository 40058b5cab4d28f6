"""The HTML page: what it says, that names stay text, and how it behaves in a browser."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import audits
import pytest

from auditor.findings import Findings
from auditor.model import Audit, Outcome
from auditor.render import Options, render

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def page_of(audit: Audit, findings: Findings, **options: Any) -> str:
    out = io.BytesIO()
    render(audit, findings, "html", out, Options(**options))
    return out.getvalue().decode()


class Elements(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def test_hostile_names_stay_text() -> None:
    elements = Elements(page_of(*audits.small()))
    assert "img" not in elements.tags
    assert elements.tags.count("script") == elements.tags.count("style") == 1
    names = {name for name, _ in elements.attributes}
    assert not {name for name in names if name.startswith("on")} and "style" not in names and "src" not in names
    assert {value for name, value in elements.attributes if name == "href" and not str(value).startswith("#")} == {
        "https://learn.microsoft.com/azure/application-gateway/ssl-overview",
        "https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview",
    }


def test_policy_names_exactly_our_style_and_script() -> None:
    page = page_of(*audits.small())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    directives = dict(part.strip().split(" ", 1) for part in policy[1].replace("&#39;", "'").split(";"))
    assert directives["default-src"] == "'none'"
    for name in ("style", "script"):
        text = re.search(rf"<{name}>(.*)</{name}>", page, re.DOTALL)
        assert text
        digest = base64.b64encode(hashlib.sha256(text[1].encode()).digest()).decode()
        assert directives[f"{name}-src"] == f"'sha256-{digest}'"


def test_the_first_screen_says_what_matters() -> None:
    page = page_of(*audits.small())
    assert "4 failures: 1 critical, 2 high and 1 medium." in page
    assert "1 unknown, and why" in page
    assert "2 gaps: what could not be read" in page
    assert "1 rule met nothing to judge" in page
    assert "Set the protocol of each backend setting to Https." in page


def test_nothing_evaluated_is_loud() -> None:
    page = page_of(*audits.nothing())
    assert 'class="verdict nothing"' in page and "Nothing was evaluated." in page
    assert "because nothing was evaluated" in page


def test_many_findings_are_cut_truthfully() -> None:
    page = page_of(*audits.many(3000, rules=10))
    assert page.count('<tr role="row" data-outcome=') == 2000
    assert "2,000 of 3,000 findings are shown here" in page
    assert page.count("and 100 more in the JSON report") == 10


def test_long_values_are_cut() -> None:
    page = page_of(*audits.small())
    assert "x" * 250 in page and "x" * 301 not in page


def test_outcomes_can_be_chosen() -> None:
    page = page_of(*audits.small(), outcomes=frozenset({Outcome.PASS}))
    assert re.findall(r'data-outcome="(\w+)"', page) == ["pass"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


@pytest.fixture
def events() -> list[str]:
    """What must not happen: a request, a dialog, an error, a message of the console."""
    return []


def opened(browser: Browser, file: Path, events: list[str], **context: Any) -> Page:
    page = browser.new_context(**context).new_page()
    page.on("request", lambda request: events.append(request.url) if request.url != file.as_uri() else None)
    page.on("dialog", lambda dialog: events.append(f"dialog {dialog.message}"))
    page.on("pageerror", lambda error: events.append(f"error {error}"))
    page.on("console", lambda message: events.append(f"console {message.text}"))
    page.goto(file.as_uri())
    return page


@pytest.fixture
def small_page(tmp_path: Path) -> Path:
    file = tmp_path / "report.html"
    file.write_text(page_of(*audits.small()), "utf-8")
    return file


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["desktop", "phone"])
@pytest.mark.parametrize("make", [audits.small, audits.nothing])
def test_accessible_and_silent(
    browser: Browser, events: list[str], tmp_path: Path, make: Any, size: tuple[int, int], scheme: str
) -> None:
    import axe_playwright_python

    file = tmp_path / "report.html"
    file.write_text(page_of(*make()), "utf-8")
    page = opened(browser, file, events, viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    axe = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
    page.evaluate(axe)  # evaluated, not added as a script: the policy of the page forbids that
    for opened_details in (False, True):
        page.evaluate("open => document.querySelectorAll('details').forEach(d => d.open = open)", opened_details)
        found = page.evaluate("tags => axe.run(document, {runOnly: tags})", AXE_TAGS)
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert events == []


@pytest.mark.browser
def test_hostile_names_run_nothing(browser: Browser, events: list[str], small_page: Path) -> None:
    page = opened(browser, small_page, events)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.wait_for_timeout(200)
    assert page.locator("img").count() == 0
    assert "</script><img src=x onerror=alert(1)>" in page.locator("#findings").inner_text()
    assert events == []


@pytest.mark.browser
def test_filter_by_keyboard(browser: Browser, events: list[str], small_page: Path) -> None:
    from playwright.sync_api import expect

    page = opened(browser, small_page, events)
    live, shown = page.locator("#live"), page.locator("tr[data-outcome]:not([hidden])")
    assert live.inner_text() == "7 of 7 findings, 3 rules"

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")  # to the findings, so that the next stop is the search
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("KV-2 purge")
    expect(live).to_have_text("1 of 7 findings, 1 rule")
    assert shown.count() == 1
    for _ in range(10):
        page.keyboard.press("Backspace")
    expect(live).to_have_text("7 of 7 findings, 3 rules")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == "critical"
    page.keyboard.press("Space")
    assert live.inner_text() == "5 of 7 findings, 2 rules"

    heading = page.locator("details.group:not([hidden]) > summary").first
    heading.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.group[open]").count() == 1
    assert events == []


@pytest.mark.browser
def test_a_link_opens_its_rule(browser: Browser, events: list[str], small_page: Path) -> None:
    from playwright.sync_api import expect

    page = opened(browser, small_page, events)
    page.locator(".worst a").nth(1).click()
    expect(page.locator("#rule-2")).to_have_attribute("open", "")
    assert events == []


@pytest.mark.browser
def test_complete_without_script(browser: Browser, events: list[str], small_page: Path) -> None:
    page = opened(browser, small_page, events, java_script_enabled=False)
    assert not page.locator("#filters").is_visible()
    page.locator("details.group > summary").first.click()
    assert page.locator("details.group").first.locator("tbody tr").first.is_visible()
