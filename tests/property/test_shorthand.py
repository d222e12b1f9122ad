"""A needle line is read, printed and read again as the same needles; an error points at its word."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myotome.knowledge.acupoints import acupoints
from myotome.knowledge.muscles import muscles, region_at
from myotome.knowledge.muscles import sites as all_sites
from myotome.science.needling.lines import CURRENT_FIELDS, DEQI, MOST_OF_CURRENT, NeedleLine, mirrored, print_line
from myotome.science.needling.shorthand import ShorthandError, marked_words, parse_line, parse_lines
from myotome.vocabulary.anatomy import NeedleRegion, Position, Side
from myotome.vocabulary.needling import GAUGES_MM, LENGTHS_MM, NeedleState, SiteKind, Technique

NEAREST = [f"{id}-{level}" if level else id for id, level in all_sites()] + list(acupoints())
AT = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
PLAIN = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12)
NOTE = st.text("abc dé,.:ñ合'0", max_size=40).map(str.strip)


def up_to(most: int) -> st.SearchStrategy[float]:
    return st.integers(1, 4 * most).map(lambda n: n / 4)


AMOUNT = up_to(100)


@st.composite
def sites(draw):
    """Site, level, region and side of a muscle, or of a free locus."""
    if draw(st.integers(0, 4)) == 0:
        region = draw(st.sampled_from(NeedleRegion))
        return {
            "site_kind": SiteKind.FREE,
            "site": draw(PLAIN),
            "level": None,
            "nearest": draw(st.just("") | st.sampled_from(NEAREST)),
            "region": region,
            "side": draw(st.sampled_from(Side)),
        }
    row = draw(st.sampled_from(list(muscles().values())))
    level = draw(st.sampled_from(row.levels)) if row.levels else None
    side = draw(st.sampled_from([Side.LEFT, Side.RIGHT]))
    return {
        "site_kind": SiteKind.MUSCLE,
        "site": row.id,
        "level": level,
        "region": region_at(row.id, level),
        "side": side,
    }


@st.composite
def needle_lines(draw):
    electrical = draw(st.booleans())
    current = {CURRENT_FIELDS[unit]: draw(st.none() | up_to(most)) for unit, most in MOST_OF_CURRENT.items()}
    state = draw(st.sampled_from([NeedleState.IN, NeedleState.OUT]))
    gauge = draw(st.none() | st.sampled_from(GAUGES_MM))
    return NeedleLine(
        **draw(sites()),
        site_detail=draw(st.just("") | PLAIN),
        depth_mm=draw(st.none() | st.integers(0, 150)),
        gauge_mm=gauge,
        length_mm=draw(st.sampled_from(LENGTHS_MM)) if gauge else None,
        lot=draw(st.just("") | PLAIN),
        technique=Technique.ELECTRICAL
        if electrical
        else draw(st.sampled_from([Technique.IN_OUT, Technique.PECK, Technique.HOLD, Technique.ROTATE])),
        **(current if electrical else {}),
        response_sought=draw(st.just("") | PLAIN),
        painless=draw(st.none() | st.just(True)),
        grasp=draw(st.none() | st.integers(0, 3)),
        cramp=draw(st.none() | st.integers(0, 10)),
        twitches=draw(st.none() | st.integers(0, 50)),
        release=draw(st.none() | st.booleans()),
        deqi=tuple(draw(st.lists(st.sampled_from(sorted(DEQI.values())), unique=True, max_size=3))),
        position=draw(st.none() | st.sampled_from(Position)),
        state=state,
        seconds=draw(st.none() | AMOUNT),
        retain_minutes=draw(st.none() | up_to(60).map(lambda n: n + 1)) if state is NeedleState.IN else None,
        note=draw(NOTE),
    )


@given(needle_lines())
def test_a_printed_needle_is_read_as_the_same_needle(row):
    assert parse_line(print_line(row)) == (row,)


@given(needle_lines())
def test_every_word_of_a_printed_needle_is_read(row):
    assert all(word.ok for word in marked_words(print_line(row)))


@given(st.text(max_size=80))
def test_any_text_is_read_or_answered_with_a_place_in_the_line(text):
    fault = None
    try:
        parse_line(text)
    except ShorthandError as found:
        fault = found
    if fault is not None:
        assert 0 <= fault.start <= fault.end <= len(text)
        assert fault.message.strip()
    for word in marked_words(text):
        assert text[word.start : word.end] == word.text


@given(st.lists(needle_lines(), min_size=1, max_size=12))
def test_a_paste_is_its_lines_one_after_the_other(rows):
    assert parse_lines("\n\n".join(print_line(row) for row in rows)) == tuple(rows)


@given(needle_lines())
def test_a_line_makes_a_needle_that_is_in_or_out(row):
    needle = row.insertion(client_id="a", at=AT)
    assert (needle.out_at == AT) == (needle.state is NeedleState.OUT)
    assert needle.in_at <= AT


@given(needle_lines())
def test_a_mirrored_needle_keeps_its_site_and_loses_its_response(row):
    other = mirrored(row)
    assert mirrored(other).side is row.side
    assert (other.site, other.level, other.depth_mm) == (row.site, row.level, row.depth_mm)
    assert (other.grasp, other.cramp, other.twitches, other.release, other.deqi) == (None, None, None, None, ())


@pytest.mark.parametrize(
    ("line", "site", "level", "said"),
    [
        ("L mult-L5 40 .30x50 grasp3 cramp7 release 8s", "multifidus", "L5", {"depth_mm": 40, "grasp": 3, "cramp": 7, "release": True, "seconds": 8.0}),
        ("r glmed 55 .30x60 painless", "gluteus_medius", None, {"painless": True, "gauge_mm": 0.3, "length_mm": 60}),
        ("L multL5 twitch", "multifidus", "L5", {"twitches": 1}),
        ("left Gluteus-Medius norelease", "gluteus_medius", None, {"release": False}),
        ("R tibant 20 2hz .3ms 1.5mA 10min", "tibialis_anterior", None, {"technique": Technique.ELECTRICAL, "electrical_hz": 2.0, "electrical_min": 10.0}),
        ("L pir (rear) # tender after sitting", "piriformis", None, {"site_detail": "rear", "note": "tender after sitting"}),
        ("R glmed in", "gluteus_medius", None, {"state": NeedleState.IN}),
    ],
)  # fmt: skip
def test_lines_as_practitioners_write_them(line, site, level, said):
    (row,) = parse_line(line)
    assert (row.site, row.level) == (site, level)
    assert {name: getattr(row, name) for name in said} == said


def test_both_sides_and_a_stretch_of_levels_are_several_needles():
    rows = parse_line("B mult-L4-S1 grasp2")
    assert [(row.level, row.side.value) for row in rows] == [
        ("L4", "left"), ("L4", "right"), ("L5", "left"), ("L5", "right"), ("S1", "left"), ("S1", "right"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "word", "nearest"),
    [
        ("L glmed 50 .30x60 gasp2", "gasp2", "grasp2"),
        ("L glmde 50", "glmde", "glmed"),
        ("L mult 40", "mult", "mult-S1"),
        ("L glmed grasp", "grasp", "grasp2"),
        ("L glmed grasp4", "grasp4", "grasp3"),
        ("L glmed 200", "200", ""),
        ("L glmed-L5", "glmed-L5", "glmed"),
        ("L mult-T15", "mult-T15", ""),
        ("L glmed 40 50", "50", ""),
        ("L glmed retain soon", "soon", "20m"),
        ("L ST36 retain 300m", "300m", "20m"),
        ("L ST36 0hz", "0hz", ""),
        ("L 足 20", "足", ""),
        ("L @lowback/scar 20", "@lowback/scar", "@low_back/scar"),
        ("L @low_back/scar~glmde 20", "@low_back/scar~glmde", "@low_back/scar~glmed"),
    ],
)
def test_an_error_points_at_the_word_and_offers_the_nearest(line, word, nearest):
    with pytest.raises(ShorthandError) as refusal:
        parse_line(line)
    assert (refusal.value.word, refusal.value.nearest) == (word, nearest)
    assert line[refusal.value.start : refusal.value.end] == word
    assert [w.text for w in marked_words(line) if not w.ok] == [word]


def test_a_side_that_the_site_does_not_have_is_what_the_error_points_at():
    with pytest.raises(ShorthandError, match="Which side") as refusal:
        parse_line("M ST36 10")
    assert (refusal.value.start, refusal.value.end) == (0, 1)


@pytest.mark.parametrize(
    ("word", "code"),
    [("K3", "KI3"), ("P6", "PC6"), ("Liv3", "LR3"), ("TW5", "TE5"), ("Ren17", "CV17"), ("hegu", "LI4"),
     ("Zúsānlǐ", "ST36"), ("合谷", "LI4")],
)  # fmt: skip
def test_a_point_is_known_by_older_letters_by_pinyin_and_by_its_characters(word, code):
    assert {row.site for row in parse_line(f"B {word} 20")} == {code}


def test_the_words_of_several_lines_keep_their_places():
    text = "L glmed 40\nR gasp2"
    assert [text[word.start : word.end] for word in marked_words(text)] == ["L", "glmed", "40", "R", "gasp2"]


def test_a_word_that_could_be_two_muscles_is_none():
    with pytest.raises(ShorthandError, match="could be"):
        parse_line("L ext 20")


def test_a_side_is_asked_for():
    with pytest.raises(ShorthandError, match="Which side"):
        parse_line("glmed 40")


def test_the_error_of_a_paste_names_its_line():
    with pytest.raises(ShorthandError, match=r"^Line 2: "):
        parse_lines("L glmed 40\nL glmde 40")


@pytest.mark.parametrize(
    ("line", "read"),
    [
        (
            "B LI4 ST36 20 .25x40 deqi retain 20m",
            [("LI4", "left"), ("LI4", "right"), ("ST36", "left"), ("ST36", "right")],
        ),
        ("R UB60 in", [("BL60", "right")]),
        ("GV20 10", [("GV20", "midline")]),
    ],
)
def test_points_are_read_with_older_codes_and_without_a_side_on_the_midline(line, read):
    rows = parse_line(line)
    assert [(row.site, row.side.value) for row in rows] == read
    assert [parse_line(print_line(row)) for row in rows] == [(row,) for row in rows]


def test_a_point_beyond_its_meridian_names_the_last():
    with pytest.raises(ShorthandError, match="ST has 45 points"):
        parse_line("L ST99 20")
