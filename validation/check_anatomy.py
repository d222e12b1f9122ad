"""Do our muscle and point tables agree with published lists that never ship?

Run `python validation/check_anatomy.py [REFERENCE]`, REFERENCE = a folder with innervation_A_*.csv, innervation_C_*.csv,
acupoints.csv and acupoint_hazards.csv (default `../shared/reference/anatomy` beside the project). Five rules: (1) nerve
agrees with A or C by name; (2) roots contain those common to A and C, and a root outside both has its own citation;
(3) the heaviest root lies in both lists; (4) rows without spinal roots follow a level rule or are cranial, and rows of the
known conflicts carry two citations; (5) nothing is missing on either side without a note. Points: names, counts, and
hazards as the union of the lists. Writes validation/results/anatomy-<date>.json; exit status 1 on any breach.
"""

from __future__ import annotations

import csv
import json
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from anatomy_names import CONFLICTS, HAZARD_CODES, LEFT_OUT, NERVE_WORDS, PARTS, PLAIN_NERVES
from stale import head

from myotome.knowledge import KNOWLEDGE_VERSION
from myotome.knowledge.acupoints import acupoints
from myotome.knowledge.acupoints.rows import plain
from myotome.knowledge.muscles import Muscle, muscles
from myotome.knowledge.signs import dermatomes, myotome_schemes
from myotome.vocabulary.anatomy import ROOT_INDEX

HERE = Path(__file__).resolve().parent
COVERED = tuple(f"src/myotome/knowledge/{name}" for name in ("acupoints", "muscles", "signs"))
REFERENCE = HERE.parents[1] / "shared" / "reference" / "anatomy"

Listed = dict[str, tuple[str, frozenset[str]]]


def lists(folder: Path) -> tuple[Listed, Listed]:
    """Lists A and C: nerve text and root set by muscle name."""

    def one(name: str) -> Listed:
        with (folder / name).open(encoding="utf-8", newline="") as stream:
            return {
                row["muscle"]: (
                    row["nerve"].lower(),
                    frozenset(root for root in row["roots"].split(";") if root in ROOT_INDEX),
                )
                for row in csv.DictReader(stream)
            }

    return one("innervation_A_alexa_muscles.csv"), one("innervation_C_wikipedia.csv")


def names_of(row: Muscle) -> tuple[str, ...]:
    """Names under which the lists may hold our row, the most special first."""
    return PARTS.get(row.id, (row.id.replace("_", " "),))


def nerve_families(text: str) -> set[str]:
    """Families of nerve that a text names."""
    text = text.lower()
    found = {family for family, words in NERVE_WORDS.items() if any(word in text for word in words)}
    return found | {word for word in PLAIN_NERVES if word in text}


def first_with_roots(names: Iterable[str], listed: Listed) -> frozenset[str]:
    """Roots of the first name that the list gives roots for."""
    return next((listed[name][1] for name in names if name in listed and listed[name][1]), frozenset())


def check_muscle(row: Muscle, a: Listed, c: Listed) -> tuple[list[str], dict[str, Any]]:
    """Breaches of rules 1 to 5 for one row, and what was compared."""
    names = names_of(row)
    nerves = [listed[name][0] for listed in (a, c) for name in names if name in listed]
    in_a, in_c = first_with_roots(names, a), first_with_roots(names, c)
    ours = set(row.roots or row.segmental_link)
    both = in_a & in_c
    outside = sorted(ours - (in_a | in_c), key=ROOT_INDEX.__getitem__) if in_a or in_c else []
    peaks = [root for root, weight in row.roots.items() if weight == max(row.roots.values())]
    breaches = []
    if nerves and not any(nerve_families(row.nerve) & nerve_families(text) for text in nerves):
        breaches.append(f"rule 1: nerve {row.nerve!r} against {nerves}")
    if not row.levels:
        if both - ours:
            breaches.append(f"rule 2: lacks {sorted(both - ours)} common to A and C")
        if outside and len(row.sources) < 2:
            breaches.append(f"rule 2: {outside} outside A and C without a citation of its own")
        if in_a and in_c and not set(peaks) <= both:
            breaches.append(f"rule 3: heaviest {peaks} not in both lists {sorted(both)}")
    elif both - set(row.levels):
        breaches.append(f"rule 4: levels lack {sorted(both - set(row.levels))}")
    if not row.roots and not row.levels and row.ramus != "cranial":
        breaches.append("rule 4: neither roots nor levels nor a cranial nerve")
    if row.id in CONFLICTS and (len(row.sources) < 2 or not row.note):
        breaches.append("rule 4: a known conflict without two citations and a note")
    stated = [roots for roots in (in_a, in_c) if roots]
    if not row.note and not row.levels and any(roots != ours for roots in stated):
        breaches.append(
            f"note: lists say {[sorted(roots) for roots in stated]}, ours {sorted(ours)}, and no note tells"
        )
    if not nerves and not row.note:
        breaches.append("rule 5: in neither list and no note says why")
    compared = {"A": sorted(in_a), "C": sorted(in_c), "ours": dict(row.roots or row.segmental_link), "outside": outside}
    return breaches, compared


