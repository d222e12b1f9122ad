"""The database itself refuses to close a visit while a needle is in, and a needle in a closed visit."""

from django.db import migrations

SQLITE = [
    """CREATE TRIGGER visit_closes_empty BEFORE UPDATE OF closed_at ON needling_treatmentvisit
       WHEN NEW.closed_at IS NOT NULL AND EXISTS (
         SELECT 1 FROM needling_needleinsertion n
         WHERE n.visit_id = NEW.id AND n.struck_at IS NULL AND n.state IN ('in', 'fragment'))
       BEGIN SELECT RAISE(ABORT, 'a visit cannot close while a needle is in'); END""",
    """CREATE TRIGGER closed_visit_takes_no_needle BEFORE INSERT ON needling_needleinsertion
       WHEN NEW.state IN ('in', 'fragment') AND EXISTS (
         SELECT 1 FROM needling_treatmentvisit v WHERE v.id = NEW.visit_id AND v.closed_at IS NOT NULL)
       BEGIN SELECT RAISE(ABORT, 'a closed visit takes no needle'); END""",
    """CREATE TRIGGER closed_visit_reopens_no_needle BEFORE UPDATE OF state ON needling_needleinsertion
       WHEN NEW.state IN ('in', 'fragment') AND EXISTS (
         SELECT 1 FROM needling_treatmentvisit v WHERE v.id = NEW.visit_id AND v.closed_at IS NOT NULL)
       BEGIN SELECT RAISE(ABORT, 'a closed visit takes no needle'); END""",
]
POSTGRESQL = [
    """CREATE FUNCTION visit_closes_empty() RETURNS trigger AS $$
       BEGIN
         IF NEW.closed_at IS NOT NULL AND EXISTS (
           SELECT 1 FROM needling_needleinsertion n
           WHERE n.visit_id = NEW.id AND n.struck_at IS NULL AND n.state IN ('in', 'fragment'))
         THEN RAISE EXCEPTION 'a visit cannot close while a needle is in'; END IF;
         RETURN NEW;
       END $$ LANGUAGE plpgsql""",
    """CREATE TRIGGER visit_closes_empty BEFORE UPDATE ON needling_treatmentvisit
       FOR EACH ROW EXECUTE FUNCTION visit_closes_empty()""",
    """CREATE FUNCTION closed_visit_takes_no_needle() RETURNS trigger AS $$
       BEGIN
         PERFORM 1 FROM needling_treatmentvisit v
           WHERE v.id = NEW.visit_id AND v.closed_at IS NULL FOR SHARE;
         IF NOT FOUND AND NEW.state IN ('in', 'fragment')
         THEN RAISE EXCEPTION 'a closed visit takes no needle'; END IF;
         RETURN NEW;
       END $$ LANGUAGE plpgsql""",
    """CREATE TRIGGER closed_visit_takes_no_needle BEFORE INSERT OR UPDATE ON needling_needleinsertion
       FOR EACH ROW EXECUTE FUNCTION closed_visit_takes_no_needle()""",
]
SQLITE_NAMES = ["visit_closes_empty", "closed_visit_takes_no_needle", "closed_visit_reopens_no_needle"]


def create(apps, schema_editor):
    statements = POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE
    with schema_editor.connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def drop(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            cursor.execute("DROP TRIGGER visit_closes_empty ON needling_treatmentvisit")
            cursor.execute("DROP TRIGGER closed_visit_takes_no_needle ON needling_needleinsertion")
            cursor.execute("DROP FUNCTION visit_closes_empty()")
            cursor.execute("DROP FUNCTION closed_visit_takes_no_needle()")
        else:
            for name in SQLITE_NAMES:
                cursor.execute(f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("needling", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
