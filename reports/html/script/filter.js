// What is asked (state, kept in the address), and which findings answer. Nothing here touches the page.

/** @typedef {{view: string, q: string, severity: string[], outcome: string[], component: string, scope: string,
 *   owner: string, framework: string, control: string, rule: string, resource: string, type: string, reason: string, only: string,
 *   by: string, sort: string, finding: string}} State */
/** @typedef {{rows: Uint32Array, severities: number[], outcomes: number[], rules: number, resources: number}} Answer */
/** @typedef {{name: string, note: string, numbers: number[], set: Partial<State>}} Group */

const LISTS = /** @type {const} */ (["severity", "outcome"]);
const SINGLE = /** @type {const} */ ([
  "q", "component", "scope", "owner", "framework", "control", "rule", "resource", "type", "reason", "only", "by", "sort", "finding",
]);
const VIEWS = ["overview", "findings", "paths", "certificates", "frameworks", "not-looked-at", "rules"];

/** @param {string} hash @returns {State} */
function stateOf(hash) {
  const [view, query = ""] = hash.replace(/^#/, "").split(/\?(.*)/s);
  const given = new URLSearchParams(query);
  const state = /** @type {any} */ ({ view: VIEWS.includes(view) ? view : "overview" });
  for (const name of LISTS) state[name] = (given.get(name) ?? "").split(",").filter(Boolean);
  for (const name of SINGLE) state[name] = given.get(name) ?? "";
  return state;
}

/** @param {State} state @returns {string} */
function hashOf(state) {
  const query = new URLSearchParams();
  for (const name of LISTS) if (state[name].length) query.set(name, state[name].join(","));
  for (const name of SINGLE) if (state[name]) query.set(name, state[name]);
  const text = query.toString().replaceAll("%2C", ",").replaceAll("%2F", "/");
  return `#${state.view}${text ? "?" + text : ""}`;
}

/** The findings that answer, sorted, with counts. The counts of severities and outcomes each leave their own filter out.
 * @param {Pack} report @param {State} state @returns {Answer} */
function select(report, state) {
  const { rule, resource, severity, outcome, mark, owner, reason } = report.findings;
  const severityOk = chosen(report.severities, state.severity);
  const outcomeOk = chosen(report.outcomes, state.outcome);
  const ruleOk = rulesAsked(report, state);
  const resourceOk = resourcesAsked(report, state);
  const words = wordMasks(report, state.q);
  const ownerAsked = state.owner === "-" ? 0 : report.owners.indexOf(state.owner);
  const reasonAsked = report.reasons.indexOf(state.reason);
  const only = Math.max(report.marks.indexOf(state.only), 0);
  const rows = new Uint32Array(report.count);
  const severities = report.severities.map(() => 0);
  const outcomes = report.outcomes.map(() => 0);
  const rulesMet = new Uint8Array(report.rules.length);
  const resourcesMet = new Uint8Array(report.resourceCount);
  let found = 0;
  for (let i = 0; i < report.count; i++) {
    if (!ruleOk[rule[i]] || !resourceOk[resource[i]] || (only && mark[i] !== only)) continue;
    if (state.owner && owner[i] !== ownerAsked) continue;
    if (state.reason && reason[i] !== reasonAsked) continue;
    if (words.length && !words.every((met) => met(i))) continue;
    if (outcomeOk[outcome[i]]) severities[severity[i]]++;
    if (!severityOk[severity[i]]) continue;
    outcomes[outcome[i]]++;
    if (!outcomeOk[outcome[i]]) continue;
    rows[found++] = i;
    rulesMet[rule[i]] = 1;
    resourcesMet[resource[i]] = 1;
  }
  const sum = (/** @type {Uint8Array} */ met) => met.reduce((total, one) => total + one, 0);
  return {
    rows: sorted(report, rows.subarray(0, found), state.sort),
    severities,
    outcomes,
    rules: sum(rulesMet),
    resources: sum(resourcesMet),
  };
}

/** @param {string[]} names @param {string[]} wanted @returns {Uint8Array} */
const chosen = (names, wanted) => Uint8Array.from(names, (name) => +(!wanted.length || wanted.includes(name)));

/** @param {Pack} report @param {State} state @returns {Uint8Array} */
function rulesAsked(report, state) {
  return Uint8Array.from(report.rules, (rule) => {
    const asked = state.framework ? (rule.controls.find(([name]) => name === state.framework)?.[1] ?? []) : [];
    return +(
      (!state.rule || rule.id === state.rule) &&
      (!state.component || report.components[rule.component].key === state.component) &&
      (!state.framework || (state.control ? asked.includes(state.control) : asked.length > 0))
    );
  });
}

/** @param {Pack} report @param {State} state @returns {Uint8Array} */
function resourcesAsked(report, state) {
  const { type, scope } = report.resources;
  const ok = new Uint8Array(report.resourceCount);
  const scopeAsked = report.scopes.indexOf(state.scope);
  for (let i = 0; i < ok.length; i++)
    ok[i] = +(
      (!state.resource || resourceId(report, i) === state.resource) &&
      (!state.type || report.texts[type[i]] === state.type) &&
      (!state.scope || scope[i] === scopeAsked)
    );
  return ok;
}

/** @typedef {{texts: string[], rules: string[], resources: string[], owners: string[]}} Small */
/** @type {Small | null} */
let small = null;

/** Everything that can be searched, in small letters; made once. @param {Pack} report @returns {Small} */
function smallLetters(report) {
  const { type, place, scope, name, file } = report.resources;
  return (small ??= {
    texts: report.texts.map((text) => text.toLowerCase()),
    owners: report.owners.map((text) => text.toLowerCase()),
    rules: report.rules.map((rule) =>
      [rule.id, rule.title, ...rule.controls.flatMap(([key, ids]) => [key, ...ids])].join(" ").toLowerCase()),
    resources: Array.from({ length: report.resourceCount }, (_, i) =>
      [resourceId(report, i), report.texts[name[i]], report.texts[type[i]], report.texts[place[i]],
        report.scopes[scope[i]], report.texts[file[i]]].join(" ").toLowerCase()),
  });
}

/** For every word of the search whether a finding has it: each distinct text is searched once.
 * @param {Pack} report @param {string} q @returns {((finding: number) => boolean)[]} */
function wordMasks(report, q) {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const { texts, rules, resources, owners } = smallLetters(report);
  const { rule, resource, element, message, gap, evidence, exemption, owner } = report.findings;
  return words.map((word) => {
    const has = (/** @type {string} */ text) => +text.includes(word);
    const inText = Uint8Array.from(texts, has);
    const inRule = Uint8Array.from(rules, has);
    const inResource = Uint8Array.from(resources, has);
    const inOwner = Uint8Array.from(owners, has);
    const inEvidence = Uint8Array.from(report.evidence, (lines) => +lines.some((line) => line.some((n) => inText[n])));
    const inExemption = Uint8Array.from(report.exemptions, (parts) => +parts.some((n) => inText[n]));
    return (i) =>
      !!(inRule[rule[i]] || inResource[resource[i]] || inText[message[i]] || inText[element[i]] || inText[gap[i]] ||
        inEvidence[evidence[i]] || inExemption[exemption[i]] || inOwner[owner[i]]);
  });
}

/** @typedef {{rules: Uint32Array, resources: Uint32Array, scopes: Uint32Array, owners: Uint32Array}} Ranks */
/** @type {Ranks | null} */
let ranks = null;

/** Alphabetical places, made once. @param {Pack} report @returns {Ranks} */
const ranksOf = (report) =>
  (ranks ??= {
    rules: rankOf(report.rules.map((rule) => rule.title)),
    resources: rankOf(Array.from({ length: report.resourceCount }, (_, i) => resourceName(report, i))),
    scopes: rankOf(report.scopes),
    owners: rankOf(report.owners),
  });

/** The place of each in alphabetical order. @param {string[]} names @returns {Uint32Array} */
function rankOf(names) {
  const order = names.map((text, number) => ({ text: text.toLowerCase(), number }));
  order.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : a.number - b.number));
  const rank = new Uint32Array(names.length);
  order.forEach((item, place) => (rank[item.number] = place));
  return rank;
}

