"""The places of clients that wait: nobody is passed over, and the dead cost one turn each."""

from __future__ import annotations

import pytest

from bili_common.pace import PaceState
from bili_common.pace._decisions import Asker, Grant, ask
from bili_common.pace._settings import PaceSettings


INTERVAL = 50_000
SETTINGS = PaceSettings(interval=INTERVAL)
BEGIN = 1_000_000_000


class Shared:
    """One state, and who had a turn when, in intervals."""

    def __init__(self):
        self.state = PaceState()
        self.turns = []

    def ask(self, client, at):
        """Let *client* ask; return when it is to ask again."""
        now = BEGIN + round(at * INTERVAL)
        self.state, reply = ask(self.state, now, SETTINGS, Asker(client=client))
        if isinstance(reply, Grant):
            self.turns.append((client, at))
            return at
        return (reply.until - BEGIN) / INTERVAL

    def play(self, clients, begin, end):
        """Let *clients* ask for one turn after the other."""
        asks = dict.fromkeys(clients, begin)
        while (at := min(asks.values())) < end:
            client = min(asks, key=asks.get)
            asks[client] = self.ask(client, at)


@pytest.mark.parametrize("dead", [0, 1, 4, 12])
def test_each_killed_client_costs_one_turn(dead):
    """Clients that were killed while they waited cost the others one turn each."""
    shared = Shared()
    shared.ask(99, 0)
    for client in range(100, 100 + dead):
        shared.ask(client, 0)

    shared.play([1, 2, 3, 4], 0, 100)

    assert len(shared.turns) >= 100 - dead
    # Their places are given up, not kept for ever.
    assert len(shared.state.waiting) <= 4


@pytest.mark.parametrize("late", [0, 0.5, 3, 19])
def test_a_client_that_comes_late_has_the_next_turn(late):
    """Whoever let its moment pass is the next when it comes, however many others ask."""
    shared = Shared()
    shared.ask(1, 0)
    due = shared.ask(2, 0)
    shared.play([3, 4, 5], 0, due + late)
    before = len(shared.turns)

    again = shared.ask(2, due + late)
    while len(shared.turns) == before:
        again = shared.ask(2, again)

    assert shared.turns[-1][0] == 2
    assert shared.turns[-1][1] <= due + late + 1


@pytest.mark.parametrize("clients", [2, 5, 9])
def test_turns_go_around(clients):
    """Clients that always want a turn have as many as each other."""
    shared = Shared()
    shared.play(range(1, clients + 1), 0, 40 * clients)

    counts = [sum(who == client for who, _ in shared.turns) for client in range(1, clients + 1)]
    # The first one is back before the others come.
    assert max(counts) - min(counts) <= 2
    assert sum(counts) >= 40 * clients - 1
