"""Cautions and conditions as a clinic has them: changed with a reason, signed by name, never softer, always the way back."""

from __future__ import annotations

import pytest
from django.utils import timezone

from myotome.clinic.assessment.models import Examination
from myotome.clinic.assessment.queries import examination_as_json
from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.needling.asks import AskBook
from myotome.clinic.people.models import Clinic
from myotome.clinic.planning.queries import cautions_of
from myotome.clinic.screening.change_content import (
    add_caution,
    change_content,
    return_to_shipped,
    sign_off_content,
)
from myotome.clinic.screening.clinical_content import (
    CAUTIONS,
    CONDITIONS,
    changed,
    content_of,
    content_row,
    content_rows,
    versions_of,
)
from myotome.clinic.screening.facts import note_fact
from myotome.clinic.screening.models import ContentVersion
from myotome.knowledge import SIGN_OFF
from myotome.knowledge.cautions import cautions
from myotome.science.assessment.answer import consider_roots
from myotome.vocabulary.courses import CautionLevel
from myotome.vocabulary.errors import InvalidValue, NotAllowed, NotFound, StaleVersion
from tests.factories import a_clinic, a_practitioner, a_receptionist, an_actor, an_open_visit

pytestmark = pytest.mark.django_db
WHY = "As agreed in our meeting, after the AHPCS guideline."
LOW_BACK = {
    "name": "Low back pain",
    "lay_name": "Low back pain",
    "segments": "L4-S1",
    "sites": "Multifidus, L4-S1\nQuadratus lumborum\npiriformis",
    "note": "Look at the hip as well.",
}


def an_elena(slug="alder"):
    practitioner = a_practitioner(a_clinic(slug))
    return an_actor(practitioner.user, practitioner.clinic)


def the_clinic(actor) -> Clinic:
    return Clinic.objects.get(pk=actor.clinic_id)


def changed_condition(by, **other):
    values = {"version": 0, "given": LOW_BACK, "reason": WHY} | other
    return change_content(by=by, at=timezone.now(), table=CONDITIONS, row="low_back_pain", **values)


def changed_fever(by, **other):
    given = {"level": "stop", "sentence": "Fever: no needle; call the physician.", "where": ""} | other
    return change_content(
        by=by, at=timezone.now(), table=CAUTIONS, row="fever", version=other.get("version", 0), given=given, reason=WHY
    )


def test_a_clinic_that_changed_nothing_reads_nothing(django_assert_num_queries):
    clinic = the_clinic(an_elena())
    with django_assert_num_queries(0):
        found = content_of(clinic)
    assert found.cautions == cautions()
    assert found.conditions["low_back_pain"].status == SIGN_OFF


def test_a_changed_condition_holds_in_this_clinic_only_and_is_read_once(django_assert_num_queries):
    elena, other = an_elena(), an_elena("birch")
    changed_condition(elena)
    row = content_of(the_clinic(elena)).conditions["low_back_pain"]
    assert row.segments == ("L4", "L5", "S1")
    assert ("quadratus_lumborum", None) in row.sites
    assert ("multifidus", "L5") in row.sites
    assert "clinic belief" in row.sources
    assert content_of(the_clinic(other)).conditions["low_back_pain"].segments[0] == "T12"
    clinic = the_clinic(elena)
    with django_assert_num_queries(0):
        assert content_of(clinic).conditions["low_back_pain"] == row


def test_the_changed_segments_of_a_condition_are_what_raises_the_prior():
    visit, _ = an_open_visit()
    elena = an_actor(visit.practitioner.user, visit.clinic)
    visit.course.condition = "low_back_pain"
    visit.course.save()
    examination = Examination.objects.create(
        clinic=visit.clinic,
        course=visit.course,
        examiner=visit.practitioner,
        started_at=timezone.now(),
        region="back_leg",
    )

    def believed():
        found = Examination.objects.get(pk=examination.pk)
        return {(r["root"], r["side"]): r["p"] for r in consider_roots(examination_as_json(found))["roots"]}

    before = believed()
    changed_condition(elena)
    after = believed()
    assert after["L1", "left"] < before["L1", "left"]
    assert after["L5", "left"] == pytest.approx(before["L5", "left"], rel=0.05)


