"""The column of labels beside the figure: one row a muscle or an area of skin, each a touch target that it cannot be.

Rows stand in equal slots as high as the figure, near the height of their part and never on top of each other; a leader
line leads from a row to its part. A row opens the keys of its part and says both sides in words.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from myotome.pages.assessment.names import SIDE_WORDS, found_words, sign_name, subject_name
from myotome.pages.plates import split_key
from myotome.pages.plates.crops import Box

RATIO = 0.72
"""Width by height of the figure: the label column beside it is as high, so that a leader begins where its label stands."""

SLOTS = 9
MOST = SLOTS - 1
"""The last slot is the way to the other side of the body."""

EDGE = 0.056
"""Above and below this share of the height a muscle is cut off, and its label would say more than the picture shows."""

FIRST_SIGN = "shortened"
"""The sign that a tap charts: where both sides were tested it goes without saying."""


@dataclass(frozen=True, slots=True)
class Label:
    """One row; `leads_to` is the key of the part its leader ends at, `share` the share of the height where it begins."""

    name: str
    sides: str
    href: str
    slot: int
    is_chosen: bool
    leads_to: str

    @property
    def share(self) -> float:
        return (self.slot - 0.5) / SLOTS


def label_column(
    states: Mapping[str, int | None],
    places: Mapping[str, tuple[float, float]],
    words: Callable[[list[str]], tuple[str, str]],
    *,
    chosen: str,
    opened: Collection[str],
    box: Box,
    href: Callable[..., str],
) -> list[Label]:
    """The rows from above to below, of the parts of `states` whose place in the view lies inside the box.

    `words` gives the name of a site and both its sides in words, from the keys of its parts.

    Where there is no room for all, the chosen site comes first, then those of what is open, then the higher grade. A
    leader leads to the side with the higher grade, of equals to the nearer one.
    """
    x, y, w, h = box
    sites: dict[str, list[tuple[int, float, float, str]]] = {}
    for key, grade in states.items():
        at = places.get(key)
        if at is not None and x <= at[0] <= x + w and y + EDGE * h <= at[1] <= y + (1 - EDGE) * h:
            sites.setdefault(site_of(key), []).append((-1 if grade is None else grade, -at[0], at[1], key))

    def need(site: str) -> tuple[bool, bool, int]:
        return site != chosen, site not in opened, -max(sites[site])[0]

    placed = sorted((sites[site][0][2], site) for site in sorted(sites, key=need)[:MOST])
    labels: list[Label] = []
    slot = 0
    for i, (height, site) in enumerate(placed):
        near = int((height - y) / h * SLOTS) + 1
        slot = min(max(slot + 1, near), MOST - len(placed) + i + 1)
        keys = sorted(row[3] for row in sites[site])
        name, sides = words(keys)
        labels.append(
            Label(
                name=name,
                sides=sides,
                href=href(at=site),
                slot=slot,
                is_chosen=site == chosen,
                leads_to=max(sites[site])[3],
            )
        )
    return labels


def site_of(key: str) -> str:
    """The muscle, and its level where it has one, of a part."""
    _side, muscle, level = split_key(key)
    return f"{muscle}:{level}" if level else muscle


def muscle_words(keys: list[str], states: Mapping[str, int | None], signs: Mapping[str, str]) -> tuple[str, str]:
    """The muscle, and such as: left shortened 3; or: left 3, right normal; or that neither side was tested."""
    return subject_name("muscle", *split_key(keys[0])[1:]), _both_sides(keys, states, signs)


def skin_words(keys: list[str], signs: Mapping[str, Mapping[str, int]]) -> tuple[str, str]:
    """The skin of a root, and such as: left cold, sweating; right no cold; or that neither side was tested."""
    found = [f"{SIDE_WORDS[split_key(key)[0]]} {signs_in_words(signs[key])}" for key in keys if signs.get(key)]
    return subject_name("skin", split_key(keys[0])[1]), "; ".join(found) or _("neither side tested")


def signs_in_words(rows: Mapping[str, int]) -> str:
    """The signs of one area that are present; where none is, those that are absent."""
    present = [str(sign_name("skin", sign)) for sign, value in rows.items() if value]
    return ", ".join(present) or _("no %(signs)s") % {"signs": ", ".join(str(sign_name("skin", sign)) for sign in rows)}


def _both_sides(keys: Iterable[str], states: Mapping[str, int | None], signs: Mapping[str, str]) -> str:
    grades = {key: grade for key in keys if (grade := states[key]) is not None}
    if not grades:
        return _("neither side tested")
    found = []
    for key, grade in grades.items():
        goes_without = grade and signs[key] == FIRST_SIGN and len(grades) > 1
        words = str(grade) if goes_without else found_words("muscle", signs[key], grade)
        found.append(f"{SIDE_WORDS[split_key(key)[0]]} {words}")
    return ", ".join(found)
