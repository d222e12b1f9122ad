"""Missing values that were written as the scale's minimum: found beside other columns of the same wave that are empty.

In a published table of headaches the days of a diary that never came are 0, while the score of the same diary is empty:
a hundred recoveries that nobody had. So a column is held against its sisters, those of the same wave. A wave is told by
where two columns of one measure differ ("days_base" and "days_12mo", "base_days" and "12mo_days", "days1" and
"days12"), or by a number at an end of the name ("12mo", "m12"). Where no name tells, any column will do whose empty
cells are all beside minima.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import takewhile

from scipy.stats import binom

from myotome.vocabulary.errors import InvalidValue

Row = Mapping[str, str]
SUSPICIOUS, AT_LEAST = 5, 2
BY_CHANCE = 1e-3
HARDLY_ANY = 0.2
EMPTY = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "missing", "-", ".", "?"})
_NUMBER_LAST = re.compile(r"(\d+)[^\W\d_]{0,6}$")
_NUMBER_FIRST = re.compile(r"^[^\W\d_]{0,2}(\d+)")
_BETWEEN = "_-. "


def check_minima(rows: Sequence[Row], column: str, other: str, low: float) -> None:
    """Refuses a column whose minima stand just where a sister column of the same wave is empty. `other` holds the same
    measure at another wave. Rows of two files may stand one after the other.

    Raises:
        InvalidValue: names the column, the sister and how often.

    Source: vickers2004 (the trap of minima), judgement
    Check: tests/oracle/test_missing.py
    """
    written = [row for row in rows if not is_empty(row[column])]
    names = [name for name in rows[0] if name in rows[-1]]
    sisters = sisters_of(column, other, names)
    for sister in sisters or [name for name in names if name not in (column, other)]:
        without = [row for row in written if is_empty(row[sister])]
        n_without, n_with = len(without), len(written) - len(without)
        n_empty = sum(float(row[column]) == low for row in without)
        n_filled = sum(float(row[column]) == low for row in written) - n_empty
        is_coded = looks_missing if sisters else stands_for_missing
        if n_with and is_coded(n_empty, n_without, n_filled, n_with):
            raise InvalidValue(
                "{column} is exactly {low:g} in {n_empty} of {n_without} rows where {sister} is empty, and in {n_filled} of {n_with} where it is not: that looks like a missing value. Empty these cells, or say that the minimum is real.",
                field=column,
                column=column,
                low=low,
                n_empty=n_empty,
                n_without=n_without,
                sister=sister,
                n_filled=n_filled,
                n_with=n_with,
            )


def looks_missing(n_empty: int, n_without: int, n_filled: int, n_with: int) -> bool:
    """Whether `n_empty` minima of `n_without` rows without the sister are too many, beside `n_filled` of `n_with` with it:
    more than half and three times as often, and five of them or two that chance would hardly bring.

    Source: judgement
    Check: tests/oracle/test_missing.py
    """
    if n_empty < AT_LEAST or n_empty / n_without <= max(0.5, 3.0 * n_filled / n_with):
        return False
    usual = (n_filled + 1.0) / (n_with + 2.0)
    return n_empty >= SUSPICIOUS or float(binom.sf(n_empty - 1, n_without, usual)) < BY_CHANCE


def stands_for_missing(n_empty: int, n_without: int, n_filled: int, n_with: int) -> bool:
    """As `looks_missing`, of a column that no name tells to be of the same wave: every row without it is at the minimum,
    five of them or more, and hardly any with it.

    Source: judgement
    Check: tests/oracle/test_missing.py
    """
    return n_empty == n_without >= SUSPICIOUS and n_filled / n_with <= HARDLY_ANY


def sisters_of(column: str, other: str, names: Sequence[str]) -> list[str]:
    """The columns of the same wave as `column`; `other` is the same measure at another wave.

    Source: judgement
    Check: tests/oracle/test_missing.py
    """
    before, wave, after = _differing(column, other)
    return [
        name
        for name in names
        if name not in (column, other)
        and not _is_between(name, before, after)
        and (
            (wave and not after and _ends_alike(name, column, wave))
            or (wave and not before and _ends_alike(name[::-1], column[::-1], wave[::-1]))
            or ("_" in name and "_" in column and name.rpartition("_")[2] == column.rpartition("_")[2])
            or (not wave.isdigit() and _numbers(name) & _numbers(wave))
        )
    ]


def is_empty(cell: str) -> bool:
    """Whether a cell holds nothing: blanks, or a word for it.

    Source: judgement
    Check: tests/oracle/test_missing.py
    """
    return cell.strip().lower() in EMPTY


def _differing(column: str, other: str) -> tuple[str, str, str]:
    """(what both names begin with, what `column` has for its wave, what both end with); neither a number nor, where
    signs part them, a word is cut in two: "pain_" and "pre", not "pain_p" and "re"."""
    before = _shared(column, other)
    ends = column[len(before) :][::-1], other[len(before) :][::-1]
    after = _shared(*ends)[::-1]
    if after and before.isalpha() and after[0] in _BETWEEN:
        before = ""  # "p" of "pre_pain" and "post_pain"
    return before, column[len(before) : len(column) - len(after)].strip(_BETWEEN), after


def _shared(one: str, two: str) -> str:
    """What both begin with, up to a number or a word that they do not share."""
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False))
    shared = "".join(letter for letter, _same in pairs).rstrip("0123456789")
    following = one[len(shared) : len(shared) + 1], two[len(shared) : len(shared) + 1]
    parted = max(shared.rfind(sign) for sign in _BETWEEN)
    if parted >= 0 and shared[-1].isalpha() and all(letter.isalpha() for letter in following):
        return shared[: parted + 1]
    return shared


def _is_between(name: str, before: str, after: str) -> bool:
    """Whether the name is the same measure at any wave: one word between what they share."""
    if len(before) + len(after) < 2 or not (name.startswith(before) and name.endswith(after)):
        return False
    word = name[len(before) : len(name) - len(after)]
    return bool(word) and not any(sign in word for sign in _BETWEEN)


def _ends_alike(name: str, column: str, wave: str) -> bool:
    """Whether the name ends with the wave, joined to what stands before it as in `column`; a number stays whole."""
    rest, own = name[: -len(wave)], column[: -len(wave)]
    if not (name.endswith(wave) and rest and own):
        return False
    if own[-1] in _BETWEEN:
        return rest[-1] in _BETWEEN
    return not (wave[0].isdigit() and rest[-1].isdigit())


def _numbers(name: str) -> set[str]:
    return {found[1] for pattern in (_NUMBER_LAST, _NUMBER_FIRST) if (found := pattern.search(name))}
