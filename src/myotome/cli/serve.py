"""`myotome serve`: the clinic for real, by one command. Plain http stays on this machine; everything else is TLS.

Without TLS a browser gives a tablet no offline work, no passkeys and no wake lock, and anybody in the waiting room
may read along. So plain http is served on loopback only.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import ssl
from pathlib import Path
from typing import Any

from myotome.cli import certificate, safety, serving
from myotome.cli.house import check_migrated, data_dir, in_use, open_house
from myotome.cli.mistakes import Mistake, WrongUse


def add_to(commands: Any) -> None:
    """Adds `serve`."""
    what = "serve the clinic (production)"
    command = commands.add_parser("serve", help=what, description=what, allow_abbrev=False)
    command.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    command.add_argument("--port", type=port_number, default=8000, help="port to listen on (default 8000)")
    command.add_argument(
        "--certificate", type=Path, help="certificate chain, PEM; default: that of `myotome certificate`"
    )
    command.add_argument("--key", type=Path, help="its private key, PEM")
    command.add_argument("--no-worker", action="store_true", help="the queue's worker runs elsewhere")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serves until it is stopped; refuses what is not safe before the first request."""
    tls = tls_for(options)
    serving.check_port_free(options.host, options.port)
    _tell_settings(options, tls)
    open_house()
    check_migrated()
    if stopping := [finding for finding in safety.findings() if finding.stops]:
        raise Mistake(f"{stopping[0].sentence} `myotome check` shows all.")
    serving.collect_static()
    address = os.environ["MYOTOME_PUBLIC_URL"]
    with in_use():
        serving.serve_until_stopped(
            host=options.host,
            port=options.port,
            tls=tls,
            ready=lambda: print(f"Myotome serves {address}/  (Ctrl-C ends it)", flush=True),
            worker=not options.no_worker,
        )
    return 0


def port_number(text: str) -> int:
    """A port from 1 to 65535, for argparse."""
    number = int(text)
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{number} is not a port (1 to 65535)")
    return number


def is_loopback(host: str) -> bool:
    """True for localhost and the addresses that never leave this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def tls_for(options: argparse.Namespace) -> serving.Tls | None:
    """The certificate to serve with; None only on loopback.

    Raises:
        Mistake: they do not fit each other, or plain http would leave this machine.
    """
    if (options.certificate is None) != (options.key is None):
        raise WrongUse("--certificate and --key go together.")
    if options.certificate is not None:
        found = serving.Tls(certificate=options.certificate, key=options.key)
    elif is_loopback(options.host):
        return None
    else:
        own = certificate.folder()
        found = serving.Tls(certificate=own / certificate.SERVER_CERTIFICATE, key=own / certificate.SERVER_KEY)
        if not found.certificate.exists():
            raise WrongUse(
                f"plain http is served on this machine only, not on {options.host}. `myotome certificate --host NAME` "
                "makes the clinic's own certificate, or give --certificate and --key."
            )
    for path in (found.certificate, found.key):
        if not path.is_file():
            raise Mistake(f"there is no file {path}.")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(found.certificate, found.key)
    except ssl.SSLError:
        raise Mistake(f"{found.certificate} and {found.key} are not a certificate and its own key (PEM).") from None
    certificate.check_in_date(found.certificate)
    return found


def _tell_settings(options: argparse.Namespace, tls: serving.Tls | None) -> None:
    """What the settings read from the environment, where the person has not said it herself."""
    host = options.host
    if tls is not None:
        os.environ["MYOTOME_TLS"] = "1"
        names = certificate.names_in(tls.certificate)
        os.environ.setdefault("MYOTOME_ALLOWED_HOSTS", ",".join([*names, "localhost", "127.0.0.1", "[::1]"]))
        host = names[0] if names else host
    scheme = "https" if tls else "http"
    shown = f"[{host}]" if ":" in host else host
    os.environ.setdefault("MYOTOME_PUBLIC_URL", f"{scheme}://{shown}:{options.port}")
    os.environ.setdefault("MYOTOME_DATA_DIR", str(data_dir()))
