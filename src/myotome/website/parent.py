"""A process that serves for another ends with it: a server that was killed leaves nothing that holds port and folder."""

from __future__ import annotations

import os
import signal
import threading

NAME = "ends with its parent"
SECONDS_BETWEEN_LOOKS = 1.0


def end_with_parent_if_served() -> None:
    """In a process that `myotome serve` started: from now on it asks itself to stop, as SIGTERM would, once `serve` is gone.

    Called where such a process begins: a server's worker with its application, the queue's worker with Django. What these
    start in their turn, a refit, has another parent and is not told whose this one was.
    """
    if parent := os.environ.pop("MYOTOME_SERVED", None):
        threading.Thread(target=_watch, args=(int(parent),), daemon=True, name=NAME).start()


def _watch(parent: int) -> None:
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(SECONDS_BETWEEN_LOOKS)
    os.kill(os.getpid(), signal.SIGTERM)
    pause.wait(15)
    os._exit(1)  # what did not hear SIGTERM in that time ends without it; transactions are whole or not there
