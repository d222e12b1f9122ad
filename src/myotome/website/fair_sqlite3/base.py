"""The database backend: a transaction begins when it is its turn, and gives the turn back when it ends, however it ends."""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

from myotome.website.fair_sqlite3.turn import Turn, turn_for


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's; only how long a writer waits, and behind whom, differs."""

    _turn: Turn | None = None

    def _start_transaction_under_autocommit(self) -> None:
        if not self.is_in_memory_db():
            turn = turn_for(str(self.settings_dict["NAME"]))
            if not turn.take(timeout_s=self.settings_dict["OPTIONS"].get("timeout", 5)):
                raise OperationalError("database is locked")
            self._turn = turn
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._give_back()
            raise

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
