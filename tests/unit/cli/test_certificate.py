"""The clinic's certificate serves its own names, and its authority vouches for nothing else."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from myotome.cli import certificate, handing_out
from myotome.cli.mistakes import Mistake, WrongUse

HOSTS = ["clinic.local", "192.168.1.10", "localhost", "127.0.0.1"]


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("MYOTOME_DATA_DIR", str(tmp_path))
    certificate.issue(tmp_path / "tls", HOSTS, now=datetime.now(UTC))
    return tmp_path / "tls"


def shake_hands(chain, key, authority, name: str) -> None:
    """One TLS handshake over a socket pair; raises what the client raises."""
    server_end, client_end = socket.socketpair()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain, key)

    def answer() -> None:
        try:
            server.wrap_socket(server_end, server_side=True).close()
        except (ssl.SSLError, OSError):
            server_end.close()

    thread = threading.Thread(target=answer)
    thread.start()
    client = ssl.create_default_context(cafile=authority)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    try:
        client.wrap_socket(client_end, server_hostname=name).close()
    finally:
        client_end.close()
        thread.join(5)


@pytest.mark.parametrize("name", HOSTS)
def test_a_tablet_that_trusts_the_authority_trusts_the_server(own, name):
    shake_hands(own / "server.crt", own / "server.key", own / "clinic-authority.crt", name)


def test_another_name_is_refused(own):
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(own / "server.crt", own / "server.key", own / "clinic-authority.crt", "bank.example")


def test_a_stolen_authority_key_opens_no_other_site(own, tmp_path):
    authority = x509.load_pem_x509_certificate((own / "clinic-authority.crt").read_bytes())
    stolen = serialization.load_pem_private_key((own / "clinic-authority.key").read_bytes(), None)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    forged = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("bank.example")]), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(stolen.public_key()), critical=False)
        .sign(stolen, hashes.SHA256())
    )
    pem, private = tmp_path / "forged.crt", tmp_path / "forged.key"
    pem.write_bytes(forged.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        shake_hands(pem, private, own / "clinic-authority.crt", "bank.example")


def test_keys_are_for_their_owners_eyes(own):
    for name in ("clinic-authority.key", "server.key"):
        assert stat.S_IMODE((own / name).stat().st_mode) == 0o600


def test_renewing_keeps_the_authority(own):
    before = certificate.fingerprint(own / "clinic-authority.crt"), certificate.fingerprint(own / "server.crt")
    certificate.issue(own, HOSTS, now=datetime.now(UTC) + timedelta(days=300))
    assert certificate.fingerprint(own / "clinic-authority.crt") == before[0]
    assert certificate.fingerprint(own / "server.crt") != before[1]


def test_another_host_needs_a_new_authority(own):
    with pytest.raises(Mistake, match=r"not made for other\.local"):
        certificate.issue(own, ["other.local"], now=datetime.now(UTC))
    certificate.issue(own, ["other.local"], now=datetime.now(UTC), new_authority=True)
    assert certificate.names_in(own / "server.crt") == ["other.local"]


def test_a_certificate_that_ran_out_is_told(own):
    certificate.issue(own, HOSTS, now=datetime.now(UTC) - timedelta(days=500))
    with pytest.raises(Mistake, match="ran out"):
        certificate.check_in_date(own / "server.crt")


@pytest.mark.parametrize("text", ["", "a b", "-x.local", "clinic_1", "x" * 64, "ä.local", "http://clinic", "a..b"])
def test_what_is_no_host_is_refused(text):
    with pytest.raises(WrongUse):
        certificate.checked_host(text)


def test_the_page_hands_out_the_authority_and_no_key(own):
    served = handing_out.files(own / "clinic-authority.crt", certificate.fingerprint(own / "clinic-authority.crt"))
    assert certificate.fingerprint(own / "clinic-authority.crt").encode() in served["/"][1]
    assert served["/clinic-authority.crt"][1] == (own / "clinic-authority.crt").read_bytes()
    assert not any(b"PRIVATE KEY" in content for _, content in served.values())
    assert b"style=" not in served["/"][1]
    assert b"<script" not in served["/"][1]
