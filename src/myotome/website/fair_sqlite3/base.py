"""The database backend: a transaction begins when it is its turn, and gives the turn back when it ends, however it ends.

Django writes `%s` where SQLite wants `?`; what a statement becomes is worked out once and kept.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

from myotome.website.fair_sqlite3.turn import Turn, turn_for

LONGEST_KEPT = 4000


class Cursor(base.SQLiteCursorWrapper):
    """As Django's; a statement that was asked before is not translated again."""

    def convert_query(self, query: str, *, param_names: list[str] | None = None) -> str:
        if param_names is not None or len(query) > LONGEST_KEPT:
            return super().convert_query(query, param_names=param_names)
        return _translated(query)


@lru_cache(maxsize=1024)
def _translated(query: str) -> str:
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's; only how long a writer waits, and behind whom, differs."""

    _turn: Turn | None = None
    _turn_kept: tuple[str, Turn] | None = None

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=Cursor)

    def _start_transaction_under_autocommit(self) -> None:
        if not self.is_in_memory_db():
            turn = self._turn_of_file()
            if not turn.take(timeout_s=self.settings_dict["OPTIONS"].get("timeout", 5)):
                raise OperationalError("database is locked")
            self._turn = turn
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._give_back()
            raise

    def _turn_of_file(self) -> Turn:
        name = str(self.settings_dict["NAME"])
        if self._turn_kept is None or self._turn_kept[0] != name:
            self._turn_kept = name, turn_for(name)
        return self._turn_kept[1]

    def _commit(self) -> Any:
        # A commit that fails leaves the transaction open; the rollback that follows gives the turn back.
        done = super()._commit()
        self._give_back()
        return done

    def _rollback(self) -> Any:
        try:
            return super()._rollback()
        finally:
            self._give_back()

    def _close(self) -> Any:
        try:
            return super()._close()
        finally:
            self._give_back()

    def _give_back(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.give_back()
