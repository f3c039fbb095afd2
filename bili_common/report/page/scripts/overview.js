// The overview: the tables of all users and all accounts.

import {
  accountColumns,
  barColumn,
  bothColumn,
  changeColumns,
  noteColumn,
  outcomeColumns,
  privateColumns,
  scoreColumn,
  sizeOf,
  userColumns,
} from "./columns.js";
import { accounts, data, shared, userPlaces, users } from "./data.js";
import { say } from "./words.js";
import { makeTable } from "./table.js";

/** Put the tables where the page has room for them. */
export function showOverview() {
  put("changes-table", changesTable);
  put("shared-table", sharedTable);
  put("pairs-table", pairsTable);
  put("uids-table", usersTable);
}

function put(id, table) {
  document.getElementById(id)?.replaceChildren(table());
}

function changesTable() {
  const rows = data.changes.filter((change) => userPlaces.has(change.user));
  rows.sort((one, other) => other.after - one.after);
  return makeTable({ name: "changes", label: say("changesTitle"), rows, sorted: 0, step: 10, columns: changeColumns() });
}

function sharedTable() {
  const count = (account) => accounts.counts[account];
  // Accounts of earlier lists alone come last, and stand in no list.
  const rows = Array.from(accounts.ids.keys()).filter((account) => count(account));
  return makeTable({
    name: "most-shared",
    label: say("mostShared"),
    rows,
    sorted: 1,
    columns: [
      accountColumns()[0],
      barColumn(say("lists"), count, count(rows[0])),
      accountColumns()[1],
      ...privateColumns(),
    ],
  });
}

function pairsTable() {
  const rows = data.pairs.map(([one, other, score]) => {
    const [a, b] = [userPlaces.get(one), userPlaces.get(other)];
    return { a, b, score, both: shared(a, b).both.length };
  });
  return makeTable({
    name: "closest-pairs",
    label: say("closestPairs"),
    // As many as stand beside the heat map.
    step: 10,
    rows,
    sorted: 3,
    columns: [
      ...userColumns((row) => row.a),
      ...userColumns((row) => row.b, say("andUid")),
      bothColumn((row) => [row.a, row.b]),
      scoreColumn((row) => row.score),
    ],
  });
}

function usersTable() {
  // What is not known goes last, behind the empty lists.
  const size = (user) => sizeOf(user) ?? -1;
  const rows = Array.from(users.ids.keys()).sort((a, b) => size(b) - size(a));
  const columns = [...userColumns(), ...outcomeColumns()];
  return makeTable({
    name: "uids",
    label: say("everyUid"),
    step: 50,
    rows,
    sorted: 2,
    columns: Object.keys(users.notes).length ? [...columns, noteColumn()] : columns,
  });
}
