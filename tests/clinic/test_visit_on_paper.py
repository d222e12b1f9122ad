"""A visit is one page of paper, with twelve insertions and with forty, long note and addresses included."""

from __future__ import annotations

import subprocess

import pytest

from myotome.clinic.needling.models import NeedleInsertion, TreatmentVisit
from myotome.clinic.people.models import User
from myotome.vocabulary.anatomy import ROOTS
from tests.factories import AT, an_open_visit

pytestmark = pytest.mark.django_db
NOTE = "Grasp let go at the second pass; she rested ten minutes and felt fit to drive. " * 4
LEVELS = [root for root in ROOTS if root[0] in "CTL" and root != "C1"]


@pytest.mark.parametrize("n", [12, 25, 40])
def test_a_visit_is_one_page_of_paper(client, tmp_path, n):
    visit, elena = an_open_visit()
    client.force_login(User.objects.get(pk=elena.user_id))
    NeedleInsertion.objects.bulk_create(
        NeedleInsertion(
            clinic=visit.clinic, visit=visit, client_id=f"n{k}", number=k + 1, site_kind="muscle", site="multifidus",
            level=LEVELS[k % len(LEVELS)], side="left" if k % 2 else "right", region="low_back", depth_mm=40,
            gauge_mm=0.3, length_mm=50, state="out", grasp=2, cramp=6, twitches=1, release=True, seconds=8.0,
            in_at=AT, out_at=AT, removed_by="Elena Marchetti", charted_at=AT, charted_by="Elena Marchetti",
        )
        for k in range(n)
    )  # fmt: skip
    TreatmentVisit.objects.filter(pk=visit.pk).update(note=NOTE, advice=NOTE, signed_by="Elena Marchetti")
    file = tmp_path / "visit.pdf"
    file.write_bytes(client.get(f"/{visit.clinic.slug}/visit/{visit.pk}/print.pdf").content)
    told = subprocess.run(["pdfinfo", file], capture_output=True, text=True, check=True).stdout
    assert "Pages:           1\n" in told
    text = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True).stdout
    assert text.count("Multifidus") == n, "every needle stands on the page"
    assert "she rested ten minutes" in text
