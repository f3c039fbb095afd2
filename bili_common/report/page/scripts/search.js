// The search: any user by number or label, any account by number or name.

import { nameOf, sizeOf } from "./columns.js";
import { accounts, users } from "./data.js";
import { say } from "./words.js";
import { make } from "./dom.js";

const SHOWN = 10;
// "UID:293793435", as the app copies it, or the address of a space.
const NUMBER_IN = /(?:^uid[:：]?\s*|.*space\.bilibili\.com\/)(\d+).*/;

const box = document.getElementById("search");
const list = document.getElementById("found");
let entries = null;
let active = -1;

/** Let the search box find and open. */
export function watchSearch() {
  box.addEventListener("input", look);
  box.addEventListener("focus", look);
  box.addEventListener("keydown", press);
  // A click on a result takes the focus from the box first.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => open(event.target.closest("[data-hash]")));
  box.addEventListener("blur", close);
}

/** The entries are named in the reader's language. */
export function forgetEntries() {
  entries = null;
}

/** All that holds each word of a text; what is it or begins with it comes first. */
function find(text) {
  const words = text.toLowerCase().trim().replace(NUMBER_IN, "$1").split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  entries ??= [...userEntries(), ...accountEntries()];
  const found = entries.filter((entry) => words.every((word) => entry.text.includes(word)));
  const rank = ({ id, text: own }) => {
    if (id === words[0]) return 0;
    return id.startsWith(words[0]) || own.startsWith(words[0]) ? 1 : 2;
  };
  return found.map((entry) => ({ entry, rank: rank(entry) })).sort((a, b) => a.rank - b.rank).map(({ entry }) => entry);
}

function userEntries() {
  return users.ids.map((id, user) => ({
    id,
    hash: `uid=${id}`,
    kind: say("uid"),
    name: nameOf(user),
    told: sizeOf(user) === null ? "" : say("nUps", { n: sizeOf(user) }),
    text: `${users.labels[user] ?? ""}\n${id}`.toLowerCase().trim(),
  }));
}

function accountEntries() {
  return accounts.ids.map((id, account) => ({
    id,
    hash: `mid=${id}`,
    kind: say("up"),
    name: accounts.names[account] || id,
    told: say("nLists", { n: accounts.counts[account] }),
    text: `${accounts.names[account]}\n${id}`.toLowerCase().trim(),
  }));
}

function look() {
  const found = find(box.value);
  const options = found.slice(0, SHOWN).map(option);
  const left = found.length - options.length;
  list.replaceChildren(...options);
  if (box.value.trim()) {
    const text = found.length ? say("moreFound", { n: left }) : say("nothingFound");
    if (!options.length || left) list.append(make("li", { class: "rest", role: "presentation" }, text));
  }
  document.getElementById("search-said").value = box.value.trim() ? say("found", { n: found.length }) : "";
  list.hidden = !box.value.trim();
  box.setAttribute("aria-expanded", String(!list.hidden));
  mark(options.length ? 0 : -1);
}

function option(entry, place) {
  const known = { id: `found-${place}`, role: "option", "data-hash": entry.hash, "aria-selected": "false" };
  const number = entry.name === entry.id ? null : make("small", { class: "num" }, entry.id);
  return make(
    "li",
    known,
    make("span", { class: "kind" }, entry.kind),
    make("span", { class: "called" }, make("bdi", {}, entry.name), " ", number),
    make("small", {}, entry.told),
  );
}

function press(event) {
  const options = list.querySelectorAll("[role=option]");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (list.hidden) look();
    const step = event.key === "ArrowDown" ? 1 : options.length - 1;
    if (options.length) mark((active + step) % options.length);
    event.preventDefault();
  } else if (event.key === "Enter") {
    open(options[active]);
  } else if (event.key === "Escape") {
    close();
  }
}

function mark(place) {
  active = place;
  list.querySelectorAll("[role=option]").forEach((each, number) => {
    each.setAttribute("aria-selected", String(number === place));
    if (number === place) each.scrollIntoView({ block: "nearest" });
  });
  if (place < 0) box.removeAttribute("aria-activedescendant");
  else box.setAttribute("aria-activedescendant", `found-${place}`);
}

function open(chosen) {
  if (!chosen) return;
  location.hash = chosen.dataset.hash;
  box.value = "";
  close();
}

function close() {
  list.hidden = true;
  box.setAttribute("aria-expanded", "false");
  mark(-1);
}
