// Small things for building the page. Text becomes text nodes; no markup is ever parsed.

/** @typedef {Node | string | null | undefined | false} Child */

/** An element with attributes, properties (functions become listeners of the name's event) and children.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, any>} [given] @param {...Child} children @returns {HTMLElementTagNameMap[T]} */
function el(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (name.startsWith("aria-") && value != null) element.setAttribute(name, String(value)); // "true", not ""
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

/** `1,234` @param {number} count */
const count = (count) => count.toLocaleString("en");

/** @param {number} many @param {string} noun */
const plural = (many, noun) => `${count(many)} ${many === 1 ? noun : noun + "s"}`;

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** @param {string} name */
const badge = (name) => el("span", { class: `badge ${name}` }, name);

/** A filter that can be taken away. @param {string} title @param {string} text @param {() => void} remove */
const chip = (title, text, remove) =>
  el("button", { type: "button", class: "chip", "aria-label": `Remove the filter ${title} ${text}`, click: remove }, `${title}: ${text}`, el("span", { "aria-hidden": "true" }, " ×"));

/** Say something to those who listen to the page. @param {string} text */
function announce(text) {
  byId("said").textContent = text;
}

/** A button that copies. @param {string} text @param {string} what @param {string} label */
function copyButton(text, what, label = "Copy") {
  const button = el("button", { type: "button", class: "copy", "aria-label": `Copy ${what}` }, label);
  button.addEventListener("click", async () => {
    const done = await copied(text);
    button.textContent = done ? "Copied" : "Press Ctrl+C";
    announce(done ? `Copied ${what}` : "Copying was refused; the text is selected, press Ctrl+C");
    setTimeout(() => (button.textContent = label), 2000);
  });
  return button;
}

/** @param {string} text @returns {Promise<boolean>} */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Refused, or not there: some browsers give a page of a file no clipboard. The old way needs a selection.
    const area = el("textarea", { class: "unseen", "aria-hidden": "true", tabindex: -1 });
    area.value = text;
    document.body.append(area);
    const focused = document.activeElement;
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return done;
  }
}

/** Code whose options (`--name`) break at no hyphen. @param {string} text */
const whole = (text) => text.split(/(--[\w-]+)/).map((part, n) => (n % 2 ? el("span", { class: "whole" }, part) : part));

let tabsMade = 0;
let language = "";

/** Tabs, one a language; the language chosen last stays chosen from finding to finding.
 * @param {[string, string][]} code @param {string} label */
function codeTabs(code, label) {
  const number = ++tabsMade;
  const first = Math.max(code.findIndex(([name]) => name === language), 0);
  const panels = code.map(([name, text], n) =>
    el("div", { role: "tabpanel", id: `panel-${number}-${n}`, "aria-labelledby": `tab-${number}-${n}`, hidden: n !== first, tabindex: 0 },
      copyButton(text, `the ${name} code`),
      el("pre", {}, el("code", {}, ...whole(text)))));
  const tabs = code.map(([name], n) =>
    el("button", { type: "button", role: "tab", id: `tab-${number}-${n}`, "aria-controls": `panel-${number}-${n}`,
      "aria-selected": n === first, tabindex: n === first ? 0 : -1, click: () => choose(n) }, name));
  const choose = (/** @type {number} */ chosenTab) => {
    language = code[chosenTab][0];
    tabs.forEach((tab, n) => {
      tab.setAttribute("aria-selected", String(n === chosenTab));
      tab.tabIndex = n === chosenTab ? 0 : -1;
      panels[n].hidden = n !== chosenTab;
    });
  };
  const list = el("div", { role: "tablist", "aria-label": label }, ...tabs);
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const now = tabs.findIndex((tab) => tab === document.activeElement);
    const next = (now + step + tabs.length) % tabs.length;
    choose(next);
    tabs[next].focus();
  });
  return el("div", { class: "tabs" }, list, ...panels);
}