/** Sort by one number a finding: what is asked first, then worst first, the finding's own number last.
 * @param {Pack} report @param {Uint32Array} rows @param {string} sort @returns {Uint32Array} */
function sorted(report, rows, sort) {
  const { rule, resource, severity, outcome, owner } = report.findings;
  const { rules, resources, scopes, owners } = ranksOf(report);
  const scope = report.resources.scope;
  const [name, down] = [sort.replace(/^-/, ""), sort.startsWith("-")];
  const outcomeCount = report.outcomes.length;
  const severityCount = report.severities.length;
  const worst = (/** @type {number} */ i) => outcome[i] * severityCount + severity[i];
  const firsts = {
    rule: { of: (/** @type {number} */ i) => rules[rule[i]], most: report.rules.length },
    resource: { of: (/** @type {number} */ i) => resources[resource[i]], most: report.resourceCount },
    scope: { // the column of the owner, then of subscription or cluster
      of: (/** @type {number} */ i) => owners[owner[i]] * report.scopes.length + scopes[scope[resource[i]]],
      most: report.owners.length * report.scopes.length,
    },
    worst: { of: worst, most: outcomeCount * severityCount },
  };
  const first = firsts[/** @type {keyof typeof firsts} */ (name)] ?? firsts.worst;
  const keys = new Float64Array(rows.length);
  for (let n = 0; n < rows.length; n++) {
    const i = rows[n];
    const head = down ? first.most - first.of(i) : first.of(i);
    keys[n] = ((head * firsts.worst.most + worst(i)) * report.rules.length + rules[rule[i]]) * report.count + i;
  }
  keys.sort();
  return Uint32Array.from(keys, (key) => key % report.count);
}

