"""`myotome certificate`: the clinic's own authority, a server certificate under it, and a page that brings it to a tablet.

The authority is bound by name constraints to the names and addresses given here: a tablet that trusts it trusts it
for this clinic's server and for nothing else, so that a stolen key opens no other site. Its key is readable by its
owner alone. The server certificate lasts 397 days, the longest that browsers on tablets accept everywhere.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import re
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from myotome.cli.answering import say_json, takes_json
from myotome.cli.house import data_dir, make_data_dir
from myotome.cli.mistakes import Mistake, WrongUse

AUTHORITY, AUTHORITY_KEY = "clinic-authority.crt", "clinic-authority.key"
SERVER_CERTIFICATE, SERVER_KEY = "server.crt", "server.key"
AUTHORITY_DAYS = 3650
SERVER_DAYS = 397
WARN_DAYS = 30
HOST_NAME = re.compile(r"^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")


def add_to(commands: Any) -> None:
    """Adds `certificate`."""
    what = "make the clinic's own certificate, or hand its authority out to tablets"
    command = commands.add_parser("certificate", help=what, description=what, allow_abbrev=False)
    command.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="NAME",
        help="name or address under which tablets reach this machine; may be given several times",
    )
    command.add_argument("--new-authority", action="store_true", help="start again with a new authority")
    command.add_argument(
        "--hand-out", action="store_true", help="show a page, by plain http, that installs the authority on a tablet"
    )
    command.add_argument("--port", type=int, default=8081, help="port of that page (default 8081)")
    takes_json(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Makes or renews the certificate and says where it lies; with `--hand-out` serves the page until Ctrl-C."""
    own = folder()
    if options.hand_out:
        from myotome.cli.handing_out import hand_out

        if not (own / AUTHORITY).exists():
            raise Mistake("there is no authority yet; `myotome certificate --host NAME` makes one.")
        return hand_out(own / AUTHORITY, fingerprint(own / AUTHORITY), port=options.port)
    hosts = [checked_host(host) for host in options.host] or _hosts_of_authority(own) or [socket.gethostname().lower()]
    hosts = list(dict.fromkeys([*hosts, "localhost", "127.0.0.1"]))
    issue(own, hosts, now=datetime.now(UTC), new_authority=options.new_authority)
    answer = {
        "certificate": str(own / SERVER_CERTIFICATE),
        "key": str(own / SERVER_KEY),
        "authority": str(own / AUTHORITY),
        "authority_sha256": fingerprint(own / AUTHORITY),
        "names": names_in(own / SERVER_CERTIFICATE),
        "valid_until": valid_until(own / SERVER_CERTIFICATE),
    }
    if options.json:
        say_json(answer)
        return 0
    print(f"Certificate for {', '.join(answer['names'])}, valid until {answer['valid_until']:%Y-%m-%d}.")
    print(f"It lies in {own}; `myotome serve --host 0.0.0.0` uses it.")
    print("`myotome certificate --hand-out` shows a page that installs the authority on a tablet.")
    return 0


def folder() -> Path:
    """Where the clinic's certificate and authority lie."""
    return data_dir() / "tls"


def checked_host(text: str) -> str:
    """The host name or address in its plain form.

    Raises:
        WrongUse: it is neither.
    """
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        name = text.lower().rstrip(".")
        if not HOST_NAME.match(name):
            raise WrongUse(f"{text!r} is neither a host name nor an address.") from None
        return name


def issue(own: Path, hosts: list[str], *, now: datetime, new_authority: bool = False) -> None:
    """Writes a server certificate for the hosts, under the authority that lies there or a new one.

    Raises:
        Mistake: the authority there is bound to other hosts, or has run out.
    """
    from cryptography import x509

    make_data_dir()
    own.mkdir(mode=0o700, exist_ok=True)
    if new_authority or not (own / AUTHORITY).exists():
        _make_authority(own, hosts, now)
    else:
        missing = [host for host in hosts if host not in _hosts_of_authority(own)]
        if missing:
            raise Mistake(
                f"the authority in {own} is not made for {', '.join(missing)}; --new-authority starts again, "
                "and every tablet installs it anew."
            )
        if x509.load_pem_x509_certificate((own / AUTHORITY).read_bytes()).not_valid_after_utc < now:
            raise Mistake("the authority has run out; --new-authority starts again, and every tablet installs it anew.")
    _make_server_certificate(own, hosts, now)


def fingerprint(certificate: Path) -> str:
    """SHA-256 of the certificate as browsers show it: pairs of hex digits with colons."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    return x509.load_pem_x509_certificate(certificate.read_bytes()).fingerprint(hashes.SHA256()).hex(":").upper()


def valid_until(certificate: Path) -> datetime:
    """The moment after which browsers refuse the certificate."""
    from cryptography import x509

    return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc


def names_in(certificate: Path) -> list[str]:
    """The host names and addresses that the certificate is for, in its order."""
    from cryptography import x509

    loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
    try:
        names = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(name.value) for name in names]


def check_in_date(certificate: Path) -> None:
    """Raises Mistake when the certificate has run out."""
    if (end := valid_until(certificate)) < datetime.now(UTC):
        raise Mistake(f"the certificate {certificate} ran out on {end:%Y-%m-%d}; `myotome certificate` renews it.")


def _general_name(host: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _constraint(host: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_network(host))
    except ValueError:
        return x509.DNSName(host)


def _hosts_of_authority(own: Path) -> list[str]:
    from cryptography import x509

    if not (own / AUTHORITY).exists():
        return []
    authority = x509.load_pem_x509_certificate((own / AUTHORITY).read_bytes())
    trees = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    return [str(tree.value).removesuffix("/32").removesuffix("/128") for tree in trees]


def _make_authority(own: Path, hosts: list[str], now: datetime) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Myotome clinic authority ({hosts[0][:40]})")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.NameConstraints(permitted_subtrees=[_constraint(host) for host in hosts], excluded_subtrees=None),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    _write_key(own / AUTHORITY_KEY, key)
    _write(own / AUTHORITY, _pem(certificate), 0o644)


def _make_server_certificate(own: Path, hosts: list[str], now: datetime) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    authority = x509.load_pem_x509_certificate((own / AUTHORITY).read_bytes())
    authority_key = serialization.load_pem_private_key((own / AUTHORITY_KEY).read_bytes(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(min(now + timedelta(days=SERVER_DAYS), authority.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),  # type: ignore[arg-type]
            critical=False,
        )
        .sign(authority_key, hashes.SHA256())  # type: ignore[arg-type]
    )
    _write_key(own / SERVER_KEY, key)
    _write(own / SERVER_CERTIFICATE, _pem(certificate) + (own / AUTHORITY).read_bytes(), 0o644)


def _usage(*, signs_certificates: bool) -> Any:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def _write_key(path: Path, key: Any) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    _write(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)


def _write(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all; a key is never on disk with open permissions, not for a moment."""
    new = path.with_suffix(path.suffix + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
