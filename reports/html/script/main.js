// The address says what is shown. Without this script the page shows everything below one another.

/** @param {State} state */
function showView(state) {
  if (!document.getElementById(state.view)) state.view = "overview"; // of another audit: this one did not look there
  document.body.dataset.view = state.view;
  for (const link of document.querySelectorAll("nav.views a"))
    if (link.getAttribute("href") === `#${state.view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
}

/** @param {Pack} report */
function start(report) {
  const go = (/** @type {Partial<State>} */ set, quietly = false) =>
    change({ ...stateOf(location.hash), finding: "", ...set }, quietly);
  const findings = new Findings(report, go);
  const rules = new Rules(report, go);
  const frameworks = new Frameworks(report, go);
  const place = byId("app");
  place.replaceChildren(findings.element);
  place.hidden = false;
  byId("plain").hidden = true;

  /** @param {State} state @param {boolean} quietly */
  const change = (state, quietly) => {
    try {
      if (quietly) history.replaceState(null, "", hashOf(state));
      else history.pushState(null, "", hashOf(state));
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // some previews forbid it: the page works, its address stays
    }
    route(state);
  };

  let view = "";
  let followed = false; // a link, and not the way back
  /** @type {Record<string, number>} how far each view was read when a link was followed */
  const read = {};
  history.scrollRestoration = "manual"; // the browser would restore before the view is shown
  addEventListener("click", (event) => {
    followed = event.target instanceof Element && !!event.target.closest("a");
    if (followed) read[view] = scrollY; // before the browser goes where the link leads
  });

  /** @param {State} state */
  const route = (state) => {
    const moved = state.view !== view;
    view = state.view;
    showView(state);
    if (moved) scrollTo(0, followed ? 0 : read[view] ?? 0);
    followed = false;
    if (state.view === "findings") findings.show(state);
    if (state.view === "rules") rules.show(state);
    delete document.body.dataset.filtering;
    if (state.view === "frameworks" && (frameworks.show(state) || (moved && state.framework)))
      byId("framework-title").scrollIntoView();
  };
  addEventListener("hashchange", () => route(stateOf(location.hash)));
  route(stateOf(location.hash));
  setTimeout(() => [ranksOf(report), smallLetters(report)], 300); // ready before the first question
}

document.body.dataset.view = stateOf(location.hash).view; // before the rest is drawn, so that nothing jumps
if (/^#rules\?/.test(location.hash)) document.body.dataset.filtering = ""; // what is not asked for would show, and go
document.addEventListener("DOMContentLoaded", () => {
  document.body.append(el("p", { id: "said", class: "unseen", role: "status" }));
  showView(stateOf(location.hash));
  addEventListener("hashchange", () => showView(stateOf(location.hash)));
  // What is plain shows first; then the findings are unfolded.
  requestAnimationFrame(() => setTimeout(() => readReport().then(start, (error) => {
    delete document.body.dataset.filtering;
    console.warn("The findings cannot be unfolded here; the plain list stays.", error);
  })));
});
