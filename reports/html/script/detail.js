// Everything about one finding, beside the list.

/** @typedef {{close: () => void, step: (by: number) => void, place: string, link: (set: Partial<State>) => string}} Around */

/** @param {Pack} report @param {number} i @param {Around} around @returns {HTMLElement} */
function detailOf(report, i, around) {
  const { findings } = report;
  const rule = report.rules[findings.rule[i]];
  const heading = el("h3", { id: "detail-title", tabindex: -1 }, rule.title);
  return el("article", { class: "detail", "aria-labelledby": "detail-title" },
    el("p", { class: "detail-bar" },
      el("button", { type: "button", click: around.close, class: "close" }, "Close"),
      el("span", { class: "quiet" }, around.place),
      el("button", { type: "button", "aria-label": "Previous finding", click: () => around.step(-1) }, "↑"),
      el("button", { type: "button", "aria-label": "Next finding", click: () => around.step(1) }, "↓")),
    el("p", { class: "states" },
      badge(report.severities[findings.severity[i]]), " ",
      el("span", { class: `badge ${report.outcomes[findings.outcome[i]]}` }, report.outcomes[findings.outcome[i]]),
      findings.mark[i] ? el("span", { class: "badge new" }, report.marks[findings.mark[i]]) : null),
    heading,
    resourceFacts(report, i, around),
    accepted(report, i),
    el("div", { class: "found" }, el("div", {}, ...found(report, i)), excerptOf(report, i)),
    el("h4", {}, decided(report, i) ? "How to mend it" : "How to mend it, should it fail"),
    el("p", { class: "prose" }, rule.remedy),
    rule.code.length ? codeTabs(rule.code, "How to mend it, as code") : null,
    acceptable(report, i),
    el("h4", {}, "Why it matters"),
    el("p", { class: "prose" }, rule.why),
    ...asked(rule, around),
    el("h4", {}, "More of it"),
    el("p", {},
      el("a", { href: around.link({ rule: rule.id }) }, "All findings of this rule"), el("br"),
      el("a", { href: around.link({ resource: resourceId(report, findings.resource[i]) }) }, "All findings of this resource")),
    el("p", { class: "id quiet" }, "Rule ", el("code", {}, rule.id), el("br"), "Resource ", el("code", {}, resourceId(report, findings.resource[i]))));
}

/** @param {Pack} report @param {number} i */
const decided = (report, i) => !["unknown", "error"].includes(report.outcomes[report.findings.outcome[i]]);

/** @param {Pack} report @param {number} i @param {Around} around */
function resourceFacts(report, i, around) {
  const { findings, resources, texts } = report;
  const resource = findings.resource[i];
  const id = resourceId(report, resource);
  const file = texts[resources.file[resource]];
  const line = resources.line[resource];
  const element = texts[findings.element[i]];
  const owner = report.owners[findings.owner[i]];
  /** @type {[string, Child[]][]} */
  const facts = [
    ["Resource", [el("b", {}, resourceName(report, resource)), element && el("span", { class: "element" }, element), " ", copyButton(id, "id of the resource", "Copy id")]],
    ["In", [[texts[resources.place[resource]], report.scopes[resources.scope[resource]]].filter(Boolean).join(" · ")]],
    ["First seen", [report.days[findings.seen[i]]]],
    ["Owner", [owner && el("a", { href: around.link({ owner }) }, owner)]],
    ["Read from", [file && (line ? `${file}:${line}` : file)]],
  ];
  return el("dl", { class: "facts-list" },
    ...facts.filter(([, value]) => value[0]).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, ...value))));
}

