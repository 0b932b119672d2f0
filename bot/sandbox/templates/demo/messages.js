// Messages as Telegram's apps draw them. Text and entities become nodes; no text is ever parsed as markup here.

const TAGS = {
  bold: "b", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote", spoiler: "span",
};

/** An element with properties and children (nodes or text). */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** An icon of icons.svg; of no meaning to a screen reader. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `/demo/icons.svg#${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** A link, or plain text for an address that no browser should follow. */
function link(address, label) {
  if (!/^https?:\/\//i.test(address)) return make("span", {}, label);
  return make("a", { href: address, target: "_blank", rel: "noopener" }, label);
}

function wrapped(node, entity, text) {
  if (entity.type === "text_link") return link(entity.url, node);
  if (entity.type === "url") return link(text, node);
  if (entity.type === "bot_command") {
    return make("button", { type: "button", className: "command", "data-say": text, "data-key": text }, node);
  }
  const tag = TAGS[entity.type];
  return tag ? make(tag, {}, node) : node;
}

/** `text` with its entities, whose offsets count UTF-16 units as JavaScript's strings do. */
export function rich(text, entities) {
  const found = [...entities].sort((one, other) => one.offset - other.offset || other.length - one.length);
  const edges = new Set([0, text.length]);
  for (const { offset, length } of found) edges.add(offset).add(offset + length);
  const places = [...edges].filter((place) => place <= text.length).sort((one, other) => one - other);
  const fragment = document.createDocumentFragment();
  for (let index = 0; index + 1 < places.length; index += 1) {
    const [start, end] = [places[index], places[index + 1]];
    const piece = text.slice(start, end);
    const around = found.filter(({ offset, length }) => offset <= start && offset + length >= end);
    fragment.append(around.reduceRight((node, entity) => wrapped(node, entity, piece), document.createTextNode(piece)));
  }
  return fragment;
}

function preview({ site, title, lead, image, large, url }) {
  const card = make("a", { className: large ? "preview large" : "preview", href: url, target: "_blank", rel: "noopener",
    "aria-label": `Preview: ${title}` });
  card.append(
    make("span", { className: "words" },
      make("b", {}, site), make("strong", {}, title), make("span", {}, lead)),
    make("img", { src: image, alt: "", loading: "lazy", width: 800, height: 450 }),
  );
  return card;
}

function reactions(message, offered) {
  const row = make("div", { className: "reactions" });
  for (const { emoji, count, mine } of message.reactions) {
    row.append(make("button", { type: "button", className: "reaction", "data-react": emoji, "data-key": `r${emoji}`,
      "aria-pressed": String(mine), "aria-label": `${emoji}, ${count}` }, make("span", {}, emoji), String(count)));
  }
  const choice = make("span", { className: "choice", hidden: true });
  for (const emoji of offered) {
    choice.append(make("button", { type: "button", "data-react": emoji, "aria-label": `React with ${emoji}` }, emoji));
  }
  row.append(
    make("button", { type: "button", className: "more", "data-choose": "", "data-key": "more", title: "React",
      "aria-label": "React to this post", "aria-expanded": "false" }, icon("smile")),
    choice,
  );
  return row;
}

function foot(message) {
  const at = new Date(message.date * 1000);
  const row = make("span", { className: "meta" });
  if (message.silent) {
    row.append(make("span", { className: "silent", title: "Posted without a sound", role: "img", "aria-label": "Silent" }, icon("mute")));
  }
  if (message.edited) row.append(make("span", { className: "edited" }, "edited"));
  row.append(make("time", { dateTime: at.toISOString() },
    at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })));
  return row;
}

function keyboard(rows) {
  const board = make("div", { className: "keyboard" });
  for (const row of rows) {
    const line = make("div", {});
    for (const button of row) {
      line.append(button.url
        ? link(button.url, button.text)
        : make("button", { type: "button", "data-tap": button.callback_data ?? "", "data-key": button.callback_data ?? "",
          disabled: !button.callback_data }, button.text));
    }
    board.append(line);
  }
  return board;
}

/** One message. `sender` names it in a channel; `offered` are the reactions that may be given, none in a chat. */
export function bubble(message, { sender = "", offered = [] } = {}) {
  const body = make("div", { className: "bubble" });
  if (sender) body.append(make("div", { className: "sender" }, sender));
  if (message.picture) {
    // What it shows stands under it in words.
    body.append(make("a", { className: "picture", href: message.picture, target: "_blank", "aria-label": "Picture, in full size" },
      make("img", { src: message.picture, alt: "" })));
  }
  body.append(make("div", { className: "text" }, rich(message.text, message.entities)));
  if (message.preview) body.append(preview(message.preview));
  const end = make("div", { className: "end" });
  if (offered.length) end.append(reactions(message, offered));
  end.append(foot(message));
  body.append(end);
  const whole = make("article", { className: message.by === "user" ? "message mine" : "message", "data-id": message.id }, body);
  if (message.buttons.length) whole.append(keyboard(message.buttons));
  return whole;
}