def test_a_caution_made_graver_stops_at_the_needle_and_in_the_banner():
    visit, _ = an_open_visit()
    elena = an_actor(visit.practitioner.user, visit.clinic)
    note_fact(by=elena, at=timezone.now(), patient_id=visit.course.patient_id, code="epilepsy", state="present")

    def levels():
        visit.refresh_from_db()  # as every request reads it
        banner = cautions_of(elena, patient_id=visit.course.patient_id)
        spoken = AskBook(elena, visit).warnings("muscle", "tibialis_anterior", "", "lower_leg")
        return {c.level for c in banner if c.code == "epilepsy"}, {w.level for w in spoken if w.code == "epilepsy"}

    assert levels() == ({CautionLevel.ASK}, {CautionLevel.ASK})
    given = {"level": "stop", "sentence": "Epilepsy: no needle in this clinic.", "where": ""}
    change_content(by=elena, at=timezone.now(), table=CAUTIONS, row="epilepsy", version=0, given=given, reason=WHY)
    assert levels() == ({CautionLevel.STOP}, {CautionLevel.STOP})


@pytest.mark.parametrize("level", ["ask", "note"])
def test_a_shipped_stop_cannot_be_made_softer(level):
    elena = an_elena()
    with pytest.raises(InvalidValue, match="graver, not softer than STOP") as refused:
        changed_fever(elena, level=level)
    assert refused.value.field == "level"
    assert content_row(elena, CAUTIONS, "fever").now.level is CautionLevel.STOP


def test_a_shipped_caution_can_be_widened_and_not_narrowed():
    elena = an_elena()
    row = next(rule for rule in cautions() if rule.code == "bleeding_deep_anticoagulant")
    given = {"level": "stop", "sentence": row.sentence}

    def changed_to(where, version):
        return change_content(
            by=elena, at=timezone.now(), table=CAUTIONS, row=row.code, version=version,
            given=given | {"where": where}, reason=WHY,
        )  # fmt: skip

    with pytest.raises(InvalidValue, match="not narrowed: iliacus") as refused:
        changed_to("\n".join(where for where in row.where if where != "iliacus"), 0)
    assert refused.value.field == "where"
    changed_to("\n".join((*row.where, "Popliteus")), 0)
    now = {rule.code: rule for rule in content_of(the_clinic(elena)).cautions}[row.code]
    assert set(now.where) == {*row.where, "popliteus"}


def test_even_a_row_in_the_database_does_not_soften_a_shipped_caution():
    soft = changed(CAUTIONS, "pregnancy_regions", {"level": "note", "where": "abdomen", "sentence": "Be gentle."})
    assert soft.level is CautionLevel.ASK
    assert set(soft.where) >= {"abdomen", "low_back", "buttock"}


def test_a_caution_of_their_own_is_raised_by_its_fact_until_it_is_withdrawn():
    visit, _ = an_open_visit()
    elena = an_actor(visit.practitioner.user, visit.clinic)
    note_fact(by=elena, at=timezone.now(), patient_id=visit.course.patient_id, code="diabetes", state="present")
    given = {
        "fact": "diabetes", "scope": "region", "level": "ask", "where": "foot",
        "sentence": "Diabetes: look at the skin of the foot with the patient first.",
    }  # fmt: skip
    made = add_caution(by=elena, at=timezone.now(), given=given, reason=WHY)

    def said(region, muscle):
        visit.refresh_from_db()
        return {w.code for w in AskBook(elena, visit).warnings("muscle", muscle, "", region)}

    assert made.row in said("foot", "quadratus_plantae")
    assert made.row not in said("lower_leg", "tibialis_anterior")
    change_content(
        by=elena, at=timezone.now(), table=CAUTIONS, row=made.row, version=1,
        given={"level": "stop", "sentence": given["sentence"], "where": "foot\nlower_leg"}, reason=WHY,
    )  # fmt: skip
    assert made.row in said("lower_leg", "tibialis_anterior")
    return_to_shipped(
        by=elena, at=timezone.now(), table=CAUTIONS, row=made.row, version=2, reason="Not needed any more."
    )
    assert made.row not in said("foot", "quadratus_plantae")
    assert content_rows(elena, CAUTIONS)[-1].now is None
    again = add_caution(by=elena, at=timezone.now(), given=given, reason=WHY)
    assert again.row != made.row


def test_what_an_upgrade_made_unreadable_is_still_said():
    lost = {"fact": "diabetes", "scope": "muscles", "level": "stop", "where": "a_muscle_renamed", "sentence": "No."}
    assert changed(CAUTIONS, "clinic_9", lost).scope == "all"
    assert changed(CONDITIONS, "low_back_pain", {"sites": "a_muscle_renamed"}).segments[0] == "T12"


