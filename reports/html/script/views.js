// The findings view: filters, live count, list or groups, detail.

const ASKS = /** @type {const} */ ({
  "": "finding", rule: "rule", resource: "resource", component: "component", scope: "subscription or cluster", owner: "owner",
  framework: "framework", reason: "reason",
});

class Findings {
  /** @param {Pack} report @param {(set: Partial<State>, quietly?: boolean) => void} go */
  constructor(report, go) {
    this.report = report;
    this.go = go;
    /** @type {State | null} */
    this.state = null;
    /** @type {Answer | null} */
    this.answer = null;
    /** @type {{finding: string, i: number} | null} the finding that was opened last */
    this.known = null;
    /** @type {Group[]} */
    this.groups = [];
    this.grid = new Grid((row) => this.open(row), (sort) => go({ sort }));
    this.detail = el("div", { class: "detail-place" });
    this.detail.addEventListener("keydown", (event) => event.key === "Escape" && go({ finding: "" }));
    this.filters = el("div", { class: "filters", role: "search", "aria-label": "Filter the findings" }, ...this.controls());
    this.live = el("output", { id: "live", "aria-live": "polite" });
    this.chips = el("span", { class: "active" });
    this.save = el("button", { type: "button", class: "save", click: () => this.answer && saveCsv(report, this.answer.rows) }, "Save as CSV");
    this.empty = el("p", { class: "empty", hidden: true }, report.count ? "No finding answers these filters." : "There is no finding. What was judged, and what was not, is told in the overview.");
    this.missing = el("p", { class: "empty missing", role: "status" });
    this.body = el("div", { class: "list-and-detail" }, el("div", { class: "list" }, this.missing, this.empty, this.grid.element), this.detail);
    this.element = el("div", { class: "app" }, this.filters, el("p", { class: "tools" }, this.live, this.chips, this.save), this.body);
  }

