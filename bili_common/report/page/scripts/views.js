// The views: one user's list, who shares an account, what two users share.

import {
  accountColumns,
  badge,
  barColumn,
  bothColumn,
  changeColumns,
  nameOf,
  numberColumn,
  outcomeColumns,
  privateColumns,
  scoreColumn,
  sizeOf,
  userColumns,
  userLink,
} from "./columns.js";
import {
  accounts,
  accountsBeside,
  data,
  followersOf,
  isKnown,
  isSeen,
  listOf,
  shared,
  similarity,
  users,
  usersLike,
} from "./data.js";
import { formatNumber, formatShare, formatTime, say } from "./words.js";
import { make, makeOutsideLink, makeTime } from "./dom.js";
import { makeTable } from "./table.js";

/** One user: what became of the UID, its list, and who is like it. */
export function userView(user) {
  const id = users.ids[user];
  const parts = [
    heading(say("uid"), nameOf(user), id),
    facts([
      [say("status"), badge(user)],
      [say("seenColumn"), seenText(user)],
      [say("fetched"), makeTime(users.fetched[user], formatTime(users.fetched[user]))],
      [say("note"), users.notes[user]],
    ]),
  ];
  if (!isSeen(user)) return view(...parts, empty(say("unknownList")));
  const changes = changesSection(user);
  if (!listOf(user).length) return view(...parts, empty(say("emptyList")), changes);
  return view(...parts, changes, listSection(user), likeSection(user));
}

function changesSection(user) {
  const rows = data.changes.filter((change) => change.user === users.ids[user]);
  if (!rows.length) return null;
  const table = { name: `changes-${users.ids[user]}`, label: say("changesTitle"), rows, columns: changeColumns(true) };
  return section(say("changesTitle"), null, makeTable(table));
}

function listSection(user) {
  const rows = Array.from(listOf(user));
  return section(
    say("listTitle"),
    say(isKnown(user) ? "listNote" : "partNote"),
    makeTable({ name: `uid-${users.ids[user]}`, label: say("listTitle"), rows, sorted: 1, columns: accountTable() }),
  );
}

/** The columns of a table of accounts. */
function accountTable() {
  const count = (account) => accounts.counts[account];
  const [name, id] = accountColumns();
  return [name, barColumn(say("inLists"), count, Math.max(...accounts.counts)), id, ...privateColumns()];
}

function likeSection(user) {
  const rows = usersLike(user).sort((a, b) => b.score - a.score || b.both - a.both);
  if (!rows.length) return section(say("likeTitle"), null, empty(say("sharesNothing")));
  const theirs = (row) => sizeOf(row.user);
  const columns = [
    ...userColumns((row) => row.user),
    bothColumn((row) => [user, row.user]),
    { ...numberColumn(say("theirList"), theirs), wide: true },
    scoreColumn((row) => row.score),
  ];
  const table = { name: `like-${users.ids[user]}`, label: say("likeTitle"), rows, columns, sorted: isKnown(user) ? 3 : 1 };
  return section(say("likeTitle"), say("likeNote"), makeTable(table));
}

/** One account: who has it, and what stands beside it. */
export function accountView(account) {
  const id = accounts.ids[account];
  const seen = users.statuses.filter((_, user) => isSeen(user)).length;
  const count = accounts.counts[account];
  const rows = Array.from(followersOf(account));
  const told = privateColumns().map((column) => [column.title, column.cell?.(account) ?? column.value(account)]);
  return view(
    heading(say("up"), accounts.names[account] || id, id, "zh-Hans"),
    facts([
      [say("inLists"), say("nOfSeen", { count: formatNumber(count), n: seen })],
      [say("share"), seen ? formatShare(count / seen) : null],
      ...told,
    ]),
    section(
      say("sharedBy"),
      sharedByNote(),
      rows.length
        ? makeTable({
            name: `up-${id}`,
            label: say("sharedBy"),
            rows,
            columns: [...userColumns(), ...outcomeColumns()],
          })
        : empty(say("noLongerShared")),
    ),
    rows.length ? besideSection(account) : null,
  );
}

function sharedByNote() {
  const n = users.statuses.filter((_, user) => !isKnown(user)).length;
  return n ? say("notWhollyKnown", { n }) : null;
}

function besideSection(account) {
  const rows = accountsBeside(account).sort((a, b) => b.both - a.both);
  if (!rows.length) return null;
  const of = (row) => row.account;
  const [name, id] = accountColumns(of);
  const columns = [
    name,
    barColumn(say("together"), (row) => row.both, accounts.counts[account]),
    { ...numberColumn(say("inLists"), (row) => accounts.counts[of(row)]), wide: true },
    id,
  ];
  const table = { name: `beside-${accounts.ids[account]}`, label: say("besideTitle"), rows, sorted: 1, columns };
  return section(say("besideTitle"), say("besideNote"), makeTable(table));
}

/** Two users: what they share, and what one of them has alone. */
export function pairView(a, b) {
  const { both, onlyA, onlyB } = shared(a, b);
  const score = similarity(a, b, both.length);
  const parts = [
    heading(say("pair"), `${nameOf(a)} · ${nameOf(b)}`),
    facts([
      [say("first"), userLink(a)],
      [say("second"), userLink(b)],
      [say("both"), isSeen(a) && isSeen(b) ? formatNumber(both.length) : "–"],
      [say("similarity"), score === null ? "–" : formatShare(score)],
    ]),
    [a, b].every(isKnown) ? null : make("p", { class: "note" }, say("pairPart")),
  ];
  if (!isSeen(a) || !isSeen(b)) return view(...parts, empty(say("unknownPair")));
  const table = (name, label, rows) =>
    makeTable({ name: `pair-${users.ids[a]}-${users.ids[b]}-${name}`, label, rows, sorted: 1, columns: accountTable() });
  const alone = (name, user, rows) => {
    const title = say("onlyIn", { name: nameOf(user), n: rows.length });
    return rows.length ? section(title, null, table(name, title, rows)) : null;
  };
  return view(
    ...parts,
    section(say("bothTitle"), null, both.length ? table("both", say("bothTitle"), both) : empty(say("nothingShared"))),
    make("div", { class: "halves" }, alone("a", a, onlyA), alone("b", b, onlyB)),
  );
}

/** What is said of an id that is not in this page. */
export function missingView(id) {
  return view(heading(say("notHere"), id), empty(say("notHereNote")));
}

function view(...parts) {
  const back = make("a", { href: "#", class: "back" }, `← ${say("overview")}`);
  return make("div", {}, make("nav", { "aria-label": say("overview") }, back), ...parts);
}

function heading(kind, name, id = null, lang = null) {
  const title = make("h1", { tabindex: "-1" }, make("bdi", { lang }, name));
  const outside = id === null ? null : makeOutsideLink(id, `space.bilibili.com/${id} ↗`);
  return make("header", {}, make("p", { class: "kicker" }, kind), title, outside);
}

function facts(pairs) {
  const told = pairs.filter(([, value]) => value !== undefined && value !== null && value !== "");
  const rows = told.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)));
  return make("dl", { class: "facts" }, ...rows);
}

function seenText(user) {
  const [n, total] = [sizeOf(user), users.totals[user]];
  if (n === null) return "–";
  return total === null || total === n ? say("nUps", { n }) : say("nOfTotal", { seen: formatNumber(n), n: total });
}

function section(title, note, content) {
  const told = note === null ? null : make("p", { class: "note" }, note);
  return make("section", {}, make("h2", {}, title), told, make("div", { class: "card" }, content));
}

function empty(text) {
  return make("p", { class: "empty" }, text);
}