def test_every_version_stays_with_who_when_and_why_and_the_way_back_is_one_act():
    elena = an_elena()
    changed_condition(elena)
    changed_condition(elena, version=1, given=LOW_BACK | {"segments": "L5-S1"})
    return_to_shipped(
        by=elena, at=timezone.now(), table=CONDITIONS, row="low_back_pain", version=2, reason="The table is right."
    )
    rows = list(versions_of(elena, CONDITIONS, "low_back_pain"))
    assert [(row.version, row.made_by, row.reason) for row in rows] == [
        (3, elena.name, "The table is right."),
        (2, elena.name, WHY),
        (1, elena.name, WHY),
    ]
    clinic = the_clinic(elena)
    assert clinic.content_digest == ""
    assert content_of(clinic).conditions["low_back_pain"].segments[0] == "T12"
    acts = AuditEvent.objects.filter(clinic_id=elena.clinic_id, act__startswith="content.").values_list(
        "act", flat=True
    )
    assert sorted(acts) == ["content.changed", "content.changed", "content.returned"]


def test_two_people_who_change_one_row_do_not_overwrite_each_other():
    elena = an_elena()
    changed_condition(elena)
    with pytest.raises(StaleVersion):
        changed_condition(elena, given=LOW_BACK | {"segments": "L5"})
    assert ContentVersion.objects.count() == 1


def test_a_sign_off_is_a_practitioners_for_one_version_and_falls_with_the_next():
    elena = an_elena()
    robin = an_actor(a_receptionist(the_clinic(elena)), the_clinic(elena))
    sign_off_content(by=elena, at=timezone.now(), table=CAUTIONS, row="fever", version=0)
    row = content_row(elena, CAUTIONS, "fever")
    assert (row.status, row.signed_by, row.is_changed) == ("signed", elena.name, False)
    changed_fever(elena, version=1)
    assert content_row(elena, CAUTIONS, "fever").status == SIGN_OFF
    with pytest.raises(NotAllowed):
        sign_off_content(by=robin, at=timezone.now(), table=CAUTIONS, row="fever", version=2)
    with pytest.raises(StaleVersion):
        sign_off_content(by=elena, at=timezone.now(), table=CAUTIONS, row="fever", version=1)


def test_a_sign_off_falls_when_an_upgrade_changes_the_shipped_row():
    elena = an_elena()
    sign_off_content(by=elena, at=timezone.now(), table=CAUTIONS, row="fever", version=0)
    ContentVersion.objects.update(shipped_digest="of an older table")
    row = content_row(elena, CAUTIONS, "fever")
    assert (row.status, row.signed_by, row.was_signed) == ("signed before", "", True)
    sign_off_content(by=elena, at=timezone.now(), table=CAUTIONS, row="fever", version=1)
    assert content_row(elena, CAUTIONS, "fever").status == "signed"


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"name": " "}, "name", "has a name"),
        ({"lay_name": ""}, "lay_name", "patient would use"),
        ({"sites": ""}, "sites", "at least one muscle"),
        ({"sites": "Piriformos"}, "sites", "nearest are piriformis"),
        ({"sites": "Multifidus"}, "sites", "needs its levels"),
        ({"sites": "Multifidus, S5"}, "sites", "needs its levels"),
        ({"sites": "Piriformis, L5"}, "sites", "has no levels"),
        ({"segments": "L9"}, "segments", "such as L4-S1"),
        ({"segments": "C3-C5"}, "segments", "reaches C3"),
        ({"name": "x" * 81}, "name", "At most 80"),
    ],
)
def test_a_wrong_cell_of_a_condition_is_named(given, field, words):
    elena = an_elena()
    with pytest.raises(InvalidValue, match=words) as refused:
        changed_condition(elena, given=LOW_BACK | given)
    assert refused.value.field == field
    assert not ContentVersion.objects.exists()


def test_no_reason_no_change_and_no_row_no_page():
    elena = an_elena()
    with pytest.raises(InvalidValue) as refused:
        changed_condition(elena, reason="  ")
    assert refused.value.field == "reason"
    for table, row in ((CONDITIONS, "nothing"), (CAUTIONS, "clinic_1"), ("muscles", "psoas_major")):
        with pytest.raises(NotFound):
            content_row(elena, table, row)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"fact": "luck"}, "fact"),
        ({"scope": "moon"}, "scope"),
        ({"level": "maybe"}, "level"),
        ({"sentence": ""}, "sentence"),
        ({"where": "low_back"}, "where"),
        ({"scope": "points", "where": "LU99"}, "where"),
        ({"scope": "muscles", "where": "Soleuss"}, "where"),
        ({"scope": "region", "where": ""}, "where"),
    ],
)
def test_a_wrong_cell_of_an_own_caution_is_named(given, field):
    elena = an_elena()
    right = {"fact": "diabetes", "scope": "all", "level": "ask", "where": "", "sentence": "Look at the feet."}
    with pytest.raises(InvalidValue) as refused:
        add_caution(by=elena, at=timezone.now(), given=right | given, reason=WHY)
    assert refused.value.field == field
