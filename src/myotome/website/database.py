"""The database from `DATABASE_URL`, or embedded SQLite in the data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from myotome.website.sqlite import init_command, use_current_sqlite

LONGEST_WAIT_S = 20
PREPARED_AFTER = 3
"""A statement of PostgreSQL is planned anew until it has been asked this often on a connection; then its plan is kept."""


def database_from(url: str, data_dir: Path) -> dict[str, Any]:
    """Django's description of the database.

    `url` is empty (SQLite at `data_dir/myotome.sqlite3`), `sqlite:///path`, or `postgresql://user:word@host:port/name`.

    Raises:
        ValueError: another scheme.
    """
    wal = use_current_sqlite()
    if not url or url.startswith("sqlite:"):
        path = url.removeprefix("sqlite:///") if url else str(data_dir / "myotome.sqlite3")
        return {
            "ENGINE": "myotome.website.fair_sqlite3",
            "NAME": path,
            "CONN_MAX_AGE": 600,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": LONGEST_WAIT_S,
                "init_command": init_command(wal=wal),
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ValueError(f"DATABASE_URL starts with postgresql:// or sqlite:///, not {parts.scheme}://")
    return {
        "ENGINE": "myotome.website.seen_postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # Nobody waits for somebody else's lock without end; SQLite's writers wait as long.
        "OPTIONS": {
            "options": f"-c lock_timeout={LONGEST_WAIT_S}s",
            "server_side_binding": True,
            "prepare_threshold": PREPARED_AFTER,
        },
    }
