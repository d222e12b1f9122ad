"""Hours taken out of other hours: every second is where it belongs, and nothing is left empty."""

from hypothesis import given
from hypothesis import strategies as st

from myotome.science.booking.hours import intervals_without
from myotome.vocabulary.scheduling import Interval


def apart(pairs):
    """Intervals in order that do not meet, out of rising numbers."""
    marks = sorted(set(pairs))
    return [Interval(a, b) for a, b in zip(marks[::2], marks[1::2], strict=False)]


hours = st.lists(st.integers(0, 40), max_size=12).map(apart)


@given(hours, hours)
def test_what_is_left_is_what_is_in_the_one_and_not_in_the_other(mine, taken):
    def seconds(rows):
        return [second for row in rows for second in range(row.start, row.end)]

    left = intervals_without(mine, taken)
    assert seconds(left) == sorted(set(seconds(mine)) - set(seconds(taken)))
    assert all(row.start < row.end for row in left)
