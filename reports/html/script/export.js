// The findings that are shown as a file of comma-separated values (RFC 4180), for whoever has this page alone.

/** What makes a spreadsheet calculate a cell (auditor/render/csv.py); such a cell begins with an apostrophe. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** @type {Record<string, (report: Pack, i: number) => string | number>} Column → what it holds of a finding; the names are those of `--format csv`. */
const CSV_COLUMNS = {
  fingerprint: fingerprintOf,
  rule: (report, i) => report.rules[report.findings.rule[i]].id,
  severity: (report, i) => report.severities[report.findings.severity[i]],
  outcome: (report, i) => report.outcomes[report.findings.outcome[i]],
  title: (report, i) => report.rules[report.findings.rule[i]].title,
  resource: (report, i) => resourceName(report, report.findings.resource[i]),
  type: (report, i) => report.texts[report.resources.type[report.findings.resource[i]]],
  scope: (report, i) => report.scopes[report.resources.scope[report.findings.resource[i]]],
  place: (report, i) => report.texts[report.resources.place[report.findings.resource[i]]],
  element: (report, i) => report.texts[report.findings.element[i]],
  message: messageOf,
  unknown_because: (report, i) => report.texts[report.findings.gap[i]],
  exempt_category: (report, i) => acceptedAs(report, i, 0),
  exempt_owner: (report, i) => acceptedAs(report, i, 1),
  exempt_reason: (report, i) => acceptedAs(report, i, 2),
  exempt_until: (report, i) => acceptedAs(report, i, 3),
  file: (report, i) => report.texts[report.resources.file[report.findings.resource[i]]],
  line: (report, i) => report.resources.line[report.findings.resource[i]] || "",
  controls: (report, i) =>
    report.rules[report.findings.rule[i]].controls.flatMap(([name, ids]) => ids.map((id) => `${name}:${id}`)).join("; "),
  remediation: (report, i) => report.rules[report.findings.rule[i]].remedy,
  resource_id: (report, i) => resourceId(report, report.findings.resource[i]),
  owner: (report, i) => report.owners[report.findings.owner[i]],
  first_seen: (report, i) => report.days[report.findings.seen[i]],
};

/** @param {Pack} report @param {number} i @param {number} part */
const acceptedAs = (report, i, part) => report.texts[report.exemptions[report.findings.exemption[i]][part]];

/** @param {string | number} value */
function csvCell(value) {
  const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Let the browser save the findings. People open the file in a spreadsheet, which wants the byte order mark.
 * @param {Pack} report @param {Uint32Array} rows */
function saveCsv(report, rows) {
  const columns = Object.values(CSV_COLUMNS);
  const lines = [Object.keys(CSV_COLUMNS).join(",")];
  for (const i of rows) lines.push(columns.map((column) => csvCell(column(report, i))).join(","));
  const address = URL.createObjectURL(new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv" }));
  el("a", { href: address, download: "auditor-findings.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
  announce(`Saved ${plural(rows.length, "finding")}`);
}
