// The rules view: which of its rows answer the filters. The table itself is plain HTML.

/** What a rule's numbers say, most pressing first: failed, unknown, error, exempt, passed. */
const RULE_STATES = ["fail", "unknown", "error", "exempt", "pass"];

class Rules {
  /** @param {Pack} report @param {(set: Partial<State>, quietly?: boolean) => void} go */
  constructor(report, go) {
    this.go = go;
    const named = new Map(report.rules.map((rule) => [rule.id, rule]));
    /** @type {{row: HTMLTableRowElement, rule: Rule | undefined, severity: string, states: string[], words: string}[]} */
    this.rows = Array.from(/** @type {NodeListOf<HTMLTableRowElement>} */ (document.querySelectorAll("#rules tbody tr")), (row) => {
      const rule = named.get(row.querySelector("code")?.textContent ?? "");
      const states = RULE_STATES.filter((_, n) => !row.cells[2 + n].classList.contains("none"));
      const words = [row.cells[0].textContent, ...(rule?.controls ?? []).flatMap(([key, ids]) => [key, ...ids])].join(" ");
      return { row, rule, severity: report.severities[rule?.severity ?? 0], states: states.length ? states : ["none"], words: words.toLowerCase() };
    });
    this.search = /** @type {HTMLInputElement} */ (byId("rules-q"));
    let waiting = 0;
    this.search.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => go({ q: this.search.value }, true), 60);
    });
    const select = (/** @type {"severity" | "outcome" | "framework"} */ name) => {
      const found = /** @type {HTMLSelectElement} */ (byId(`rules-${name}`));
      const asked = () => (name === "framework" ? { framework: found.value, control: "" } : { [name]: found.value ? [found.value] : [] });
      found.addEventListener("change", () => go(asked()));
      return found;
    };
    this.severity = select("severity");
    this.outcome = select("outcome");
    this.framework = select("framework");
  }

  /** @param {State} state */
  show(state) {
    if (this.search.value !== state.q) this.search.value = state.q;
    this.severity.value = state.severity[0] ?? "";
    this.outcome.value = state.outcome[0] ?? "";
    this.framework.value = state.framework;
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { row, rule, severity, states, words: said } of this.rows) {
      const asked = state.framework ? (rule?.controls.find(([name]) => name === state.framework)?.[1] ?? []) : [];
      const ok =
        words.every((word) => said.includes(word)) &&
        (!state.severity.length || state.severity.includes(severity)) &&
        (!state.outcome.length || state.outcome.some((name) => states.includes(name))) &&
        (!state.framework || (state.control ? asked.includes(state.control) : asked.length > 0));
      row.hidden = !ok;
      shown += +ok;
    }
    byId("rules-live").textContent = `${count(shown)} of ${plural(this.rows.length, "rule")}`;
    const filtered = state.q || state.severity.length || state.outcome.length || state.framework;
    const clear = { q: "", severity: [], outcome: [], framework: "", control: "" };
    byId("rules-chips").replaceChildren(
      ...(state.control ? [chip("control", state.control, () => this.go({ control: "" }))] : []),
      ...(filtered ? [el("button", { type: "button", class: "chip clear", click: () => this.go(clear) }, "Clear all")] : []));
  }
}
