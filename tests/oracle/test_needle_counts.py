"""Needle counts against the slow, obvious way of counting: one needle after the other, on fingers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myotome.science.needling.counts import (
    check_all_out,
    check_sharps,
    counts_by_region,
    n_short,
    open_needles,
    overdue_at,
)
from myotome.vocabulary.anatomy import NeedleRegion, Side
from myotome.vocabulary.errors import NeedleUnaccountedFor
from myotome.vocabulary.needling import NeedleInsertion, NeedleState, SiteKind

START = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


@st.composite
def needles(draw):
    rows = draw(st.lists(st.tuples(st.sampled_from(NeedleRegion), st.sampled_from(NeedleState), st.integers(0, 90))))
    return [
        NeedleInsertion(
            client_id=str(i),
            site_kind=SiteKind.MUSCLE,
            site="gluteus_medius",
            side=Side.LEFT,
            region=region,
            state=state,
            in_at=START + timedelta(minutes=minute),
        )
        for i, (region, state, minute) in enumerate(rows)
    ]


@given(needles())
def test_counts_by_region_equal_counting_on_fingers(rows):
    for count in counts_by_region(rows):
        there = [needle for needle in rows if needle.region.value == count.region]
        assert count.n_in == len(there)
        assert count.n_out == len([n for n in there if n.state is NeedleState.OUT])
        assert count.n_left_in == len([n for n in there if n.state is NeedleState.LEFT_IN])
        assert count.n_open == len([n for n in there if n.state in (NeedleState.IN, NeedleState.FRAGMENT)])
    assert sum(count.n_in for count in counts_by_region(rows)) == len(rows)


@given(needles())
def test_closing_is_refused_exactly_while_something_is_open(rows):
    if [n for n in rows if n.state in (NeedleState.IN, NeedleState.FRAGMENT)]:
        with pytest.raises(NeedleUnaccountedFor) as refusal:
            check_all_out(rows)
        assert refusal.value.message.startswith(f"{len(open_needles(rows))} needle")
    else:
        check_all_out(rows)


@given(needles(), st.integers(1, 40))
def test_the_oldest_open_needle_sets_the_alarm(rows, minutes):
    alarm = overdue_at(rows, timedelta(minutes=minutes))
    starts = sorted(n.in_at for n in rows if n.state in (NeedleState.IN, NeedleState.FRAGMENT))
    assert alarm == (starts[0] + timedelta(minutes=minutes) if starts else None)


@given(needles(), st.integers(0, 60), st.integers(0, 60))
def test_the_sharps_box_agrees_exactly_when_every_needle_opened_is_found_somewhere(rows, opened, boxed):
    found = boxed
    for needle in rows:
        if needle.state is NeedleState.LEFT_IN or needle.state is NeedleState.MISSING:
            found += 1
    assert n_short(rows, opened, boxed) == opened - found
    assert n_short(rows, None, boxed) == n_short(rows, opened, None) == 0
    if opened and found <= opened:
        check_sharps(rows, opened, boxed, n_not_found=opened - found)
    if rows and not opened:
        with pytest.raises(NeedleUnaccountedFor, match="none was counted as opened") as refusal:
            check_sharps(rows, opened, boxed)
        assert refusal.value.field == "n_needles_opened"
    elif found == opened:
        check_sharps(rows, opened, boxed)
    else:
        with pytest.raises(NeedleUnaccountedFor, match=f"^{opened} needles were opened") as refusal:
            check_sharps(rows, opened, boxed)
        assert refusal.value.field == "n_needles_in_sharps"
