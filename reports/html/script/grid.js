// A table of any length: only the rows in sight exist. One stop for Tab; arrows, Page, Home and End move, Enter opens.

/** @typedef {{key: string, title: string, note?: string, wide?: boolean}} Column */
/** @typedef {{label: string, kind: string, columns: Column[], count: number, sort: string,
 *   cells: (row: number) => Child[][], describe?: (row: number) => string}} Model */

const MOST_ROWS = 400_000; // of a scrolling element: browsers stop at some 33 million pixels
const MARGIN = 6; // rows above and below what is in sight

class Grid {
  /** @param {(row: number) => void} onOpen @param {(sort: string) => void} onSort */
  constructor(onOpen, onSort) {
    this.onOpen = onOpen;
    this.onSort = onSort;
    this.head = el("div", { role: "row", class: "grid-row grid-head", "aria-rowindex": 1 });
    this.body = el("div", { role: "rowgroup", class: "grid-body" });
    this.viewport = el("div", { class: "grid-viewport" }, this.body);
    this.element = el("div", { role: "grid", class: "grid" }, el("div", { role: "rowgroup" }, this.head), this.viewport);
    /** @type {Map<number, HTMLElement>} */
    this.rows = new Map();
    /** @type {Model | null} */
    this.model = null;
    this.active = 0;
    this.opened = -1;
    this.height = 52;
    let waiting = false;
    this.viewport.addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        this.draw();
      });
    });
    this.body.addEventListener("keydown", (event) => this.key(event));
    this.body.addEventListener("click", (event) => this.click(event));
    new ResizeObserver(() => this.measure()).observe(this.viewport);
  }

  /** @param {Model} model @param {boolean} keep stay where the reader is */
  show(model, keep) {
    this.model = model;
    this.element.setAttribute("aria-label", model.label);
    this.element.setAttribute("aria-rowcount", String(model.count + 1));
    this.element.setAttribute("aria-colcount", String(model.columns.length));
    this.element.dataset.kind = model.kind;
    this.head.replaceChildren(...model.columns.map((column) => this.heading(column, model.sort)));
    if (!keep) {
      this.active = 0;
      this.viewport.scrollTop = 0;
    }
    this.active = Math.min(this.active, Math.max(model.count - 1, 0));
    this.clear();
    this.body.style.height = `${Math.min(model.count, MOST_ROWS) * this.height}px`; // it gives the viewport its height
    this.measure();
  }

  /** @param {Column} column @param {string} sort */
  heading(column, sort) {
    const [key, down] = [sort.replace(/^-/, ""), sort.startsWith("-")];
    const mine = key === column.key;
    const next = mine ? (down ? "" : "-" + column.key) : column.key;
    return el("div", { role: "columnheader", class: `cell ${column.key}`, "aria-sort": mine ? (down ? "descending" : "ascending") : "none" },
      el("button", { type: "button", class: "sort", click: () => this.onSort(next), title: column.note },
        column.title, el("span", { "aria-hidden": "true", class: "arrow" }, mine ? (down ? "▲" : "▼") : "")));
  }

  clear() {
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
  }

  measure() {
    if (!this.model || !this.viewport.clientHeight) return;
    this.draw();
    const first = this.rows.values().next().value;
    const height = first ? first.offsetHeight : this.height;
    if (height && height !== this.height) {
      this.height = height;
      const focused = this.body.contains(document.activeElement);
      this.clear();
      this.draw();
      if (focused) this.rows.get(this.active)?.focus({ preventScroll: true }); // the row that had it was made anew
    }
    this.body.style.height = `${Math.min(this.model.count, MOST_ROWS) * this.height}px`;
    this.draw();
  }

  draw() {
    const model = this.model;
    if (!model) return;
    const count = Math.min(model.count, MOST_ROWS);
    const from = Math.max(Math.floor(this.viewport.scrollTop / this.height) - MARGIN, 0);
    const to = Math.min(Math.ceil((this.viewport.scrollTop + this.viewport.clientHeight) / this.height) + MARGIN, count);
    for (const [number, row] of this.rows)
      if ((number < from || number >= to) && number !== this.active) {
        row.remove();
        this.rows.delete(number);
      }
    for (let number = from; number < to; number++) this.add(number, model);
    if (this.active < count) this.add(this.active, model); // Tab must find it
  }

  /** @param {number} number @param {Model} model */
  add(number, model) {
    if (this.rows.has(number)) return;
    const row = el("div", { role: "row", class: "grid-row", "aria-rowindex": number + 2, tabindex: number === this.active ? 0 : -1,
      "aria-selected": number === this.opened },
      ...model.cells(number).map((cell, n) => el("div", { role: "gridcell", class: `cell ${model.columns[n].key}` }, ...cell)));
    row.dataset.row = String(number);
    row.style.transform = `translateY(${number * this.height}px)`;
    let after = null; // readers read in the order of the document
    for (const [other, element] of this.rows)
      if (other > number && (!after || other < Number(after.dataset.row))) after = element;
    this.body.insertBefore(row, after);
    this.rows.set(number, row);
  }

  /** @param {number} number */
  move(number) {
    const model = this.model;
    if (!model || !model.count) return;
    const target = Math.max(0, Math.min(number, Math.min(model.count, MOST_ROWS) - 1));
    const before = this.rows.get(this.active);
    if (before) before.tabIndex = -1;
    this.active = target;
    const top = target * this.height;
    const { scrollTop, clientHeight } = this.viewport;
    if (top < scrollTop) this.viewport.scrollTop = top;
    else if (top + this.height > scrollTop + clientHeight) this.viewport.scrollTop = top + this.height - clientHeight;
    this.draw();
    const row = this.rows.get(target);
    if (row) {
      row.tabIndex = 0;
      row.focus({ preventScroll: true });
    }
  }

  /** Mark the row whose detail is shown. @param {number} number */
  mark(number) {
    this.rows.get(this.opened)?.setAttribute("aria-selected", "false");
    this.opened = number;
    this.rows.get(number)?.setAttribute("aria-selected", "true");
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const page = Math.max(Math.floor(this.viewport.clientHeight / this.height) - 1, 1);
    const end = (this.model?.count ?? 1) - 1;
    const moves = { ArrowDown: this.active + 1, ArrowUp: this.active - 1, PageDown: this.active + page, PageUp: this.active - page, Home: 0, End: end };
    const target = moves[/** @type {keyof typeof moves} */ (event.key)];
    if (target !== undefined) this.move(target);
    else if (event.key === "Enter" || event.key === " ") this.onOpen(this.active);
    else return;
    event.preventDefault();
  }

  /** @param {MouseEvent} event */
  click(event) {
    const row = event.target instanceof Element ? event.target.closest(".grid-row") : null;
    if (!(row instanceof HTMLElement) || String(getSelection()).length) return; // selecting text is no click
    this.move(Number(row.dataset.row));
    this.onOpen(this.active);
  }
}
