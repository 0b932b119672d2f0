// On a narrow screen the panes become tabs (WAI-ARIA's pattern, arrow keys included); on a wide one all are shown.

const NARROW = matchMedia("(max-width: 999px)");

export class Tabs {
  constructor(list) {
    this.tabs = [...list.querySelectorAll("[role=tab]")];
    this.panels = new Map(this.tabs.map((tab) => [tab, document.getElementById(tab.getAttribute("aria-controls"))]));
    this.chosen = this.tabs[2];
    list.addEventListener("click", (event) => {
      const tab = event.target.closest("[role=tab]");
      if (tab) this.choose(tab);
    });
    list.addEventListener("keydown", (event) => this.key(event));
    NARROW.addEventListener("change", () => this.draw());
    this.draw();
  }

  get narrow() {
    return NARROW.matches;
  }

  /** Show the pane of this id. */
  show(id) {
    this.choose(this.tabs.find((tab) => this.panels.get(tab).id === id));
  }

  /** Count something that happened in a pane out of sight. */
  mark(id) {
    const tab = this.tabs.find((each) => this.panels.get(each).id === id);
    const badge = tab.querySelector(".badge");
    if (!NARROW.matches || tab === this.chosen || !badge) return;
    badge.textContent = String(Math.min(Number(badge.textContent || 0) + 1, 99));
    badge.hidden = false;
  }

  choose(tab) {
    this.chosen = tab;
    this.draw();
  }

  key(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1, Home: -this.tabs.indexOf(this.chosen), End: -1 - this.tabs.indexOf(this.chosen) };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const place = this.tabs.indexOf(this.chosen) + steps[event.key];
    this.choose(this.tabs[(place + this.tabs.length) % this.tabs.length]);
    this.chosen.focus();
  }

  draw() {
    for (const [tab, panel] of this.panels) {
      const chosen = tab === this.chosen;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      panel.classList.toggle("aside", NARROW.matches && !chosen);
      if (NARROW.matches) panel.setAttribute("role", "tabpanel");
      else panel.removeAttribute("role");
      const badge = tab.querySelector(".badge");
      if (chosen && badge) { badge.textContent = ""; badge.hidden = true; }
    }
  }
}
