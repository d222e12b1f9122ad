"""A sealed file opens only whole, unchanged, and with its passphrase."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myotome.cli import sealed
from myotome.cli.mistakes import Mistake

WORD = "correct horse battery"
CHEAP = 1 << 4


def seal(plain: bytes, word: str = WORD) -> bytes:
    out = io.BytesIO()
    writer = sealed.SealedWriter(out, word, {"format": "test"}, cost=CHEAP)
    writer.write(plain)
    writer.finish()
    return out.getvalue()


def open_all(file: bytes, word: str = WORD) -> bytes:
    return io.BufferedReader(sealed.SealedReader(io.BytesIO(file), word)).read()


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(sealed, "CHUNK", 64)


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 127, 128, 129, 1000])
def test_what_was_sealed_is_read_back(small_chunks, size):
    plain = bytes(i % 251 for i in range(size))
    assert open_all(seal(plain)) == plain


def test_pieces_of_any_size_make_the_same_content(small_chunks):
    out = io.BytesIO()
    writer = sealed.SealedWriter(out, WORD, {}, cost=CHEAP)
    for n in range(50):
        writer.write(bytes([n]) * n)
    writer.finish()
    assert open_all(out.getvalue()) == b"".join(bytes([n]) * n for n in range(50))


def test_the_same_content_is_sealed_differently_each_time():
    assert seal(b"a note") != seal(b"a note")


def test_nothing_of_the_content_shows():
    assert b"Lindqvist" not in seal(b"Hannah Lindqvist " * 100)


def test_a_wrong_passphrase_is_told_as_such():
    with pytest.raises(Mistake, match="passphrase is wrong"):
        open_all(seal(b"a note"), "another one entirely")


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(max_examples=200, deadline=None)
def test_a_flipped_bit_anywhere_is_noticed(place, bit):
    file = bytearray(SEALED)
    file[int(place * len(file))] ^= 1 << bit
    with pytest.raises(Mistake):
        open_all(bytes(file))


@given(place=st.floats(0, 1, exclude_max=True))
@settings(max_examples=200, deadline=None)
def test_a_cut_anywhere_is_noticed(place):
    with pytest.raises(Mistake):
        open_all(SEALED[: int(place * len(SEALED))])


def test_a_cut_between_two_chunks_is_told_as_a_cut(small_chunks):
    file = seal(bytes(200))
    whole = len(file) - (200 - 3 * 64 + sealed.TAG)
    with pytest.raises(Mistake, match="cut short"):
        open_all(file[:whole])


def test_something_appended_is_noticed(small_chunks):
    with pytest.raises(Mistake, match="damaged"):
        open_all(seal(bytes(200)) + b"x")


def test_two_chunks_exchanged_are_noticed(small_chunks):
    file = seal(bytes(range(192)))
    size = 64 + sealed.TAG
    start = len(file) - 3 * size
    one, two, rest = file[start : start + size], file[start + size : start + 2 * size], file[start + 2 * size :]
    with pytest.raises(Mistake, match="damaged"):
        open_all(file[:start] + two + one + rest)


def test_a_chunk_of_another_file_with_the_same_passphrase_is_noticed(small_chunks):
    first, second = seal(bytes(64)), seal(bytes(64))
    with pytest.raises(Mistake):
        open_all(first[: -(64 + sealed.TAG)] + second[-(64 + sealed.TAG) :])


def test_a_header_that_asks_for_a_mountain_of_memory_is_refused():
    import hashlib
    import json

    raw = json.dumps({"salt": "00", "cost": 1 << 40, "prefix": "00", "check": "00"}).encode()
    start = sealed.MAGIC + struct.pack(">I", len(raw)) + raw
    with pytest.raises(Mistake, match="memory"):
        open_all(start + hashlib.sha256(start).digest())


@pytest.mark.parametrize("other", [b"", b"PK\x03\x04 a zip", b"SQLite format 3\0" * 10])
def test_any_other_file_is_told_as_such(other):
    with pytest.raises(Mistake, match=r"not a backup|cut short"):
        open_all(other)


SEALED = seal(bytes(range(256)) * 20)
