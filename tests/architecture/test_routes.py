"""Every route says who may take it, and the check that says so would notice one that does not."""

from django.urls import path

from myotome.website import checks


def test_every_route_declares_access():
    assert checks.every_route_declares_access(None) == []


def test_a_route_without_a_declaration_is_a_start_up_error(monkeypatch):
    bare = path("bare/", lambda request: None)
    monkeypatch.setattr(checks, "routes", lambda: [("bare/", bare)])
    assert [error.id for error in checks.every_route_declares_access(None)] == ["myotome.E001"]


def test_every_row_of_a_clinic_denies_by_default():
    from django.apps import apps

    from myotome.clinic.people.access import NOTHING, ClinicRow
    from myotome.vocabulary.actors import Actor

    nobody = Actor(clinic_id=1, clinic_slug="x", name="nobody")
    for model in apps.get_models():
        if issubclass(model, ClinicRow) and "patient" in getattr(model, "patient_path", ""):
            assert model.visible_to(nobody) in (NOTHING, NOTHING | NOTHING), model
