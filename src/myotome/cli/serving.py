"""One server process as `serve` and `demo` run it: granian with two workers, static files, and the queue's worker.

Django under WSGI with one blocking thread per worker measured best of six servers on CPU per request. Static files
are collected into the data folder once per version of them, with hashed names that a browser may keep for ever.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from myotome.cli.mistakes import Mistake

WORKERS = 2
SECONDS_BETWEEN_WORDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Tls:
    """The certificate chain and the key, as files."""

    certificate: Path
    key: Path


def check_port_free(host: str, port: int) -> None:
    """Raises Mistake when the port is taken, forbidden, or the host is not one of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise Mistake(f"port {port} needs more rights; ports from 1024 on are free to use.") from None
        except socket.gaierror:
            raise Mistake(f"{host} is not an address of this machine.") from None
        except OSError as error:
            if error.errno == 98:
                raise Mistake(f"port {port} is taken, perhaps by another Myotome; --port chooses another.") from None
            raise Mistake(f"{host} port {port} cannot be used: {error.strerror}.") from None


def collect_static() -> None:
    """Collects static files into STATIC_ROOT unless what lies there was made from the same files."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    if not any((Path(folder) / "site.css").exists() for _, folder in settings.STATICFILES_DIRS):
        raise Mistake("the front end is not built; `make setup` builds it in a checkout.")
    digest = sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = os.stat(storage.path(path))
            digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    root = Path(settings.STATIC_ROOT)
    stamp = root / ".collected"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    root.mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest.hexdigest())


def serve_until_stopped(*, host: str, port: int, tls: Tls | None, ready: Callable[[], None], worker: bool) -> None:
    """Serves until Ctrl-C or SIGTERM; calls `ready` once, when the first answer has come."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    os.environ["MYOTOME_SERVED"] = str(os.getpid())  # what is started from here on ends when this process is gone
    server = Granian(
        "myotome.website.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=1,
        websockets=False,
        log_level=LogLevels.warning,
        ssl_cert=tls.certificate if tls else None,
        ssl_key=tls.key if tls else None,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
    )
    threading.Thread(target=call_when_answering, args=(host, port, tls is not None, ready), daemon=True).start()
    with queue_worker() if worker else _nothing():
        server.serve()


@contextmanager
def queue_worker() -> Iterator[None]:
    """A `myotome worker` beside the server, started again when it dies, stopped when the server ends."""
    ending = threading.Event()
    running: list[subprocess.Popen[bytes]] = []

    def keep() -> None:
        while not ending.is_set():
            # Its own session: Ctrl-C reaches us alone, and we end it in order.
            running[:] = [subprocess.Popen([sys.executable, "-m", "myotome", "worker"], start_new_session=True)]
            running[0].wait()
            ending.wait(5)

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ending.set()
        for process in running:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        keeper.join(10)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def call_when_answering(host: str, port: int, by_tls: bool, ready: Callable[[], None]) -> None:
    """Calls `ready` when the server answers, however slow its machine is; says each minute that it does not yet."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  what to ask when all are listened on
    said_at = time.monotonic()
    while True:
        try:
            # Only to see that somebody answers, on this machine: the certificate is not the question here.
            unchecked = ssl._create_unverified_context()  # noqa: S323
            connection: http.client.HTTPConnection = (
                http.client.HTTPSConnection(target, port, timeout=5, context=unchecked)
                if by_tls
                else http.client.HTTPConnection(target, port, timeout=5)
            )
            connection.request("HEAD", "/")
            connection.getresponse()
        except (OSError, http.client.HTTPException):
            if time.monotonic() - said_at >= SECONDS_BETWEEN_WORDS:
                said_at = time.monotonic()
                print(f"myotome: port {port} does not answer yet; still asking. Ctrl-C ends it.", file=sys.stderr)
            time.sleep(0.1)
        else:
            ready()
            return