/** The findings gathered: by rule, resource, component, scope, owner, framework or control, reason why unknown. Worst group first.
 * Numbers: failures of each severity, then what is unknown or broke, then what is exempt or passed, then all.
 * @param {Pack} report @param {State} state @param {Uint32Array} rows @returns {Group[]} */
function gather(report, state, rows) {
  const { rule, resource, severity, outcome, owner, reason } = report.findings;
  const severities = report.severities.length;
  /** @type {Map<number | string, Group>} */
  const groups = new Map();
  const keysOf = keysBy(report, state);
  const [fail, error, unknown] = ["fail", "error", "unknown"].map((name) => report.outcomes.indexOf(name));
  for (const i of rows)
    for (const key of keysOf(rule[i], resource[i], owner[i], reason[i])) {
      let group = groups.get(key);
      if (!group) groups.set(key, (group = named(report, state, key)));
      const numbers = group.numbers;
      if (outcome[i] === fail) numbers[severity[i]]++;
      else if (outcome[i] === error || outcome[i] === unknown) numbers[severities]++;
      else numbers[severities + 1]++;
      numbers[severities + 2]++;
    }
  return sortGroups([...groups.values()], state.sort, report.severities);
}

/** @param {Pack} report @param {State} state @returns {(rule: number, resource: number, owner: number, reason: number) => (number | string)[]} */
function keysBy(report, state) {
  const { scope } = report.resources;
  if (state.by === "framework") {
    const lists = report.rules.map((rule) =>
      state.framework
        ? (rule.controls.find(([name]) => name === state.framework)?.[1] ?? [])
        : rule.controls.map(([name]) => name));
    return (rule) => lists[rule];
  }
  if (state.by === "resource") return (_rule, resource) => [resource];
  if (state.by === "component") return (rule) => [report.rules[rule].component];
  if (state.by === "scope") return (_rule, resource) => [scope[resource]];
  if (state.by === "reason") return (_rule, _resource, _owner, reason) => (reason ? [reason] : []);
  if (state.by === "owner") return (_rule, _resource, owner) => [owner];
  return (rule) => [rule];
}

/** @param {Pack} report @param {State} state @param {number | string} key @returns {Group} */
function named(report, state, key) {
  const numbers = new Array(report.severities.length + 3).fill(0);
  if (typeof key === "string") {
    const framework = report.frameworks.find((item) => item.key === (state.framework || key));
    if (!state.framework) return { name: framework?.title ?? key, note: key, numbers, set: { framework: key } };
    const label = framework?.requirements.find((item) => item.id === key)?.label ?? "";
    return { name: `${key} ${label}`, note: framework?.title ?? "", numbers, set: { control: key, by: "" } };
  }
  const { type, place } = report.resources;
  const back = { by: "", sort: "" };
  switch (state.by) {
    case "resource": {
      const note = [report.texts[place[key]], report.texts[type[key]]].filter(Boolean).join(" · ");
      return { name: resourceName(report, key), note, numbers, set: { ...back, resource: resourceId(report, key) } };
    }
    case "component": {
      const component = report.components[key];
      return { name: component.title, note: "", numbers, set: { ...back, component: component.key } };
    }
    case "scope":
      return { name: report.scopes[key] || "no subscription, no cluster", note: "", numbers, set: { ...back, scope: report.scopes[key] } };
    case "owner":
      return { name: report.owners[key] || "no owner", note: "", numbers, set: { ...back, owner: report.owners[key] || "-" } };
    case "reason":
      return { name: report.reasons[key], note: "", numbers, set: { ...back, reason: report.reasons[key] } };
    default: {
      const rule = report.rules[key];
      return { name: rule.title, note: rule.id, numbers, set: { ...back, rule: rule.id } };
    }
  }
}

/** @param {Group[]} groups @param {string} sort @param {string[]} severities @returns {Group[]} */
function sortGroups(groups, sort, severities) {
  const [name, down] = [sort.replace(/^-/, ""), sort.startsWith("-") ? -1 : 1];
  const column = [...severities, "unknown", "rest", "all"].indexOf(name);
  const worst = (/** @type {Group} */ a, /** @type {Group} */ b) => {
    for (let n = 0; n < a.numbers.length; n++) if (a.numbers[n] !== b.numbers[n]) return b.numbers[n] - a.numbers[n];
    return a.name < b.name ? -1 : 1;
  };
  if (name === "name") return groups.sort((a, b) => down * (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
  if (column >= 0) return groups.sort((a, b) => down * (b.numbers[column] - a.numbers[column]) || worst(a, b));
  return groups.sort(worst);
}
