// The demo's page: a snapshot and events come from the server, acts go to it. Nothing is kept or asked anywhere else.

import { ChatView } from "./chats.js";
import { make } from "./messages.js";
import { PortalView } from "./portal.js";
import { Tabs } from "./tabs.js";

const at = (id) => document.getElementById(id);
const STORY_KEPT = 40;

const tabs = new Tabs(document.querySelector("[role=tablist]"));
const portal = new PortalView(at("frame"), at("address"), at("home"));
const options = { channel: { sender: "Kabar Demo", offered: [] }, private: {} };
const chats = {
  channel: new ChatView(at("channel-messages"), options.channel, () => tabs.mark("channel")),
  private: new ChatView(at("private-messages"), options.private, () => tabs.mark("chat")),
};
let commands = [];

// ---- what the server tells ------------------------------------------------------------------------------------

const heard = {
  snapshot(event) {
    options.channel.sender = event.channel.title;
    options.channel.offered = event.reactions;
    at("channel-name").textContent = event.channel.title;
    at("channel-sub").textContent = `@${event.channel.name} · channel`;
    portal.root = event.links.portal;
    portal.named();
    at("operator").hidden = !event.links.operator;
    if (event.links.operator) at("operator").href = event.links.operator;
    for (const [name, view] of Object.entries(chats)) view.reset(event.messages[name]);
    if (event.story.length) at("story").replaceChildren();
    event.story.forEach(heard.story);
    heard.state(event);
    portal.changed();
    greet();
  },
  message(event) {
    chats[event.chat].put(event.message);
    greet();
  },
  gone(event) {
    chats[event.chat].remove(event.id);
  },
  front() {
    portal.changed();
  },
  toast(event) {
    flash(at("toast"), event.text);
    idle();
  },
  story(event) {
    const list = at("story");
    const moment = new Date(event.at * 1000);
    const clock = moment.toLocaleTimeString("en-GB");
    list.querySelector(".empty")?.remove();
    list.prepend(make("li", { className: event.tone }, make("time", { dateTime: moment.toISOString() }, clock), event.text));
    while (list.children.length > STORY_KEPT) list.lastElementChild.remove();
  },
  state({ state }) {
    count(state.count);
    portal.setBroken(state.broken);
    at("broken").hidden = !state.broken;
    at("kicked").hidden = !state.kicked;
    document.body.classList.toggle("dead", !state.bot);
    at("bot-state").textContent = state.bot ? `bot · running as process ${state.bot}` : "not running · starting again …";
    toggle("break", state.broken, "Mend the portal", "The bot finds out by itself.");
    toggle("kick", state.kicked, "Let the bot back in", "It posts what the channel missed.");
    commands = state.commands;
  },
};

function count({ published, posted, waiting, lost, doubled }) {
  number("published", published, "on the portal");
  number("posted", posted, waiting ? `${waiting} on ${waiting === 1 ? "its" : "their"} way` : "in the channel");
  number("lost", lost, "never arrived");
  number("doubled", doubled, "posted twice");
  at("posted").classList.toggle("waiting", waiting > 0);
  at("lost").classList.toggle("zero", lost === 0);
  at("doubled").classList.toggle("zero", doubled === 0);
}

function number(id, value, words) {
  at(id).querySelector("b").textContent = String(value);
  at(id).querySelector("span").textContent = words;
}

const original = new Map();

/** Turn a button into the one that takes its act back, or into itself again. */
function toggle(act, undone, title, words) {
  const button = document.querySelector(`[data-act="${act}"]`);
  const [head, line] = [button.querySelector("b"), button.querySelector("i")];
  if (!original.has(act)) original.set(act, [head.textContent, line.textContent]);
  [head.textContent, line.textContent] = undone ? [title, words] : original.get(act);
  button.classList.toggle("undo", undone);
}

function greet() {
  at("greeting").hidden = chats.private.known.size > 0;
}

// ---- what the reader does -------------------------------------------------------------------------------------

