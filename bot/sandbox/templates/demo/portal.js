// The portal's pane: a frame without scripts, whose front page is exchanged in place when the portal changes.

const PATH = "/portal/";
const PAUSE = 600;

export class PortalView {
  constructor(frame, address, home) {
    this.frame = frame;
    this.address = address;
    this.root = "";
    this.timer = 0;
    this.broken = false;
    frame.addEventListener("load", () => this.named());
    home.addEventListener("click", () => this.go(PATH));
  }

  get path() {
    return this.frame.contentWindow?.location.pathname ?? "";
  }

  /** Show a page of the portal's; `path` begins with /portal/. */
  go(path) {
    this.frame.contentWindow.location.replace(path);
  }

  /** The portal's own address of a link, as a path here; null if the link leads elsewhere. */
  own(link) {
    return this.root && link.startsWith(`${this.root}/`) ? PATH + link.slice(this.root.length + 1) : null;
  }

  named() {
    const path = this.path.slice(PATH.length);
    this.address.textContent = `${this.root.replace(/^http:\/\//, "")}/${path}`;
  }

  setBroken(broken) {
    if (broken === this.broken) return;
    this.broken = broken;
    this.frame.contentWindow.location.reload();
  }

  /** Something changed on the portal; several changes in a moment are shown at once. */
  changed() {
    if (!this.timer) this.timer = setTimeout(() => this.refresh(), PAUSE / 4);
  }

  async refresh() {
    const again = setTimeout(() => { this.timer = 0; }, PAUSE);
    this.timer = again;
    const inside = this.frame.contentDocument;
    if (this.broken || this.path !== PATH || !inside) return;
    // Whoever walks through the front page with the keyboard must not lose their place.
    if (document.activeElement === this.frame && inside.activeElement !== inside.body) return;
    const answer = await fetch(PATH);
    if (answer.ok && this.path === PATH) this.exchange(inside, await answer.text());
  }

  exchange(inside, text) {
    // Its style stands in the frame already, and this page's own policy would have none of it.
    const next = new DOMParser().parseFromString(text.slice(text.indexOf("<body")), "text/html");
    const before = inside.querySelector("h1")?.textContent;
    const top = inside.scrollingElement.scrollTop;
    inside.body.replaceWith(inside.adoptNode(next.body));
    inside.scrollingElement.scrollTop = top;
    const lead = inside.querySelector("h1");
    if (lead && lead.textContent !== before && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
      lead.animate([{ backgroundColor: "#f5c84288", boxShadow: "0 0 0 6px #f5c84288" },
        { backgroundColor: "#f5c84200", boxShadow: "0 0 0 6px #f5c84200" }], { duration: 1600, easing: "ease-out" });
    }
  }
}
