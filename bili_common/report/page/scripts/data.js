// What the page knows: users with their lists, and the accounts (UPs) in them.
// A user or an account is a place in these arrays; ids are texts, as they can
// have more digits than a number keeps.

export const data = JSON.parse(document.getElementById("data").textContent);

const packed = data.users;

export const users = {
  ids: split(packed.ids),
  statuses: Array.from(packed.statuses, Number),
  totals: unpack(packed.totals).map((total) => (total ? total - 1 : null)),
  fetched: unpack(packed.fetched).map((seconds) => packed.begin + seconds),
  notes: packed.notes,
  labels: packed.labels,
};

export const accounts = {
  ids: split(data.accounts.ids),
  names: data.accounts.names,
  private: data.accounts.private,
  counts: new Uint32Array(data.accounts.names.length),
};

export const userPlaces = new Map(users.ids.map((id, place) => [id, place]));
export const accountPlaces = new Map(accounts.ids.map((id, place) => [id, place]));

const lists = unpackLists(unpack(packed.lists));
lists.members.forEach((account) => {
  accounts.counts[account] += 1;
});

export const OK = 0;
const INCOMPLETE = 1;

/** Whether the whole list of a user is known. */
export function isKnown(user) {
  return users.statuses[user] === OK;
}

/** Whether something of the list of a user is known. */
export function isSeen(user) {
  return users.statuses[user] <= INCOMPLETE;
}

/** The accounts in the list of a user: those in the most lists come first. */
export function listOf(user) {
  return lists.members.subarray(lists.starts[user], lists.starts[user + 1]);
}

/** The users in whose list an account was seen. */
export function followersOf(account) {
  followersOf.index ??= invert();
  const { starts, members } = followersOf.index;
  return members.subarray(starts[account], starts[account + 1]);
}

/** The accounts in both lists, and those in one of them alone. */
export function shared(a, b) {
  const theirs = new Set(listOf(b));
  const both = Array.from(listOf(a)).filter((account) => theirs.has(account));
  const common = new Set(both);
  return {
    both,
    onlyA: Array.from(listOf(a)).filter((account) => !common.has(account)),
    onlyB: Array.from(listOf(b)).filter((account) => !common.has(account)),
  };
}

/** How alike two lists are, null where one of them is not wholly known. */
export function similarity(a, b, both = shared(a, b).both.length) {
  const either = listOf(a).length + listOf(b).length - both;
  return isKnown(a) && isKnown(b) && either ? both / either : null;
}

/** The users who share an account with one user, as {user, both, score}. */
export function usersLike(user) {
  const both = new Uint32Array(users.ids.length);
  for (const account of listOf(user)) {
    for (const other of followersOf(account)) both[other] += 1;
  }
  const found = [];
  both.forEach((count, other) => {
    if (count && other !== user) {
      found.push({ user: other, both: count, score: similarity(user, other, count) });
    }
  });
  return found;
}

/** The accounts in the same lists as one account, as {account, both}. */
export function accountsBeside(account) {
  const both = new Uint32Array(accounts.ids.length);
  for (const user of followersOf(account)) {
    for (const other of listOf(user)) both[other] += 1;
  }
  const found = [];
  both.forEach((count, other) => {
    if (count && other !== account) found.push({ account: other, both: count });
  });
  return found;
}

function split(text) {
  return text ? text.split(" ") : [];
}

/** The numbers in base64 of LEB128: seven bits a byte, the lowest first. */
function unpack(text) {
  const bytes = atob(text);
  const numbers = [];
  let number = 0;
  let weight = 1;
  for (let place = 0; place < bytes.length; place += 1) {
    const byte = bytes.charCodeAt(place);
    number += (byte & 0x7f) * weight;
    if (byte & 0x80) {
      weight *= 128;
    } else {
      numbers.push(number);
      number = 0;
      weight = 1;
    }
  }
  return numbers;
}

/** Lists one after the other: each is its length, then the steps between its places. */
function unpackLists(numbers) {
  const starts = new Uint32Array(users.ids.length + 1);
  const members = new Uint32Array(numbers.length - users.ids.length);
  let read = 0;
  let end = 0;
  for (let user = 0; user < users.ids.length; user += 1) {
    let left = numbers[read];
    let account = -1;
    read += 1;
    for (; left; left -= 1) {
      account += numbers[read] + 1;
      members[end] = account;
      read += 1;
      end += 1;
    }
    starts[user + 1] = end;
  }
  return { starts, members };
}

/** The lists turned round: for each account the users, in their order. */
function invert() {
  const starts = new Uint32Array(accounts.ids.length + 1);
  accounts.counts.forEach((count, account) => {
    starts[account + 1] = starts[account] + count;
  });
  const next = starts.slice();
  const members = new Uint32Array(lists.members.length);
  for (let user = 0; user < users.ids.length; user += 1) {
    for (const account of listOf(user)) {
      members[next[account]] = user;
      next[account] += 1;
    }
  }
  return { starts, members };
}