async function act(name, body = {}) {
  at("notice").hidden = true;
  try {
    const answer = await fetch(`/demo/do/${name}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
    if (answer.ok) return true;
    const { error } = await answer.json();
    refuse(name, error);
  } catch {
    refuse(name, "The demo does not answer. Is it still running in the terminal?");
  }
  return false;
}

function refuse(name, words) {
  if (["say", "tap"].includes(name)) flash(at("toast"), words);
  else { at("notice").textContent = words; at("notice").hidden = false; }
}

function flash(element, words) {
  element.textContent = words;
  element.hidden = false;
  clearTimeout(flash.timer);
  flash.timer = setTimeout(() => { element.hidden = true; }, 3500);
}

at("own").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = at("title");
  if (await act("publish", { title: field.value })) {
    field.value = "";
    if (tabs.narrow) tabs.show("channel");
  }
});

at("acts").addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (!button) return;
  act(button.classList.contains("undo") ? button.dataset.undo : button.dataset.act);
});

at("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  say(at("text").value);
});

async function say(words) {
  closeMenu();
  if (!words.trim()) return;
  if (await act("say", { text: words })) at("text").value = "";
}

/** Every link of the portal's opens in its pane, as a reader's browser would open it. */
function followed(event) {
  const link = event.target.closest("a[href]");
  const path = link && portal.own(link.href);
  if (!path || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  portal.go(path);
  if (tabs.narrow) tabs.show("portal");
}

function pressed(event) {
  const button = event.target.closest("button");
  const id = Number(button?.closest("[data-id]")?.dataset.id);
  if (!button) return;
  if (button.dataset.say) say(button.dataset.say);
  else if (button.dataset.tap) { button.setAttribute("aria-busy", "true"); setTimeout(idle, 4000); act("tap", { id, data: button.dataset.tap }); }
  else if (button.dataset.react) act("react", { id, emoji: button.dataset.react });
  else if ("choose" in button.dataset) choose(button);
}

function choose(button) {
  const choice = button.nextElementSibling;
  choice.hidden = !choice.hidden;
  button.setAttribute("aria-expanded", String(!choice.hidden));
  if (!choice.hidden) choice.firstElementChild.focus();
}

function idle() {
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
}

for (const view of Object.values(chats)) {
  view.list.addEventListener("click", followed);
  view.list.addEventListener("click", pressed);
}
at("greeting").addEventListener("click", pressed);

// ---- the menu of commands -------------------------------------------------------------------------------------

function openMenu(filter = "") {
  const found = commands.filter(({ command }) => `/${command}`.startsWith(filter));
  at("menu").firstElementChild.replaceChildren(...found.map(({ command, description }) => make("li", {},
    make("button", { type: "button", "data-say": `/${command}` }, make("b", {}, `/${command}`), make("span", {}, description)))));
  at("menu").hidden = found.length === 0;
  at("menu-button").setAttribute("aria-expanded", String(!at("menu").hidden));
}

function closeMenu() {
  at("menu").hidden = true;
  at("menu-button").setAttribute("aria-expanded", "false");
}

at("menu-button").addEventListener("click", () => {
  if (!at("menu").hidden) { closeMenu(); return; }
  openMenu();
  at("menu").querySelector("button")?.focus();
});
at("text").addEventListener("input", ({ target }) => (/^\/\S*$/.test(target.value) ? openMenu(target.value) : closeMenu()));
at("menu").addEventListener("click", (event) => { pressed(event); at("text").focus(); });
at("composer").addEventListener("keydown", (event) => {
  const buttons = [...at("menu").querySelectorAll("button")];
  if (at("menu").hidden || !buttons.length) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") { closeMenu(); at("text").focus(); }
  if (!step) return;
  event.preventDefault();
  const place = buttons.indexOf(document.activeElement);
  buttons[(place + step + buttons.length) % buttons.length].focus();
});
document.addEventListener("click", (event) => { if (!event.target.closest("#composer")) closeMenu(); });

// ---- the line to the server -----------------------------------------------------------------------------------

const events = new EventSource("/demo/events");
events.addEventListener("message", ({ data }) => {
  const event = JSON.parse(data);
  heard[event.kind](event);
});
events.addEventListener("open", () => { at("offline").hidden = true; });
events.addEventListener("error", () => { at("offline").hidden = false; });
