// @ts-check
"use strict";
// Unfolds what the page carries: base64 of deflated JSON → columns of numbers, texts, rules (auditor/render/html/data.py).

/** @typedef {{id: string, title: string, severity: number, component: number, why: string, remedy: string,
 *   code: [string, string][], controls: [string, string[]][], equivalents: [string, string][],
 *   references: [string, boolean][]}} Rule */
/** @typedef {{id: string, label: string, rules: number, state: string, extent: string, numbers: number[]}} Requirement */
/** @typedef {{key: string, title: string, sentence: string, requirements: Requirement[]}} Framework */
/** @typedef {Record<string, Uint32Array>} Columns */
/** @typedef {{count: number, resourceCount: number, findings: Columns, resources: Columns, texts: string[],
 *   evidence: [number, number, number][][], exemptions: number[][], scopes: string[], owners: string[], days: string[], reasons: string[],
 *   lines: string[], excerpts: number[][], rules: Rule[],
 *   components: {key: string, title: string}[], frameworks: Framework[], severities: string[], outcomes: string[],
 *   compared: boolean, marks: string[]}} Pack */

/** Read the data block. Rejects in a browser that cannot inflate; the plain list stays then.
 * @returns {Promise<Pack>} */
async function readReport() {
  const block = byId("data");
  const letters = atob(block.textContent ?? "");
  block.remove();
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i); // ten times as fast as Uint8Array.from
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const report = await new Response(inflated).json();
  report.findings = columnsOf(report.findings, report.count);
  report.resources = columnsOf(report.resources, report.resourceCount);
  const resource = report.findings.resource;
  for (let i = 1; i < resource.length; i++) resource[i] += resource[i - 1]; // they come as differences, modulo 2³²
  const { rule, severity } = report.findings;
  for (let i = 0; i < severity.length; i++) severity[i] = severity[i] ? severity[i] - 1 : report.rules[rule[i]].severity;
  return report;
}

/** A column is a list, or one number that holds for every row.
 * @param {Record<string, number | number[]>} packed @param {number} count @returns {Columns} */
function columnsOf(packed, count) {
  /** @type {Columns} */
  const columns = {};
  for (const [name, column] of Object.entries(packed))
    columns[name] = typeof column === "number" ? new Uint32Array(count).fill(column) : Uint32Array.from(column);
  return columns;
}

/** @param {Pack} report @param {number} resource */
const resourceId = (report, resource) =>
  report.texts[report.resources.folder[resource]] + report.texts[report.resources.tail[resource]];

/** What a person calls it. @param {Pack} report @param {number} resource */
const resourceName = (report, resource) =>
  report.texts[report.resources.name[resource] || report.resources.tail[resource]];

/** What was found, in a sentence: most findings say their gap or their first evidence. @param {Pack} report @param {number} i */
function messageOf(report, i) {
  const { texts, findings } = report;
  if (findings.message[i]) return texts[findings.message[i]];
  return findings.gap[i] ? `Not known: ${texts[findings.gap[i]]}` : evidenceText(report, i);
}

/** @param {Pack} report @param {number} i */
function evidenceText(report, i) {
  const { texts, findings, evidence } = report;
  const lines = evidence[findings.evidence[i]];
  if (!lines.length) return "";
  const [path, actual, expected] = lines[0].map((n) => texts[n]);
  const verb = expected.startsWith("to find ") ? ":" : " is";
  const more = lines.length - 1;
  const others = more ? ` (and ${more} more ${more === 1 ? "field" : "fields"})` : "";
  return `${path}${verb} ${actual || "absent"}, expected ${expected}${others}`;
}

/** Until when and by whom it is accepted, or nothing. @param {Pack} report @param {number} i */
function acceptance(report, i) {
  const [category, owner, reason, until] = report.exemptions[report.findings.exemption[i]].map((n) => report.texts[n]);
  return category ? `Until ${until}, ${owner}: ${reason}` : "";
}

/** @param {string} id @returns {HTMLElement} */
function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}
