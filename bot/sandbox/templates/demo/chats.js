// A scrolling list of messages that stays at its end while the reader is there, and says how much is new otherwise.

import { bubble } from "./messages.js";

const KEPT = 80;
const NEAR = 90;

export class ChatView {
  /** `options` go to every bubble; `onNew` is called for a message that was not there before. */
  constructor(list, options, onNew = () => {}) {
    this.list = list;
    this.options = options;
    this.onNew = onNew;
    this.known = new Map();
    this.unseen = 0;
    this.button = list.parentElement.querySelector(".down");
    this.button.addEventListener("click", () => this.toEnd());
    list.addEventListener("scroll", () => this.atEnd() && this.seen());
    new ResizeObserver(() => this.following && this.jump()).observe(list);
    this.following = true;
  }

  atEnd() {
    this.following = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR;
    return this.following;
  }

  /** Show exactly these messages. */
  reset(messages) {
    const ids = new Set(messages.map(({ id }) => id));
    for (const id of [...this.known.keys()]) if (!ids.has(id)) this.remove(id);
    for (const message of messages) this.put(message, true);
    this.jump();
  }

  /** Show a message, new or changed. */
  put(message, quiet = false) {
    const stays = this.following;
    const old = this.known.get(message.id);
    const element = bubble(message, this.options);
    this.known.set(message.id, element);
    if (old) {
      this.exchange(old, element, quiet);
    } else {
      this.list.append(element);
      if (!quiet) this.arrived(element, stays || message.by === "user");
    }
    while (this.known.size > KEPT) this.remove(this.known.keys().next().value);
    if (stays || message.by === "user") this.jump();
  }

  arrived(element, followed) {
    element.classList.add("new");
    this.onNew();
    if (followed) return;
    this.unseen += 1;
    this.button.hidden = false;
    this.button.querySelector("span").textContent = `${this.unseen} new`;
  }

  /** Put `element` in the place of `old`, keeping the keyboard's focus where it was. */
  exchange(old, element, quiet) {
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    const words = old.querySelector(".text").textContent;
    old.replaceWith(element);
    if (!quiet && words !== element.querySelector(".text").textContent) element.classList.add("changed");
    if (!active) return;
    const key = active.dataset.key ?? "more";
    const again = [...element.querySelectorAll("[data-key]")].find((each) => each.dataset.key === key);
    (again ?? this.list).focus({ preventScroll: true });
  }

  remove(id) {
    this.known.get(id)?.remove();
    this.known.delete(id);
  }

  seen() {
    this.unseen = 0;
    this.button.hidden = true;
  }

  jump() {
    this.list.scrollTop = this.list.scrollHeight;
    this.following = true;
    this.seen();
  }

  toEnd() {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.list.scrollTo({ top: this.list.scrollHeight, behavior: still ? "auto" : "smooth" });
    this.list.focus({ preventScroll: true });
  }
}
