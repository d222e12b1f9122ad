"""`myotome ...`: what a shell sees of the clinic. It translates, and computes nothing by itself.

Each command is a module with `add_to(commands)`, which describes its arguments, and a function that runs it and
returns the exit code. Exit codes: 0 done, 1 a fault was found or the command could not be done, 2 the command line was
wrong, 130 interrupted. A user's mistake is one line on standard error; a fault of ours is one line too, and the whole
traceback with `MYOTOME_TRACEBACK=1`, because a traceback may quote a patient's words into a terminal log.
"""

from myotome.cli.entry import main

__all__ = ["main"]