def check_muscles(a: Listed, c: Listed) -> dict[str, Any]:
    """All rows, and both directions of what is missing."""
    breaches: list[str] = []
    differing: dict[str, Any] = {}
    counts = dict.fromkeys(("agree with A and C", "overlap and differ", "one list with roots", "no list with roots"), 0)
    for row in muscles().values():
        found, compared = check_muscle(row, a, c)
        breaches += [f"{row.id}: {text}" for text in found]
        if row.levels or not row.roots:
            continue
        in_a, in_c, ours = set(compared["A"]), set(compared["C"]), set(row.roots)
        if not in_a and not in_c:
            counts["no list with roots"] += 1
        elif not in_a or not in_c:
            counts["one list with roots"] += 1
        elif in_a == in_c == ours:
            counts["agree with A and C"] += 1
        else:
            counts["overlap and differ"] += 1
            differing[row.id] = compared
    ours_named = {name for row in muscles().values() for name in names_of(row)}
    missing = sorted((set(a) | set(c)) - ours_named - set(LEFT_OUT))
    breaches += [f"{name}: rule 5: in a list, not in ours, and no reason given" for name in missing]
    return {
        "rows": len(muscles()),
        "in_neither_list": [row.id for row in muscles().values() if not (set(names_of(row)) & (set(a) | set(c)))],
        "left_out_with_a_reason": len((set(a) | set(c)) & set(LEFT_OUT)),
        "roots": counts,
        "differing": differing,
        "breaches": breaches,
    }


def check_points(folder: Path) -> dict[str, Any]:
    """Names and hazards of the points against the lists."""
    breaches: list[str] = []
    tones: list[str] = []
    with (folder / "acupoints.csv").open(encoding="utf-8", newline="") as stream:
        listed = {row["code"]: row for row in csv.DictReader(stream)}
    if set(listed) != set(acupoints()):
        breaches.append(f"codes differ: {sorted(set(listed) ^ set(acupoints()))}")
    for code, row in listed.items():
        point = acupoints()[code]
        spelled = [row[column] for column in ("pinyin_iaomai", "pinyin_tcmkb", "pinyin_tara")]
        letters = {plain(part).replace(" ", "").strip() for text in spelled for part in text.split(",")}
        if not {point.pinyin_plain, *map(plain, point.variants)} & letters:
            breaches.append(f"{code}: pinyin {point.pinyin} against {spelled}")
        elif unicodedata.normalize("NFC", point.pinyin) not in {text.strip() for text in spelled}:
            tones.append(f"{code}: {point.pinyin} against {spelled[:2]}")
        signs = ";".join(row[column] for column in ("hanzi_iaomai", "hanzi_tcmkb", "hanzi_ebbarry"))
        if not any(name in signs for name in (point.hanzi, *point.variants)):
            breaches.append(f"{code}: {point.hanzi} against {signs}")
    with (folder / "acupoint_hazards.csv").open(encoding="utf-8", newline="") as stream:
        flags = [(row["code"], row["hazard"]) for row in csv.DictReader(stream)]
    for code, hazard in flags:
        if not set(HAZARD_CODES.get(hazard, (hazard,))) & set(acupoints()[code].hazards):
            breaches.append(f"{code}: hazard {hazard} of a list is not flagged")
    return {
        "points": len(listed),
        "flags_in_lists": len(flags),
        "flags_in_ours": sum(len(point.hazards) for point in acupoints().values()),
        "links": sum(len(point.muscles) for point in acupoints().values()),
        "links_published": sum(one.basis == "published" for point in acupoints().values() for one in point.muscles),
        "tones_differ": tones,
        "breaches": breaches,
    }


def check_levels(folder: Path) -> dict[str, Any]:
    """Every level of the key point list has a dermatome; both myotome schemes cover the levels of their lists."""
    breaches: list[str] = []
    with (folder / "isncsci_levels.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        level = "S4" if row["level"] == "S4-5" else row["level"]
        if level not in dermatomes():
            breaches.append(f"{level}: no dermatome")
        if row["key_muscle_function"] and level not in {one.root for one in myotome_schemes()["isncsci"]}:
            breaches.append(f"{level}: no key muscle")
    with (folder / "myotome_clinical.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            for level in row["level"].split("/"):
                if level not in {one.root for one in myotome_schemes()["screening"]}:
                    breaches.append(f"{level}: no screening movement")
    return {"levels": len(rows), "breaches": breaches}


def main(folder: Path) -> int:
    """Runs all checks, writes the result, prints the breaches; 0 if there is none."""
    if not (folder / "acupoints.csv").exists():
        print(f"No reference lists in {folder}; nothing was checked.")
        return 2
    a, c = lists(folder)
    result: dict[str, Any] = {
        **head(COVERED),
        "knowledge_version": KNOWLEDGE_VERSION,
        "muscles": check_muscles(a, c),
        "points": check_points(folder),
        "levels": check_levels(folder),
    }
    breaches = [text for part in ("muscles", "points", "levels") for text in result[part]["breaches"]]
    target = HERE / "results" / f"anatomy-{result['date']}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print("\n".join(breaches) or "No breach.")
    print(
        {
            name: value
            for name, value in result["muscles"].items()
            if name in ("rows", "roots", "left_out_with_a_reason")
        }
    )
    print({name: value for name, value in result["points"].items() if name not in ("breaches", "tones_differ")})
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else REFERENCE))