/** What was found: message, evidence, why it is not known, who accepted it. @param {Pack} report @param {number} i */
function found(report, i) {
  const { findings, texts } = report;
  const lines = report.evidence[findings.evidence[i]];
  const gap = texts[findings.gap[i]];
  const message = messageOf(report, i); // says the gap, unless the finding has words of its own
  const words = message.replace(`: ${evidenceText(report, i)}`, ""); // they may end with the evidence, which has a list
  return [
    el("h4", {}, "What was found"),
    lines.length && !findings.message[i] ? null : el("p", {}, lines.length ? words : message),
    gap && findings.message[i] ? el("p", {}, gap) : null,
    lines.length
      ? el("ul", { class: "evidence" }, ...lines.map(([path, actual, expected]) =>
          el("li", {},
            el("code", {}, breakable(texts[path])),
            el("span", {}, texts[expected].startsWith("to find ") ? "" : "is ", actual ? el("code", { class: "actual" }, texts[actual]) : el("i", { class: "actual" }, "absent"),
              ", expected ", texts[expected]))))
      : null,
  ];
}

/** Who accepted the failure, why, and until when. @param {Pack} report @param {number} i */
function accepted(report, i) {
  const [category, owner, reason, until] = report.exemptions[report.findings.exemption[i]].map((n) => report.texts[n]);
  if (!category) return null;
  return el("dl", { class: "facts-list notice" },
    ...[["Exempt", `${category}, until ${until}`], ["Accepted by", owner], ["Because", reason]].map(([name, value]) =>
      el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/** How to accept it for a time: an entry of exemptions.yaml, which is refused until somebody fills it in.
 * @param {Pack} report @param {number} i */
function acceptable(report, i) {
  const { findings, texts } = report;
  const outcome = report.outcomes[findings.outcome[i]];
  if (outcome !== "fail" && outcome !== "unknown") return null;
  const quoted = (/** @type {string} */ text) => JSON.stringify(text); // which is YAML too
  const element = texts[findings.element[i]];
  const entry = [
    `  - rule: ${report.rules[findings.rule[i]].id}`,
    `    resource: ${quoted(resourceId(report, findings.resource[i]))}`,
    element && `    element: ${quoted(element)}`,
    outcome === "unknown" && "    outcomes: [unknown]",
    "    category: waiver",
    "    owner: TODO",
    "    reason: TODO",
    "    expiresOn: TODO",
  ];
  return el("details", { class: "accept" },
    el("summary", {}, "To accept it for a time"),
    el("p", { class: "prose" }, "Add this to the list in exemptions.yaml, with who answers for it, why, and until when."),
    codeTabs([["exemptions.yaml", entry.filter(Boolean).join("\n")]], "An exemption"));
}

/** The resource around what was found, with the lines that decided. @param {Pack} report @param {number} i */
function excerptOf(report, i) {
  const lines = report.excerpts[report.findings.excerpt[i]];
  if (!lines.length) return null;
  return el("div", {},
    el("h4", { id: "excerpt-title" }, "In the resource"),
    el("pre", { class: "excerpt", tabindex: 0, role: "region", "aria-labelledby": "excerpt-title" },
      el("code", {}, ...lines.map((n) => (n < 0 ? el("mark", {}, report.lines[~n], "\n") : `${report.lines[n]}\n`)))));
}

/** Long paths break after a dot. @param {string} path */
const breakable = (path) => path.replaceAll(".", ".\u200b");

/** @param {Rule} rule @param {Around} around @returns {Child[]} */
function asked(rule, around) {
  const chip = (/** @type {string} */ name, /** @type {Child[]} */ ids) => el("li", {}, el("b", {}, name), " ", ...ids);
  const controls = rule.controls.map(([name, ids]) =>
    chip(name, ids.flatMap((id, n) => [n ? " " : null, el("a", { href: around.link({ framework: name, control: id }) }, id)])));
  const elsewhere = rule.equivalents.map(([name, ids]) => chip(name, [ids]));
  const references = rule.references.map(([address, link]) =>
    el("li", {}, link ? el("a", { href: address, rel: "noreferrer noopener", target: "_blank" }, address) : address));
  return [
    controls.length ? el("h4", {}, "Asked by") : null,
    controls.length ? el("ul", { class: "chips" }, ...controls) : null,
    elsewhere.length ? el("h4", {}, "The same question elsewhere") : null,
    elsewhere.length ? el("ul", { class: "chips" }, ...elsewhere) : null,
    references.length ? el("h4", {}, "References") : null,
    references.length ? el("ul", { class: "references" }, ...references) : null,
  ];
}
