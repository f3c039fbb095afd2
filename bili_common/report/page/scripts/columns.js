// Columns: how a user, an account or a number of either stands in a table.

import { accounts, isSeen, listOf, userPlaces, users } from "./data.js";
import { make, makeBar, makeTime } from "./dom.js";
import { formatNumber, formatShare, formatTime, say } from "./words.js";

export const STATUS_KEYS = ["ok", "incomplete", "private", "not_found", "failed"];

export function userLink(user) {
  const id = users.ids[user];
  const label = users.labels[user];
  const href = `#uid=${id}`;
  if (!label) return make("a", { href, class: "num" }, id);
  return make("span", {}, make("a", { href }, make("bdi", {}, label)), " ", make("small", { class: "num" }, id));
}

export function accountLink(account) {
  const id = accounts.ids[account];
  const name = make("bdi", { lang: "zh-Hans" }, accounts.names[account] || id);
  return make("a", { href: `#mid=${id}` }, name);
}

export function pairLink(a, b, text) {
  const name = `${nameOf(a)} · ${nameOf(b)}: ${text}`;
  return make("a", { href: `#pair=${users.ids[a]},${users.ids[b]}`, "aria-label": name }, text);
}

/** What a user is called here: the caller's label, else the number. */
export function nameOf(user) {
  return users.labels[user] ?? users.ids[user];
}

/** The number of accounts seen in a list, null where nothing is known of it. */
export function sizeOf(user) {
  return isSeen(user) ? listOf(user).length : null;
}

export function badge(user) {
  const key = STATUS_KEYS[users.statuses[user]];
  return make("span", { class: `badge ${key}` }, say(key));
}

/** The columns of a user; `of` says which user a row is about. */
export function userColumns(of = (row) => row, title = say("uid")) {
  const label = { title: say("label"), value: (row) => users.labels[of(row)], file: true };
  return [
    {
      title,
      value: (row) => users.ids[of(row)],
      key: (row) => nameOf(of(row)),
      cell: (row) => userLink(of(row)),
      class: "user",
    },
    ...(Object.keys(users.labels).length ? [label] : []),
  ];
}

/** What became of a user, and how long the list is. */
export function outcomeColumns(of = (row) => row) {
  const someTotal = users.totals.some((total) => total !== null);
  const status = (row) => say(STATUS_KEYS[users.statuses[of(row)]]);
  return [
    { title: say("status"), value: status, cell: (row) => badge(of(row)) },
    numberColumn(say("seenColumn"), (row) => sizeOf(of(row))),
    ...(someTotal ? [{ ...numberColumn(say("totalColumn"), (row) => users.totals[of(row)]), wide: true }] : []),
    {
      title: say("fetched"),
      value: (row) => new Date(users.fetched[of(row)] * 1000).toISOString(),
      cell: (row) => makeTime(users.fetched[of(row)], formatTime(users.fetched[of(row)])),
      class: "num",
      first: "descending",
      wide: true,
    },
  ];
}

export function noteColumn() {
  const value = (user) => users.notes[user];
  const cell = (user) => make("bdi", {}, users.notes[user] ?? "");
  return { title: say("note"), value, cell, class: "why", wide: true };
}

/** The columns of an account; `of` says which account a row is about. */
export function accountColumns(of = (row) => row) {
  return [
    {
      title: say("up"),
      value: (row) => accounts.names[of(row)],
      cell: (row) => accountLink(of(row)),
      class: "name",
    },
    {
      title: say("uid"),
      value: (row) => accounts.ids[of(row)],
      class: "num",
      wide: true,
    },
  ];
}

export function numberColumn(title, value) {
  const cell = (row) => (value(row) === null ? "–" : formatNumber(value(row)));
  return { title, value, cell, number: true };
}

/** A number with a bar as long as its part of `highest`. */
export function barColumn(title, value, highest) {
  const cell = (row) => {
    const number = make("span", {}, formatNumber(value(row)));
    return make("span", { class: "measured" }, number, makeBar(value(row) / (highest || 1)));
  };
  return { title, value, cell, number: true, class: "measure" };
}

/** How many accounts two users share, as a link to what they are. */
export function bothColumn(pair) {
  return {
    title: say("both"),
    value: (row) => row.both,
    cell: (row) => pairLink(...pair(row), formatNumber(row.both)),
    number: true,
  };
}

export function scoreColumn(value) {
  const cell = (row) => {
    const score = value(row);
    if (score === null) return "–";
    return make("span", { class: "measured" }, make("span", {}, formatShare(score)), makeBar(score));
  };
  return { title: say("similarity"), value, cell, number: true, class: "score" };
}

/** The columns of a change; `own` leaves the user out. */
export function changeColumns(own = false) {
  const user = (change) => userPlaces.get(change.user);
  const names = (places) => places.map((account) => accounts.names[account] || accounts.ids[account]);
  const links = (sign, places) => places.map((account) => make("li", {}, `${sign} `, accountLink(account)));
  return [
    {
      title: say("between"),
      value: (change) => new Date(change.after * 1000).toISOString(),
      cell: (change) => makeTime(change.after, formatTime(change.after)),
      class: "num when",
      first: "descending",
    },
    ...(own ? [] : userColumns(user)),
    {
      title: say("changed"),
      value: (change) => names([...change.added, ...change.removed]).join(", "),
      cell: (change) =>
        make("ul", { class: "changed" }, ...links("+", change.added), ...links("−", change.removed)),
      screen: true,
    },
    { title: say("added"), value: (change) => names(change.added).join(", "), file: true },
    { title: say("removed"), value: (change) => names(change.removed).join(", "), file: true },
    { title: say("byWhom"), value: (change) => say(change.by), wide: true },
  ];
}

/** The logged-in account's own relation to an account, if the page was asked to have it. */
export function privateColumns(of = (row) => row) {
  if (!accounts.private) return [];
  const relations = { 2: say("followed"), 6: say("mutual") };
  const told = (row, place) => accounts.private[of(row)]?.[place];
  const since = (row) => told(row, 2);
  return [
    { title: say("relation"), value: (row) => relations[told(row, 0)] ?? told(row, 0) },
    { title: say("special"), value: (row) => (told(row, 1) ? say("special") : "") },
    {
      title: say("since"),
      value: (row) => (since(row) ? new Date(since(row) * 1000).toISOString() : ""),
      cell: (row) => (since(row) ? makeTime(since(row), formatTime(since(row))) : ""),
      class: "num",
    },
    { title: say("groups"), value: (row) => told(row, 3)?.join(", ") },
  ];
}