  /** @returns {Child[]} */
  controls() {
    const { report, go } = this;
    this.search = el("input", { type: "search", id: "search", autocomplete: "off", spellcheck: "false", placeholder: "Resource, rule, value, control …" });
    let waiting = 0;
    this.search.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => go({ q: this.search?.value ?? "" }, true), 60);
    });
    this.boxes = { severity: this.checks("severity", report.severities), outcome: this.checks("outcome", report.outcomes) };
    const several = (/** @type {string[]} */ names) => names.filter(Boolean).sort().map((name) => /** @type {[string, string]} */ ([name, name]));
    const used = new Set(report.rules.map((rule) => rule.component));
    /** @type {Record<string, HTMLSelectElement>} */
    this.selects = {};
    const lists = /** @type {[keyof State & string, string, [string, string][]][]} */ ([
      ["component", "Component", report.components.filter((_, n) => used.has(n)).map((item) => [item.key, item.title])],
      ["scope", "Scope", several(report.scopes)],
      ["owner", "Owner", report.owners.length > 1 ? [["-", "no owner"], ...several(report.owners)] : []],
      ["framework", "Framework", report.frameworks.map((item) => [item.key, item.title])],
      ["only", "Since last time", report.compared ? [["new", "new"], ["worse", "worse"]] : []],
    ]);
    const pickers = lists.filter(([, , choices]) => choices.length).map(([name, title, choices]) => {
      const select = el("select", { change: () => go({ [name]: select.value, ...(name === "framework" ? { control: "" } : {}) }) },
        el("option", { value: "" }, "all"), ...choices.map(([value, text]) => el("option", { value }, text)));
      this.selects[name] = select;
      return el("label", {}, title, select);
    });
    this.by = el("select", { id: "by", change: () => go({ by: this.by?.value ?? "", sort: "", finding: "" }) },
      ...Object.entries(ASKS).filter(([key]) => (key !== "owner" || report.owners.length > 1) && (key !== "reason" || report.reasons.length > 1))
        .map(([key, title]) => el("option", { value: key }, `by ${title}`)));
    return [
      el("label", { class: "search" }, "Search", this.search),
      el("label", {}, "Show", this.by),
      ...pickers,
      el("div", { class: "checks" }, this.boxes.severity.fieldset, this.boxes.outcome.fieldset),
    ];
  }

  /** @param {"severity" | "outcome"} name @param {string[]} values */
  checks(name, values) {
    const boxes = values.map((value) => el("input", { type: "checkbox", name, value }));
    const counts = values.map(() => el("span", { class: "count" }));
    const labels = values.map((value, n) => el("label", { class: `choice ${value}` }, boxes[n], value, " ", counts[n]));
    const fieldset = el("fieldset", { change: () => this.go({ [name]: boxes.filter((box) => box.checked).map((box) => box.value) }) },
      el("legend", {}, name === "severity" ? "Severity" : "Outcome"), ...labels);
    return { boxes, counts, labels, fieldset };
  }

  /** Show what the state asks. @param {State} state */
  show(state) {
    const { report } = this;
    const before = this.state;
    const same = before && hashOf({ ...before, finding: "" }) === hashOf({ ...state, finding: "" });
    this.state = state;
    if (!same || !this.answer) {
      this.answer = select(report, state);
      this.groups = state.by ? gather(report, state, this.answer.rows) : [];
      this.fill(state, this.answer);
      this.grid.opened = -1;
      this.grid.show(state.by ? this.groupModel() : this.findingModel(), false);
    }
    this.showDetail(state, !before || !same);
  }

  /** @param {State} state @param {Answer} answer */
  fill(state, answer) {
    const { report } = this;
    if (this.search && this.search.value !== state.q) this.search.value = state.q;
    if (this.by) this.by.value = state.by;
    for (const [name, select] of Object.entries(this.selects ?? {})) select.value = String(state[/** @type {keyof State} */ (name)]);
    for (const name of LISTS) {
      const numbers = name === "severity" ? answer.severities : answer.outcomes;
      const group = this.boxes?.[name];
      group?.boxes.forEach((box, n) => {
        box.checked = state[name].includes(box.value);
        group.counts[n].textContent = count(numbers[n]);
        group.labels[n].classList.toggle("none", !numbers[n]);
        group.labels[n].hidden = name === "outcome" && !numbers[n] && !box.checked && box.value === "pass";
      });
    }
    const total = report.count;
    this.live.textContent = `${count(answer.rows.length)} of ${plural(total, "finding")}, ${plural(answer.rules, "rule")}, ${plural(answer.resources, "resource")}`;
    this.save.hidden = !answer.rows.length;
    this.empty.hidden = answer.rows.length > 0;
    this.grid.element.hidden = !answer.rows.length;
    const named = /** @type {const} */ (["only", "rule", "resource", "type", "control", "reason"]);
    const chips = named.filter((name) => state[name]).map((name) =>
      chip(name, name === "resource" ? (state.resource.split("/").pop() ?? "") : state[name], () => this.go({ [name]: "" })));
    const filtered = [...SINGLE, ...LISTS].some((name) => !["by", "sort", "finding"].includes(name) && state[name].length);
    if (filtered) chips.push(el("button", { type: "button", class: "chip clear", click: () => this.go(Object.fromEntries([...SINGLE.map((name) => [name, name === "by" ? state.by : ""]), ...LISTS.map((name) => [name, []])])) }, "Clear all"));
    this.chips.replaceChildren(...chips);
  }

  /** @returns {Model} */
  findingModel() {
    const { report } = this;
    const { findings, resources, texts } = report;
    const rows = /** @type {Answer} */ (this.answer).rows;
    return {
      label: "Findings", kind: "findings", count: rows.length, sort: this.state?.sort ?? "",
      columns: [
        { key: "worst", title: "Severity" }, { key: "rule", title: "Rule and what was found" },
        { key: "resource", title: "Resource" }, { key: "scope", title: "Owner, subscription or cluster" },
      ],
      cells: (row) => {
        const i = rows[row];
        const resource = findings.resource[i];
        const element = texts[findings.element[i]];
        const outcome = report.outcomes[findings.outcome[i]];
        return [
          [badge(report.severities[findings.severity[i]]), el("small", { class: `outcome ${outcome}` }, outcome + (findings.mark[i] ? ", " + report.marks[findings.mark[i]] : ""))],
          [el("b", {}, report.rules[findings.rule[i]].title), el("small", {}, acceptance(report, i) || texts[findings.gap[i]] || messageOf(report, i))],
          [el("b", {}, resourceName(report, resource), element ? el("span", { class: "element" }, element) : null),
            el("small", {}, [texts[resources.place[resource]], texts[resources.type[resource]]].filter(Boolean).join(" · "))],
          [el("span", {}, report.owners[findings.owner[i]]), el("small", {}, report.scopes[resources.scope[resource]].replace(/^subscription /, ""))],
        ];
      },
    };
  }

  /** @returns {Model} */
  groupModel() {
    const { report, groups } = this;
    const numbers = [...report.severities, "unknown", "rest", "all"];
    const titles = { unknown: "unknown", rest: "exempt or passed", all: "all" };
    return {
      label: `Findings by ${ASKS[/** @type {keyof typeof ASKS} */ (this.state?.by ?? "")]}`, kind: "groups",
      count: groups.length, sort: this.state?.sort ?? "",
      columns: [
        { key: "name", title: capital(ASKS[/** @type {keyof typeof ASKS} */ (this.state?.by ?? "")]) },
        ...numbers.map((key) => ({ key, title: titles[/** @type {keyof typeof titles} */ (key)] ?? key })),
      ],
      cells: (row) => [
        [el("b", {}, groups[row].name), el("small", {}, groups[row].note)],
        ...groups[row].numbers.map((number, n) => [
          el("span", { class: number ? `number ${numbers[n]}` : "number none" }, count(number)),
          el("small", { class: "narrow" }, titles[/** @type {keyof typeof titles} */ (numbers[n])] ?? numbers[n])]),
      ],
    };
  }

  /** Enter or a click: a group becomes a filter, a finding shows its detail. @param {number} row */
  open(row) {
    if (this.state?.by) this.go(this.groups[row].set);
    else if (this.answer?.rows.length) this.goTo(this.answer.rows[row]);
  }

  /** @param {number} i */
  goTo(i) {
    this.known = { finding: fingerprintOf(this.report, i), i };
    this.go({ finding: this.known.finding });
  }

  /** @param {State} state @param {boolean} arriving */
  showDetail(state, arriving) {
    const rows = this.answer?.rows ?? new Uint32Array();
    const asked = state.finding && !state.by && rows.length;
    const known = this.known?.finding === state.finding ? rows.indexOf(this.known.i) : -1;
    const row = !asked ? -1 : known >= 0 ? known : placeOf(this.report, rows, state.finding);
    this.element.classList.toggle("detailed", row >= 0);
    this.missing.textContent = asked && row < 0 ? "The finding that the address names is not among these: another report has it, or the filters leave it out." : "";
    this.missing.hidden = !this.missing.textContent;
    if (row < 0) {
      const had = this.detail.firstChild;
      this.detail.replaceChildren();
      this.grid.mark(-1);
      if (had && !arriving) this.grid.move(this.grid.active);
      return;
    }
    this.detail.replaceChildren(detailOf(this.report, rows[row], {
      close: () => this.go({ finding: "" }),
      step: (by) => this.goTo(rows[(row + by + rows.length) % rows.length]),
      place: `${count(row + 1)} of ${count(rows.length)}`,
      link: (set) => hashOf({ ...stateOf("#findings"), ...set }),
    }));
    this.grid.measure();
    this.grid.active = row;
    this.grid.move(row);
    this.grid.mark(row);
    byId("detail-title").focus({ preventScroll: arriving });
    if (!matchMedia("(min-width: 64rem)").matches) byId("detail-title").scrollIntoView({ block: "center" });
  }
}
