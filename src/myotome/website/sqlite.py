"""Puts a current SQLite in place of the one Python was linked with.

SQLite 3.7.0 to 3.51.2 can corrupt a WAL database when two connections reset it (fixed in 3.51.3); Python as found on
Debian 12 links 3.40. The package pysqlite3 carries a current library and takes the name `sqlite3` here, before Django
loads its backend. Where it is missing, the embedded database falls back to the rollback journal.
"""

from __future__ import annotations

import sys

FIRST_SAFE_VERSION = (3, 51, 3)


def use_current_sqlite() -> bool:
    """True if the SQLite library in use is free of the WAL-reset fault; swaps the module in on the way."""
    try:
        import pysqlite3
        import pysqlite3.dbapi2
    except ImportError:
        pass
    else:
        sys.modules["sqlite3"] = pysqlite3
        sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
    import sqlite3

    return sqlite3.sqlite_version_info >= FIRST_SAFE_VERSION


def init_command(*, wal: bool) -> str:
    """The pragmas of every connection: journal, full synchronisation, foreign keys."""
    journal = "WAL" if wal else "DELETE"
    return f"PRAGMA journal_mode={journal};PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;PRAGMA cache_size=-32000;"
