// The requirements of one framework: searched, and filtered by their state.

const STATE_WORDS = /** @type {Record<string, string>} */ ({
  fail: "failed", unknown: "unknown", exempt: "exempt", pass: "passed", none: "nothing to judge", manual: "not automated here",
});
const AUTOMATED = "rules"; // the choice of those that have rules, whatever these answered

class Frameworks {
  /** @param {Pack} report @param {(set: Partial<State>, quietly?: boolean) => void} go */
  constructor(report, go) {
    this.report = report;
    this.go = go;
    this.place = byId("framework");
    /** @type {Framework | undefined} */
    this.framework = undefined;
    /** @type {HTMLElement[]} */
    this.rows = [];
    this.live = el("output", { "aria-live": "polite" });
    let waiting = 0;
    this.search = el("input", { type: "search", autocomplete: "off", spellcheck: "false", placeholder: "DP-3, encrypted …", input: () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => go({ q: this.search.value }, true), 60);
    } });
    this.pick = el("select", { change: () => go({ outcome: this.pick.value ? [this.pick.value] : [] }) });
  }

  /** Show the framework that the state names, or none. Tells whether it is another one than before. @param {State} state */
  show(state) {
    const framework = this.report.frameworks.find((item) => item.key === state.framework);
    const other = framework !== this.framework;
    this.framework = framework;
    this.place.hidden = !framework;
    if (!framework) return false;
    if (other) this.build(framework);
    if (this.search.value !== state.q) this.search.value = state.q;
    const wanted = state.outcome[0] ?? "";
    this.pick.value = wanted;
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    framework.requirements.forEach((item, n) => {
      const said = `${item.id} ${item.label}`.toLowerCase();
      const ok = words.every((word) => said.includes(word)) && (!wanted || item.state === wanted || (wanted === AUTOMATED && item.rules > 0));
      this.rows[n].hidden = !ok;
      shown += +ok;
    });
    this.live.textContent = `${count(shown)} of ${plural(framework.requirements.length, "requirement")}`;
    return other;
  }

  /** @param {Framework} framework */
  build(framework) {
    const states = Object.keys(STATE_WORDS).filter((name) => framework.requirements.some((item) => item.state === name));
    this.rows = framework.requirements.map((item) => requirementRow(framework, item));
    this.pick.replaceChildren(
      el("option", { value: "" }, "all"), el("option", { value: AUTOMATED }, "with rules here"),
      ...states.map((name) => el("option", { value: name }, STATE_WORDS[name])));
    this.place.replaceChildren(
      el("h3", { tabindex: -1, id: "framework-title" }, framework.title),
      el("p", {}, framework.sentence),
      el("div", { class: "filters", role: "search", "aria-label": "Filter the requirements" },
        el("label", { class: "search" }, "Search", this.search), el("label", {}, "Show", this.pick)),
      el("p", { class: "tools" }, this.live),
      el("div", { class: "scroll", role: "region", "aria-label": `Requirements of ${framework.title}`, tabindex: 0 },
        el("table", { class: "numbers requirements" },
          el("thead", {}, el("tr", {}, ...["Requirement", "Automated", "State", "rules", "failed", "unknown", "exempt", "passed"].map((title, n) => el("th", { scope: "col", class: (n === 1 || n === 2) && "words" }, title)))),
          el("tbody", {}, ...this.rows))));
  }
}

/** @param {Framework} framework @param {Requirement} item */
function requirementRow(framework, item) {
  const link = hashOf({ ...stateOf("#findings"), framework: framework.key, control: item.id });
  const name = item.numbers.slice(0, 3).some(Boolean) ? el("a", { href: link }, item.id) : el("b", {}, item.id);
  return el("tr", {},
    el("th", { scope: "row" }, name, " ", item.label),
    el("td", { class: "words" }, item.extent),
    el("td", { class: "words" }, item.state === "manual" ? el("span", { class: "quiet" }, "–") : el("span", { class: `badge ${item.state}` }, STATE_WORDS[item.state])),
    el("td", { class: item.rules ? "" : "none" }, item.rules ? el("a", { href: hashOf({ ...stateOf("#rules"), framework: framework.key, control: item.id }), "aria-label": `${plural(item.rules, "rule")} of ${item.id}` }, count(item.rules)) : "–"),
    ...item.numbers.map((number) => el("td", { class: number ? "" : "none" }, item.rules ? count(number) : "–")));
}
