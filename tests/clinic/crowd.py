"""A crowd at one database: forks of one process that has the program loaded, started at one moment, and that one as judge.

To start a process with the whole program costs seconds, to fork one nothing. Each fork opens a connection of its own, for it
is made before anybody has spoken to the database. `Crowd` is what tests hold; the process itself is
`python -m tests.clinic.crowd MODULE N`, where `MODULE.attempts(seed, *order)` sets a race up and gives what runs it and counts
its outcomes. It reads lines of JSON: `{"do": code}` is run by the judge and answered with what it prints, `{"race": order}`
is set up by all, started by all at once, and answered with the sum of their counts.
"""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import traceback
from collections import Counter
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class Crowd:
    """`n` racers of `module` at the database of `environment`."""

    def __init__(self, environment: dict[str, str], module: str, n: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.clinic.crowd", module, str(n)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def do(self, code: str) -> str:
        """What the judge printed while running the code."""
        return self._ask(do=code)

    def race(self, *order: object) -> Counter[str]:
        """Outcomes of all racers together, started at one moment."""
        return Counter(self._ask(race=[str(word) for word in order]))

    def _ask(self, **what: Any) -> Any:
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "fault" not in answer, answer["fault"]
        return answer["said"]

    def end(self) -> None:
        """Everybody goes home."""
        self._process.stdin.close()
        self._process.wait(30)


class _Racer:
    """One fork, as the judge sees it."""

    def __init__(self, module: Any, seed: int, others: list[_Racer]) -> None:
        self._ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            for racer in others:
                racer.forget()  # or they would not hear when the judge has gone
            self._ours.close()
            sys.stdin.close()
            _race_until_told_to_end(module, seed, theirs)
            os._exit(0)
        theirs.close()
        self._file = self._ours.makefile("rw")

    def say(self, line: str) -> None:
        self._file.write(line + "\n")
        self._file.flush()

    def hear(self) -> Any:
        return json.loads(self._file.readline())

    def forget(self) -> None:
        self._file.close()
        self._ours.close()

    def end(self) -> None:
        self.forget()
        os.waitpid(self.pid, 0)


def _race_until_told_to_end(module: Any, seed: int, judge: socket.socket) -> None:
    file = judge.makefile("rw")

    def answer(said: object) -> None:
        file.write(json.dumps(said) + "\n")
        file.flush()

    for line in file:
        try:
            go = module.attempts(seed, *json.loads(line))
            answer("set")
            file.readline()
            answer(go())
        except Exception:
            answer({traceback.format_exc(): 1})


def main(name: str, n: int) -> None:
    """Judges until there is nothing more to do."""
    module = import_module(name)
    racers: list[_Racer] = []
    for seed in range(n):
        racers.append(_Racer(module, seed, racers))
    for line in sys.stdin:
        what = json.loads(line)
        try:
            said = _done(what["do"]) if "do" in what else _raced(racers, what["race"])
            answer = {"said": said}
        except Exception:
            answer = {"fault": traceback.format_exc()}
        print(json.dumps(answer), flush=True)
    for racer in racers:
        racer.end()


def _done(code: str) -> str:
    said = io.StringIO()
    with redirect_stdout(said):
        exec(code, {"__name__": "judge"})
    return said.getvalue().strip()


def _raced(racers: list[_Racer], order: list[str]) -> Counter[str]:
    for racer in racers:
        racer.say(json.dumps(order))
    for racer in racers:
        if (answer := racer.hear()) != "set":
            raise AssertionError(next(iter(answer)))
    for racer in racers:
        racer.say("go")
    counts: Counter[str] = Counter()
    for racer in racers:
        counts.update(racer.hear())
    return counts


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
