// Filters what the page already shows. Without this script the page is complete; only the filter is missing.
"use strict";
(() => {
  const form = document.getElementById("filters");
  if (!form) return;
  const search = document.getElementById("search");
  const live = document.getElementById("live");
  const groups = Array.from(document.querySelectorAll("details.group"), (element) => ({
    element,
    heading: null,
    rows: Array.from(element.querySelectorAll("tr[data-outcome]"), (row) => ({ element: row, text: null })),
  }));
  const total = groups.reduce((sum, group) => sum + group.rows.length, 0);

  const checked = (name) =>
    new Set(Array.from(form.querySelectorAll(`input[name="${name}"]:checked`), (box) => box.value));

  // Text is read when it is first asked for: most pages are never searched.
  const headingOf = (group) =>
    (group.heading ??= ["summary", ".id"].map((part) => group.element.querySelector(part).textContent).join(" ").toLowerCase());
  const textOf = (row) =>
    (row.text ??= `${row.element.textContent} ${row.element.querySelector("b").title}`.toLowerCase());
  const matches = (group, row, words) =>
    words.every((word) => headingOf(group).includes(word) || textOf(row).includes(word));

  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const severities = checked("severity");
    const outcomes = checked("outcome");
    let shown = 0;
    let shownGroups = 0;
    for (const group of groups) {
      let any = false;
      for (const row of group.rows) {
        const data = row.element.dataset;
        const visible = severities.has(data.severity) && outcomes.has(data.outcome) && matches(group, row, words);
        row.element.hidden = !visible;
        any = any || visible;
        shown += visible ? 1 : 0;
      }
      group.element.hidden = !any;
      shownGroups += any ? 1 : 0;
    }
    live.textContent = `${shown.toLocaleString("en")} of ${total.toLocaleString("en")} findings, ${shownGroups} ${shownGroups === 1 ? "rule" : "rules"}`;
  };

  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 120);
  });
  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());

  const openAll = (open) => {
    for (const group of groups) if (!group.element.hidden) group.element.open = open;
  };
  document.getElementById("open").addEventListener("click", () => openAll(true));
  document.getElementById("close").addEventListener("click", () => openAll(false));

  const openTarget = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.matches("details.group")) {
      target.hidden = false;
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", openTarget);
  addEventListener("beforeprint", () => openAll(true));

  form.hidden = false;
  apply();
  openTarget();
})();
