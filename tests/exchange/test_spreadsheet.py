"""CSV from whatever program: read for certain, or refused with the row and the reason; no day is ever guessed."""

import csv
import io
from contextlib import suppress
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myotome.exchange.spreadsheet.dates import clock_from, day_from
from myotome.exchange.spreadsheet.table import check_is_no_formula, read_table
from myotome.vocabulary.errors import InvalidValue, MyotomeError, TooBig, UnreadableFile

COLUMNS = {"given_name": ("First name", "prénom"), "family_name": ("Last name",), "note": ()}
CELL = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=30).map(str.strip)


def read(file, **changes):
    values = {"columns": COLUMNS, "required": ("given_name", "family_name"), "most_rows": 50, "most_bytes": 1_000_000}
    return read_table(file if isinstance(file, bytes) else file.encode(), **(values | changes))


def cells(table):
    return [(row.number, row["given_name"], row["family_name"]) for row in table.rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le with mark"])
def test_every_usual_way_to_save_a_table_is_read(delimiter, encoding):
    text = delimiter.join(["Last name", "First Name", "Age"]) + "\r\n" + delimiter.join(["Tremblay", "Zoë", "5"])
    file = b"\xff\xfe" + text.encode("utf-16-le") if "mark" in encoding else text.encode(encoding)
    table = read(file)
    assert cells(table) == [(2, "Zoë", "Tremblay")]
    assert table.ignored == ("Age",)


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=6), st.sampled_from([",", ";", "\t"]), st.booleans())
def test_what_a_spreadsheet_writes_is_read_back(rows, delimiter, with_breaks):
    rows = [(a + ("\r\nb" if with_breaks else ""), b, c) for a, b, c in rows]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([("given_name", "family_name", "note"), *rows])
    table = read(out.getvalue())
    assert table.faults == ()
    assert [(row["given_name"], row["family_name"], row["note"]) for row in table.rows] == [
        tuple(cell.strip() for cell in row) for row in rows if any(cell.strip() for cell in row)
    ]


@given(st.binary(max_size=300))
def test_no_file_breaks_it(noise):
    for file in (noise, b"given_name,family_name\r\n" + noise, b"\xff\xfe" + noise):
        with suppress(MyotomeError):
            assert read(file).rows is not None


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"MZ\x90\x00\x03",
        "given_name,family_name\nZoë,T".encode("latin-1"),
        "given_name,family_name\nA,B".encode("utf-16-le"),
        b"name,age\nA,5",
        b"given_name|family_name\nA|B",
        b"given_name,first name,family_name\nA,B,C",
    ],
)
def test_what_is_no_such_table_is_refused_as_a_whole(file):
    with pytest.raises(UnreadableFile):
        read(file)


def test_a_row_with_too_few_or_too_many_cells_is_named_and_the_others_are_read():
    table = read("given_name,family_name,note\nA,B\nC,D,x,y\nE,F,\n\n ,,\nG,H,x,,\n")
    assert [(fault.number, fault.says) for fault in table.faults] == [
        (2, "It has 2 cells, the heading has 3."),
        (3, "It has 4 cells, the heading has 3."),
    ]
    assert cells(table) == [(4, "E", "F"), (7, "G", "H")]


def test_a_quote_that_is_never_closed_is_named_where_it_is_opened():
    table = read('given_name,family_name\nA,B\n"C,D\nE,F\n')
    assert cells(table) == [(2, "A", "B")]
    assert [fault.number for fault in table.faults] == [3]


def test_a_long_cell_and_a_character_that_cannot_be_stored_are_faults_of_their_rows():
    table = read("given_name,family_name\n" + "x" * 1001 + ",B\nbell\x07,D\n" + "y" * 200_000 + ",F\n")
    assert [fault.number for fault in table.faults][:2] == [2, 3]
    assert cells(table) == []


def test_a_million_rows_are_refused_at_once_and_so_is_a_great_file():
    with pytest.raises(TooBig):
        read("given_name,family_name\n" + "A,B\n" * 1_000_000, most_bytes=100_000_000)
    with pytest.raises(TooBig):
        read(b"x" * 1_000_001)


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\tx"])
def test_what_begins_like_a_formula_is_told_from_a_name(text):
    with pytest.raises(InvalidValue):
        check_is_no_formula(text, "given_name")
    check_is_no_formula(f"a{text}", "given_name")


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("1968-03-12", "", date(1968, 3, 12)),
        ("1968-3-2", "", date(1968, 3, 2)),
        ("1968-03-12 00:00:00", "", date(1968, 3, 12)),
        ("12 March 1968", "", date(1968, 3, 12)),
        ("12-Mar-1968", "", date(1968, 3, 12)),
        ("March 12, 1968", "", date(1968, 3, 12)),
        ("13/04/1968", "", date(1968, 4, 13)),
        ("04/13/1968", "", date(1968, 4, 13)),
        ("04/04/1968", "", date(1968, 4, 4)),
        ("03/04/1968", "day", date(1968, 4, 3)),
        ("03/04/1968", "month", date(1968, 3, 4)),
        ("03.04.1968", "day", date(1968, 4, 3)),
    ],
)
def test_a_day_is_read(text, order, day):
    assert day_from(text, "born_on", order=order) == day


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("03/04/1968", ""), ("13/04/1968", "month"), ("04/13/1968", "day"), ("03/04/68", "day"), ("31/02/1968", "day"),
        ("1968-02-30", ""), ("0000-01-01", ""), ("12 Smarch 1968", ""), ("", ""), ("yesterday", ""), ("25000", ""), ("٣/٤/١٩٦٨", "day"),
    ],
)  # fmt: skip
def test_what_is_no_day_or_may_be_two_is_refused(text, order):
    with pytest.raises(InvalidValue):
        day_from(text, "born_on", order=order)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_a_day_is_never_taken_for_another(day):
    assert day_from(f"{day.day:02}/{day.month:02}/{day.year}", "x", order="day") == day
    assert day_from(f"{day.month:02}/{day.day:02}/{day.year}", "x", order="month") == day
    try:
        assert day_from(f"{day.day:02}/{day.month:02}/{day.year}", "x") == day
    except InvalidValue:
        assert day.day <= 12
        assert day.day != day.month


@pytest.mark.parametrize(
    ("text", "clock"),
    [("14:30", time(14, 30)), ("2:30 pm", time(14, 30)), ("12:00 a.m.", time(0)), ("12:15 PM", time(12, 15)), ("9h05", time(9, 5))],
)  # fmt: skip
def test_a_time_of_day_is_read(text, clock):
    assert clock_from(text, "time") == clock


@pytest.mark.parametrize("text", ["25:00", "14:60", "13:00 pm", "0:30 am", "noon", "", "9", "14:30:30"])
def test_what_is_no_time_of_day_is_refused(text):
    with pytest.raises(InvalidValue):
        clock_from(text, "time")
