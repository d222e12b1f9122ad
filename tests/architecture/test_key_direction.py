"""No model may point at a model of a later stage of care (import-linter cannot see string foreign keys)."""

from django.apps import apps

STAGES = [
    "audit",
    "people",
    "screening",
    "booking",
    "money",
    "assessment",
    "planning",
    "needling",
    "followup",
    "learning",
]


def test_no_model_points_at_a_later_stage():
    backward = [
        (model._meta.label, field.name, field.related_model._meta.label)
        for model in apps.get_models()
        if model._meta.app_label in STAGES
        for field in model._meta.get_fields()
        if field.concrete and field.is_relation and field.related_model._meta.app_label in STAGES
        if STAGES.index(field.related_model._meta.app_label) > STAGES.index(model._meta.app_label)
    ]
    assert backward == []
