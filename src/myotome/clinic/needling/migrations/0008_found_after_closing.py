"""A needle that is found after closing is recorded, in or out; nothing else goes into a closed visit."""

from django.db import migrations, models

SQLITE = {
    "closed_visit_takes_no_needle": """CREATE TRIGGER closed_visit_takes_no_needle
       BEFORE INSERT ON needling_needleinsertion
       WHEN NEW.state IN ('in', 'fragment'){but} AND EXISTS (
         SELECT 1 FROM needling_treatmentvisit v WHERE v.id = NEW.visit_id AND v.closed_at IS NOT NULL)
       BEGIN SELECT RAISE(ABORT, 'a closed visit takes no needle'); END""",
    "closed_visit_reopens_no_needle": """CREATE TRIGGER closed_visit_reopens_no_needle
       BEFORE UPDATE OF state ON needling_needleinsertion
       WHEN NEW.state IN ('in', 'fragment'){but} AND EXISTS (
         SELECT 1 FROM needling_treatmentvisit v WHERE v.id = NEW.visit_id AND v.closed_at IS NOT NULL)
       BEGIN SELECT RAISE(ABORT, 'a closed visit takes no needle'); END""",
}
POSTGRESQL = """CREATE OR REPLACE FUNCTION closed_visit_takes_no_needle() RETURNS trigger AS $$
   BEGIN
     PERFORM 1 FROM needling_treatmentvisit v
       WHERE v.id = NEW.visit_id AND v.closed_at IS NULL FOR SHARE;
     IF NOT FOUND AND NEW.state IN ('in', 'fragment'){but}
     THEN RAISE EXCEPTION 'a closed visit takes no needle'; END IF;
     RETURN NEW;
   END $$ LANGUAGE plpgsql"""
UNLESS_FOUND = " AND NEW.found_at IS NULL"


def _set(schema_editor, but):
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL.format(but=but))
            return
        for name, statement in SQLITE.items():
            cursor.execute(f"DROP TRIGGER {name}")
            cursor.execute(statement.format(but=but))


def open_for_what_is_found(apps, schema_editor):
    _set(schema_editor, UNLESS_FOUND)


def as_before(apps, schema_editor):
    _set(schema_editor, "")


class Migration(migrations.Migration):
    dependencies = [("needling", "0007_commands_done_once")]
    operations = [
        migrations.AddField(
            model_name="needleinsertion", name="found_at", field=models.DateTimeField(null=True)
        ),
        migrations.AddIndex(
            model_name="needleinsertion",
            index=models.Index(
                condition=models.Q(("found_at__isnull", False)), fields=["clinic"], name="needles_found_afterwards"
            ),
        ),
        migrations.RunPython(open_for_what_is_found, as_before),
    ]
