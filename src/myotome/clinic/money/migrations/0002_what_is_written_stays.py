"""The database itself keeps the book: nothing written is changed or deleted, numbers have no gap, a closed day is closed.

A patient's record may be joined to another (`patient_id` moves with it); every other column of a money row is final.
"""

from django.db import migrations

FINAL = ("charge", "payment", "paymentline", "dayclose", "daytotal")
CLOSED = """EXISTS (SELECT 1 FROM money_dayclose c WHERE c.clinic_id = NEW.clinic_id AND c."on" >= NEW."on")"""
GAP = "NEW.number <> 1 + COALESCE((SELECT MAX(p.number) FROM money_payment p WHERE p.clinic_id = NEW.clinic_id), 0)"


def _columns(apps, name):
    fields = apps.get_model("money", name)._meta.concrete_fields
    return ", ".join(f'"{field.column}"' for field in fields if field.column != "patient_id")


def create_triggers(apps, schema_editor):
    run = _on_postgresql if schema_editor.connection.vendor == "postgresql" else _on_sqlite
    with schema_editor.connection.cursor() as cursor:
        for statement in run(apps):
            cursor.execute(statement)


def _on_sqlite(apps, closed=CLOSED):
    for name in FINAL:
        for what, event in (("change", f"UPDATE OF {_columns(apps, name)}"), ("delete", "DELETE")):
            yield f"""CREATE TRIGGER money_{name}_no_{what} BEFORE {event} ON money_{name}
                BEGIN SELECT RAISE(ABORT, 'what is written about money stays'); END"""
    for name in ("charge", "payment"):
        yield f"""CREATE TRIGGER money_{name}_on_an_open_day BEFORE INSERT ON money_{name} WHEN {closed}
            BEGIN SELECT RAISE(ABORT, 'this day is closed'); END"""
    yield f"""CREATE TRIGGER money_payment_without_gap BEFORE INSERT ON money_payment WHEN {GAP}
        BEGIN SELECT RAISE(ABORT, 'document numbers have no gap'); END"""


def _on_postgresql(apps, closed=CLOSED):
    yield """CREATE FUNCTION money_stays() RETURNS trigger AS $$
        BEGIN RAISE EXCEPTION 'what is written about money stays'; END $$ LANGUAGE plpgsql"""
    yield f"""CREATE FUNCTION money_on_an_open_day() RETURNS trigger AS $$
        BEGIN IF {closed} THEN RAISE EXCEPTION 'this day is closed'; END IF; RETURN NEW; END $$ LANGUAGE plpgsql"""
    yield f"""CREATE FUNCTION money_without_gap() RETURNS trigger AS $$
        BEGIN IF {GAP} THEN RAISE EXCEPTION 'document numbers have no gap' USING ERRCODE = '23505'; END IF;
        RETURN NEW; END $$ LANGUAGE plpgsql"""
    for name in FINAL:
        yield f"""CREATE TRIGGER money_{name}_no_change BEFORE UPDATE OF {_columns(apps, name)} OR DELETE ON money_{name}
            FOR EACH ROW EXECUTE FUNCTION money_stays()"""
    for name in ("charge", "payment"):
        yield f"""CREATE TRIGGER money_{name}_on_an_open_day BEFORE INSERT ON money_{name}
            FOR EACH ROW EXECUTE FUNCTION money_on_an_open_day()"""
    yield """CREATE TRIGGER money_payment_without_gap BEFORE INSERT ON money_payment
        FOR EACH ROW EXECUTE FUNCTION money_without_gap()"""


def drop_triggers(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            for function in ("money_stays", "money_on_an_open_day", "money_without_gap"):
                cursor.execute(f"DROP FUNCTION {function}() CASCADE")
            return
        for name in FINAL:
            cursor.execute(f"DROP TRIGGER money_{name}_no_change")
            cursor.execute(f"DROP TRIGGER money_{name}_no_delete")
        for name in ("charge_on_an_open_day", "payment_on_an_open_day", "payment_without_gap"):
            cursor.execute(f"DROP TRIGGER money_{name}")


class Migration(migrations.Migration):
    dependencies = [("money", "0001_initial")]
    operations = [migrations.RunPython(create_triggers, drop_triggers)]
