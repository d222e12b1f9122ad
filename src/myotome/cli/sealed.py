"""A sealed file: a stream encrypted under a passphrase, in which every change, cut or reordering is noticed.

    MYOTOME-SEALED-1 newline
    4 bytes length, header as JSON (what it is, salt, cost, nonce prefix, key check), 32 bytes SHA-256 of all before
    chunks of up to 1 MiB, each AES-256-GCM with 16 bytes of tag

The key comes from the passphrase by scrypt. Chunk i is sealed with the nonce prefix (7 bytes), i (4 bytes) and a last
mark (1 byte), and with the hash of the header as associated data: a chunk moved, left out or taken from another file
does not open, and a file that ends without its last chunk is known to be cut short (the STREAM construction). The
plain hash tells a damaged header from a wrong passphrase; it protects nothing by itself, the key check does.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import os
import struct
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from myotome.cli.mistakes import Mistake

MAGIC = b"MYOTOME-SEALED-1\n"
CHUNK = 1 << 20
TAG = 16
COST = 1 << 17
HIGHEST_COST = 1 << 20
LONGEST_HEADER = 64_000
MOST_CHUNKS = (1 << 32) - 1


class SealedWriter(io.RawIOBase):
    """Writes a sealed file; call `finish()` once, or the file is not whole."""

    def __init__(self, out: BinaryIO, passphrase: str, about: dict[str, Any], *, cost: int = COST) -> None:
        salt, prefix = os.urandom(16), os.urandom(7)
        key, check = _keys(passphrase, salt, cost)
        header = about | {"salt": salt.hex(), "cost": cost, "prefix": prefix.hex(), "check": check.hex()}
        raw = json.dumps(header, sort_keys=True).encode()
        start = MAGIC + struct.pack(">I", len(raw)) + raw
        self._bound = hashlib.sha256(start).digest()
        self._out, self._cipher, self._prefix = out, AESGCM(key), prefix
        self._waiting = bytearray()
        self._n = 0
        out.write(start + self._bound)

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Any) -> int:
        """Seals whole chunks as they fill; keeps at most one chunk in memory."""
        self._waiting += data
        # The last chunk has its mark, so a full one waits until it is known that something follows.
        while len(self._waiting) > CHUNK:
            self._seal(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(data)

    def finish(self) -> None:
        """Seals what is left as the last chunk."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, plain: bytes, *, last: bool) -> None:
        if self._n > MOST_CHUNKS:
            raise Mistake("more than 4 PB do not fit into one sealed file.")
        self._out.write(self._cipher.encrypt(_nonce(self._prefix, self._n, last), plain, self._bound))
        self._n += 1


class SealedReader(io.RawIOBase):
    """Reads a sealed file. Whoever reads to the end has read what was written, whole and unchanged.

    Raises:
        Mistake: not a sealed file, damaged, cut short, or the passphrase is wrong.
    """

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        self.about, self._bound = read_header(file)
        key, check = _keys(passphrase, bytes.fromhex(self.about["salt"]), self.about["cost"])
        if not hmac.compare_digest(check, bytes.fromhex(self.about["check"])):
            raise Mistake("the passphrase is wrong; nothing was changed.")
        self._file, self._cipher, self._prefix = file, AESGCM(key), bytes.fromhex(self.about["prefix"])
        self._ready = b""
        self._next = file.read(CHUNK + TAG)
        self._n = 0
        self._ended = False

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Up to len(buffer) bytes; 0 only after the last chunk was seen to be the last."""
        while not self._ready and not self._ended:
            self._open_chunk()
        n = min(len(buffer), len(self._ready))
        buffer[:n] = self._ready[:n]
        self._ready = self._ready[n:]
        return n

    def _open_chunk(self) -> None:
        sealed = self._next
        self._next = self._file.read(CHUNK + TAG)
        last = not self._next
        try:
            self._ready = self._cipher.decrypt(_nonce(self._prefix, self._n, last), sealed, self._bound)
        except (InvalidTag, ValueError):
            raise Mistake(self._what_is_wrong(sealed, last=last)) from None
        self._n += 1
        self._ended = last

    def _what_is_wrong(self, sealed: bytes, *, last: bool) -> str:
        if last and len(sealed) >= TAG:
            try:
                self._cipher.decrypt(_nonce(self._prefix, self._n, False), sealed, self._bound)
            except InvalidTag:
                pass
            else:
                return "the file was cut short; nothing was changed."
        if last and len(sealed) < CHUNK + TAG:
            return "the file is damaged or was cut short; nothing was changed."
        return "the file is damaged; nothing was changed."


def read_header(file: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """What the file says about itself, and the hash that binds its chunks to it.

    Raises:
        Mistake: it is not a sealed file, or its beginning is damaged or cut short.
    """
    magic = file.read(len(MAGIC))
    if magic != MAGIC:
        if magic and MAGIC.startswith(magic):
            raise Mistake("the file was cut short; nothing was changed.")
        raise Mistake("this is not a backup of Myotome; nothing was changed.")
    length = file.read(4)
    size = struct.unpack(">I", length)[0] if len(length) == 4 else 0
    if size > LONGEST_HEADER:
        raise Mistake("the beginning of the file is damaged; nothing was changed.")
    raw, bound = file.read(size), file.read(32)
    if len(raw) < size or len(bound) < 32 or not size:
        raise Mistake("the file was cut short; nothing was changed.")
    if not hmac.compare_digest(hashlib.sha256(magic + length + raw).digest(), bound):
        raise Mistake("the beginning of the file is damaged; nothing was changed.")
    about = json.loads(raw)
    if not 1 < about.get("cost", 0) <= HIGHEST_COST:
        raise Mistake("the file asks for more memory than this program gives; nothing was changed.")
    return about, bound


def _keys(passphrase: str, salt: bytes, cost: int) -> tuple[bytes, bytes]:
    """(key of the chunks, key check): 64 bytes of scrypt, so that the check says nothing about the key."""
    long = hashlib.scrypt(passphrase.encode(), salt=salt, n=cost, r=8, p=1, maxmem=256 * 8 * cost, dklen=64)
    return long[:32], hashlib.sha256(b"check" + long[32:]).digest()[:16]


def _nonce(prefix: bytes, n: int, last: bool) -> bytes:
    return prefix + struct.pack(">I", n) + (b"\x01" if last else b"\x00")
