"""A parent of the processes of one account: kills one after the other, and makes new ones."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time

from worker import main


AT_A_TIME = 4
KILLS = 20


def begin(words):
    """Return the number of a new process that asks."""
    if number := os.fork():
        return number

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    asyncio.run(main(*words))
    os._exit(0)


def kill_and_replace(words):
    dice = random.Random(0)
    children = [begin(words) for _ in range(AT_A_TIME)]
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.05, 0.25))
        victim = children.pop(dice.randrange(AT_A_TIME))
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        children.append(begin(words))
    time.sleep(0.5)
    for child in children:
        os.kill(child, signal.SIGTERM)
    statuses = [os.waitpid(child, 0)[1] for child in children]
    assert statuses == [0] * AT_A_TIME, statuses


if __name__ == "__main__":
    kill_and_replace(sys.argv[1:])
