"""An answer that came after the treatment it was asked for is no score of a visit: those that are there are marked."""

from django.db import migrations, models
from django.db.models import Max, Min, Q


def mark_those_given_after(apps, schema_editor):
    """Scores whose answers came after the first needle of the visit that they were asked for, or after it was closed."""
    scores = apps.get_model("followup", "MeasureScore").objects
    asked = scores.filter(request__occasion__in=["before_visit", "review"], request__appointment__visit__isnull=False)
    needle = "request__appointment__visit__insertions"
    rows = asked.annotate(first=Min(f"{needle}__in_at", filter=Q(**{f"{needle}__struck_at__isnull": True})))
    of = "request__appointment__visit__closed_at"
    answers = apps.get_model("followup", "MeasureAnswer").objects.filter(replaced_at__isnull=True)
    for pk, request, measure, scored_at, first, closed_at in rows.values_list(
        "pk", "request_id", "measure", "scored_at", "first", of
    ).iterator(chunk_size=2000):
        treated = first or closed_at
        if treated is None or scored_at <= treated:
            continue
        given = answers.filter(request=request, measure=measure).aggregate(at=Max("answered_at"))["at"] or scored_at
        if given > treated:
            scores.filter(pk=pk).update(given_after=True)


class Migration(migrations.Migration):
    dependencies = [("followup", "0009_letters_not_known"), ("needling", "0016_what_of_the_next_visit")]

    operations = [
        migrations.AddField("measurescore", "given_after", models.BooleanField(default=False)),
        migrations.RemoveConstraint("measurescore", "one_current_score_a_day"),
        migrations.RunPython(mark_those_given_after, migrations.RunPython.noop),
        migrations.AddConstraint(
            "measurescore",
            models.UniqueConstraint(
                fields=["course", "measure", "site", "on", "given_after"],
                condition=Q(replaced_at__isnull=True, value__isnull=False),
                name="one_current_score_a_day",
            ),
        ),
    ]
