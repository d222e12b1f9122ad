"""Runs a command beside a PostgreSQL of its own: `python tests/postgres.py -- pytest tests/clinic`.

The server listens on loopback at a free port, with a password made for this run and fsync on, as in a clinic.
PostgreSQL refuses to run as root, so root hands it to the user `postgres`. The command finds the address in
`MYOTOME_TEST_POSTGRES`; its exit code is ours, and the server is stopped by the process id we started.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BUILD = Path(__file__).parents[1] / "build"
SECONDS_TO_START = 60


def server_programs() -> Path:
    """The folder with `initdb` and `postgres`, of the newest version installed."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
    if versions:
        return versions[-1].parent
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    raise SystemExit("PostgreSQL is not installed; `make packages` installs it.")


def free_port() -> int:
    """A TCP port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def owner() -> str | None:
    """The user that runs the server when we are root, or None when we run it ourselves."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise SystemExit("PostgreSQL refuses to run as root, and there is no user to run it as.")


def home_for(user: str | None) -> Path:
    """A new folder that the server's user can reach: in build/, or in the temporary folder when build/ is closed to her."""
    BUILD.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir=BUILD))
    if user is not None:
        shutil.chown(folder, user)
        if subprocess.run(["runuser", "-u", user, "--", "test", "-w", str(folder)], check=False).returncode:
            folder.rmdir()
            folder = Path(tempfile.mkdtemp(prefix="myotome-postgres-"))
            shutil.chown(folder, user)
    return folder


def start(programs: Path, folder: Path, user: str | None) -> tuple[subprocess.Popen[bytes], str]:
    """The running server and its address."""
    word, port, data = secrets.token_urlsafe(18), free_port(), folder / "data"
    word_file = folder / "word"
    word_file.write_text(word)
    word_file.chmod(0o600)
    if user is not None:
        shutil.chown(word_file, user)
    become = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    initdb = [programs / "initdb", "-D", data, "-U", "myotome", "-A", "scram-sha-256", f"--pwfile={word_file}"]
    # A server told from outside where its files lie can be started by anybody's environment: give it a plain one.
    plain = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    subprocess.run(
        [*initdb, "-E", "UTF8", "--no-sync"], check=True, stdout=subprocess.DEVNULL, env=plain, cwd=folder, **become
    )
    options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "max_connections": 60}
    flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, *flags],
        stdout=log,
        stderr=log,
        env=plain,
        cwd=folder,
        start_new_session=True,  # Ctrl-C reaches the command; the server is stopped afterwards, by us
        **become,
    )
    deadline = time.monotonic() + SECONDS_TO_START
    while not _answers(programs, port):
        if server.poll() is not None or time.monotonic() > deadline:
            sys.stderr.write((folder / "log").read_text(errors="replace"))
            raise SystemExit("PostgreSQL did not start.")
        time.sleep(0.1)
    return server, f"postgresql://myotome:{word}@127.0.0.1:{port}/postgres"


def _answers(programs: Path, port: int) -> bool:
    ready = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.run(ready, check=False).returncode == 0


def main(arguments: list[str]) -> int:
    """The exit code of the command after `--`."""
    if "--" not in arguments or arguments[-1] == "--":
        raise SystemExit("usage: python tests/postgres.py -- COMMAND [ARGUMENT ...]")
    command = arguments[arguments.index("--") + 1 :]
    user = owner()
    folder = home_for(user)
    server = None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        server, address = start(server_programs(), folder, user)
        return subprocess.run(command, env=os.environ | {"MYOTOME_TEST_POSTGRES": address}, check=False).returncode
    except KeyboardInterrupt:
        return 130
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)  # fast shutdown
            server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
