"""A free place may name the nearest muscle or point; no other site has one.

SQLite makes the table anew: the rules that read it or stand on it are put down before and up again after.
"""

from importlib import import_module

from django.db import migrations, models

_OF_VISIT = import_module("myotome.clinic.needling.migrations.0005_a_struck_needle_that_is_in_counts")
_OF_NEEDLE = import_module("myotome.clinic.needling.migrations.0008_found_after_closing")
RULES = {"visit_closes_empty": _OF_VISIT.SQLITE.format(struck="")} | {
    name: statement.format(but=_OF_NEEDLE.UNLESS_FOUND) for name, statement in _OF_NEEDLE.SQLITE.items()
}


def _run(schema_editor, statements):
    if schema_editor.connection.vendor == "sqlite":
        with schema_editor.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def put_down(apps, schema_editor):
    _run(schema_editor, [f"DROP TRIGGER {name}" for name in RULES])


def put_up(apps, schema_editor):
    _run(schema_editor, RULES.values())


class Migration(migrations.Migration):
    dependencies = [("needling", "0013_how_events_went_and_who_asked")]
    operations = [
        migrations.RunPython(put_down, put_up),
        migrations.AddField(
            model_name="needleinsertion", name="nearest", field=models.CharField(blank=True, max_length=60)
        ),
        migrations.AddConstraint(
            model_name="needleinsertion",
            constraint=models.CheckConstraint(
                condition=models.Q(("nearest", ""), ("site_kind", "free"), _connector="OR"),
                name="only_a_free_place_has_a_nearest",
            ),
        ),
        migrations.RunPython(put_up, put_down),
    ]
