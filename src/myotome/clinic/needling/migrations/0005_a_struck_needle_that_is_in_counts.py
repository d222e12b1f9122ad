"""A needle that is in keeps its visit open even when its row was struck: a struck row is no way to forget a needle."""

from django.db import migrations

SQLITE = """CREATE TRIGGER visit_closes_empty BEFORE UPDATE OF closed_at ON needling_treatmentvisit
   WHEN NEW.closed_at IS NOT NULL AND EXISTS (
     SELECT 1 FROM needling_needleinsertion n WHERE n.visit_id = NEW.id{struck} AND n.state IN ('in', 'fragment'))
   BEGIN SELECT RAISE(ABORT, 'a visit cannot close while a needle is in'); END"""
POSTGRESQL = """CREATE OR REPLACE FUNCTION visit_closes_empty() RETURNS trigger AS $$
   BEGIN
     IF NEW.closed_at IS NOT NULL AND EXISTS (
       SELECT 1 FROM needling_needleinsertion n WHERE n.visit_id = NEW.id{struck} AND n.state IN ('in', 'fragment'))
     THEN RAISE EXCEPTION 'a visit cannot close while a needle is in'; END IF;
     RETURN NEW;
   END $$ LANGUAGE plpgsql"""
AS_BEFORE = " AND n.struck_at IS NULL"


def _set(schema_editor, struck):
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL.format(struck=struck))
        else:
            cursor.execute("DROP TRIGGER visit_closes_empty")
            cursor.execute(SQLITE.format(struck=struck))


def tighten(apps, schema_editor):
    _set(schema_editor, "")


def loosen(apps, schema_editor):
    _set(schema_editor, AS_BEFORE)


class Migration(migrations.Migration):
    dependencies = [("needling", "0004_open_visits")]
    operations = [migrations.RunPython(tighten, loosen)]
