"""The database itself refuses to change or delete a safety answer; a correction is a new row."""

from django.db import migrations

SQLITE = [
    """CREATE TRIGGER safety_answer_no_update BEFORE UPDATE ON screening_redflaganswer
       BEGIN SELECT RAISE(ABORT, 'safety answers are append-only'); END""",
    """CREATE TRIGGER safety_answer_no_delete BEFORE DELETE ON screening_redflaganswer
       BEGIN SELECT RAISE(ABORT, 'safety answers are append-only'); END""",
]
POSTGRESQL = [
    """CREATE FUNCTION safety_answer_is_final() RETURNS trigger AS $$
       BEGIN RAISE EXCEPTION 'safety answers are append-only'; END $$ LANGUAGE plpgsql""",
    """CREATE TRIGGER safety_answer_no_change BEFORE UPDATE OR DELETE ON screening_redflaganswer
       FOR EACH ROW EXECUTE FUNCTION safety_answer_is_final()""",
]


def create_triggers(apps, schema_editor):
    statements = POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE
    with schema_editor.connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def drop_triggers(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute("DROP TRIGGER safety_answer_no_change ON screening_redflaganswer")
            cursor.execute("DROP FUNCTION safety_answer_is_final()")
        else:
            cursor.execute("DROP TRIGGER safety_answer_no_update")
            cursor.execute("DROP TRIGGER safety_answer_no_delete")


class Migration(migrations.Migration):
    dependencies = [("screening", "0001_initial")]
    operations = [migrations.RunPython(create_triggers, drop_triggers)]
