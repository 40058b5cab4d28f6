"""The HTML report of a large estate in Chromium, beside an empty page: `python -m benchmarks.page`.

The estate is judged with passes shown, which makes about 100,000 findings on 20,000 resources that have any. Printed
are the size of the file, how much later than an empty page overview and list are shown (medians, in turns), how long
filters take to answer (medians), and the memory of the tab: its process, and of that the objects of the script. Ends
with 1 over a goal.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.evaluate.bound_rule import bind
from auditor.ingest.inventory import open_inventory
from auditor.model.finding import Outcome
from auditor.pipeline.audit import audit
from auditor.render.formats import render
from auditor.render.options import Options
from auditor.ruleset.loader import load_rules
from benchmarks.estate import estate

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DATA = Path(__file__).parent / ".data"
_CLOCK = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
_BYTES, _SHOWN, _ANSWERED = 3_000_000, 0.6, 0.3
_QUERIES = (
    "severity=critical", "q=kv", "q=storage+tls", "q=rg-1+kv-9", "sort=-resource", "sort=rule", "by=resource",
    "by=rule", "by=owner", "by=framework", "by=reason", "framework=mcsb", "",
)  # fmt: skip
_ASK = """hash => new Promise(done => {
    const begun = performance.now();
    addEventListener("hashchange", () => requestAnimationFrame(() =>
        setTimeout(() => done(performance.now() - begun))), {once: true});
    location.hash = hash;
})"""


def main(resources: int, runs: int) -> int:
    """Print the figures; 1 when one is over its goal."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as folder, sync_playwright() as play:
        empty, report = Path(folder) / "empty.html", Path(folder) / "report.html"
        empty.write_text("<!doctype html><title>empty</title><p>nothing", "utf-8")
        findings = _write(resources, report)
        chromium = Path("/usr/bin/chromium")
        browser = play.chromium.launch(
            executable_path=chromium if chromium.exists() else None, args=["--no-sandbox", "--disable-gpu"]
        )
        size = report.stat().st_size
        shown = _shown(browser, empty, report, runs)
        answers, answered, live = _answers(browser, report)
        print(f"{findings:,} findings on {live}: {size / 1e6:.2f} MB (goal {_BYTES / 1e6:.0f})")
        nothing = shown.pop("empty page")
        for name, seconds in shown.items():
            print(f"{name}: {seconds / nothing:.1f} x an empty page, +{seconds - nothing:.2f} s (goal {_SHOWN})")
        slowest = max(answers, key=lambda query: answers[query])
        print(f"filters: median {statistics.median(answers.values()):.2f} s", end=", ")
        print(f"slowest {answers[slowest]:.2f} s ({slowest or 'all'}; goal {_ANSWERED})")
        print(answered)
        late = max(shown.values()) - nothing > _SHOWN or answers[slowest] > _ANSWERED
        browser.close()
    return int(size > _BYTES or late)


def _write(resources: int, report: Path) -> int:
    rules = [bind(rule, _CLOCK) for rule in load_rules()]
    outcomes = frozenset(Outcome)
    source = estate(DATA, resources)
    made, findings = audit(rules, open_inventory([str(source)]), clock=_CLOCK, outcomes=outcomes)
    with findings, report.open("wb") as out:
        render(made, findings, "html", out, Options(outcomes=outcomes))
        return len(findings)


def _shown(browser: Browser, empty: Path, report: Path, runs: int) -> dict[str, float]:
    """Seconds from a new tab to a picture of it, the median of each; in turns, so that a busy moment hits all alike."""
    cases = {
        "empty page": (empty.as_uri(), "p"),
        "overview": (report.as_uri(), "#verdict"),
        "list": (f"{report.as_uri()}#findings", ".grid-body .grid-row"),
    }
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(runs):
        for name, (address, selector) in cases.items():
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            page, begun = context.new_page(), time.perf_counter()
            page.goto(address)
            page.wait_for_selector(selector)
            page.screenshot()
            taken[name].append(time.perf_counter() - begun)
            context.close()
    return {name: statistics.median(times) for name, times in taken.items()}


def _answers(browser: Browser, report: Path) -> tuple[dict[str, float], str, str]:
    before = _renderers(browser)
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{report.as_uri()}#findings")
    page.wait_for_selector(".grid-body .grid-row")
    live = page.locator("#live").inner_text().rpartition(", ")[2]
    taken: dict[str, list[float]] = {query: [] for query in _QUERIES}
    for _ in range(5):
        for query, times in taken.items():
            times.append(page.evaluate(_ASK, f"#findings?{query}") / 1000)
    answers = {query: statistics.median(times) for query, times in taken.items()}
    return answers, _memory(page, _renderers(browser) - before), live


def _renderers(browser: Browser) -> set[int]:
    session = browser.new_browser_cdp_session()
    listed = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return {each["id"] for each in listed if each["type"] == "renderer"}


def _memory(page: Page, processes: set[int]) -> str:
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    resident = [Path(f"/proc/{process}/statm").read_text("ascii").split()[1] for process in processes]
    whole = max((int(pages) * 4096 / 1e6 for pages in resident), default=0)
    return f"memory of the tab: {whole:.0f} MB resident, of these {heap:.0f} MB are the script's objects"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resources", type=int, default=30_000)
    parser.add_argument("--runs", type=int, default=7)
    given = parser.parse_args()
    sys.exit(main(given.resources, given.runs))
