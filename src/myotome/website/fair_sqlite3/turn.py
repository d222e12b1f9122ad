"""Whose turn it is to write: first come, first served, for all threads and processes of one database file.

SQLite lets one writer in at a time and makes the others sleep and try again, each longer than before: who has waited
longest is asked last. Here the threads of a process stand in a queue; the first of each queue stands at a gate, and only
who holds the gate may wait for the pen. Who puts the pen down must go back to the gate, where another process stands
already: so nobody is passed over. Both are locks on files, which the kernel takes back from a process that dies.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import deque

FIRST_NAP_S = 0.0001
LONGEST_NAP_S = 0.0005


class Turn:
    """The right to write one database file; `take` and `give_back` by the same thread or another."""

    def __init__(self, path: str) -> None:
        """`path` is the database file; two empty files stand beside it."""
        self._paths = (f"{path}-gate", f"{path}-pen")
        self._queue: deque[threading.Event] = deque()
        self._lock = threading.Lock()
        self._pid = 0
        self._files: list[int] = []

    def take(self, *, timeout_s: float) -> bool:
        """True when it is our turn; False when `timeout_s` have passed first."""
        deadline = time.monotonic() + timeout_s
        self._after_a_fork()
        mine = threading.Event()
        with self._lock:
            self._queue.append(mine)
            if self._queue[0] is mine:
                mine.set()
        if not mine.wait(timeout_s):
            self._leave(mine)
            return False
        gate, pen = self._files
        if _taken(gate, deadline):
            if _taken(pen, deadline):
                fcntl.flock(gate, fcntl.LOCK_UN)
                return True
            fcntl.flock(gate, fcntl.LOCK_UN)
        self._leave(mine)
        return False

    def give_back(self) -> None:
        """Lets the next one write."""
        fcntl.flock(self._files[1], fcntl.LOCK_UN)
        with self._lock:
            self._queue.popleft()
            if self._queue:
                self._queue[0].set()

    def _leave(self, mine: threading.Event) -> None:
        with self._lock:
            was_first = self._queue[0] is mine
            self._queue.remove(mine)
            if was_first and self._queue:
                self._queue[0].set()

    def _after_a_fork(self) -> None:
        """A lock on a file that was opened before a fork would be the parent's too."""
        with self._lock:
            if self._pid != os.getpid():
                self._files = [os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) for path in self._paths]
                self._queue.clear()
                self._pid = os.getpid()


def _taken(handle: int, deadline: float) -> bool:
    nap = FIRST_NAP_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(nap)
            nap = min(nap * 1.5, LONGEST_NAP_S)
        else:
            return True


_turns: dict[str, Turn] = {}
_turns_lock = threading.Lock()


def turn_for(path: str) -> Turn:
    """The one turn of this process for a database file."""
    real = os.path.realpath(path)
    with _turns_lock:
        return _turns.setdefault(real, Turn(real))
