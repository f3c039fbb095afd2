"""What the tests of the command share: the canary, the goldens, a process on a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios

from contextlib import contextmanager
from pathlib import Path


CANARY = "canary%2C1700000000%2Cabc*f1"
GOLDEN = Path(__file__).parent / "golden"


def on_terminal(argv, *, env, columns, stderr=None):
    """Run *argv* on a terminal; return its exit code and what it showed."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    child = subprocess.Popen(  # noqa: S603 - our own interpreter
        argv, env=env, stdin=follower, stdout=follower, stderr=stderr or follower
    )
    os.close(follower)
    shown = b""
    try:
        while data := os.read(leader, 65536):
            shown += data
    except OSError:
        pass  # Linux says so when the last writer is gone
    finally:
        os.close(leader)
    return child.wait(60), shown.decode().replace("\r\n", "\n")


@contextmanager
def started(argv, **options):
    """Run *argv* beside the test, and no longer than it."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(argv, **pipes, **options) as child:  # noqa: S603 - our own interpreter
        try:
            yield child
        finally:
            child.kill()
