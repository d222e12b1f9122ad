"""Do our Latin names hold the words of the published lists, which never ship?

Run `python validation/check_latin.py [REFERENCE]` as `check_anatomy.py`. The lists name muscles in English or in Latin
without "musculus": every word of theirs must be a word of our Latin name with another ending (deltoid, deltoideus), or
the name is wrong. Prints what differs; exit status 1 when something does.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from anatomy_names import PARTS
from check_anatomy import REFERENCE, lists

from myotome.knowledge.muscles import Muscle, muscles

ENDINGS = re.compile(r"(eus|ius|us|alis|aris|is|es|ei|ii|i|ae|a|um|o|or|ores|s|al|ar|e|ic|oid|oideus)$")


def stems(words: str) -> set[str]:
    """Words without their endings; short ones and those of parts are left out."""
    return {ENDINGS.sub("", word)[:6] for word in re.findall(r"[a-z]+", words.lower()) if len(word) > 3}


def lacking(row: Muscle, listed: set[str]) -> set[str] | None:
    """Stems of a list's name that our Latin lacks; None where no list names the muscle by itself."""
    names = [name for name in (row.id.replace("_", " "), *PARTS.get(row.id, ())) if name in listed]
    if not names:
        return None
    ours = stems(row.latin)
    return min((stems(name) - ours for name in names), key=len)


def main(folder: Path) -> int:
    """Compares all names; 0 when none differs."""
    a, c = lists(folder)
    found = {row.id: lacking(row, set(a) | set(c)) for row in muscles().values()}
    agree = [id for id, gone in found.items() if gone is not None and not gone]
    differ = {id: gone for id, gone in found.items() if gone}
    print({"agree": len(agree), "in no list": sum(gone is None for gone in found.values()), "differ": len(differ)})
    for id, gone in differ.items():
        print(f"{id}: {muscles()[id].latin}: lacks {sorted(gone)}")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else REFERENCE))
