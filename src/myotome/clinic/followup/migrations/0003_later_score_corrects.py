"""Two scores of one day: the later corrects the earlier, which stays; and where something was measured."""

from django.db import migrations, models
from django.db.models import Q


def the_later_corrects(apps, schema_editor):
    """Of the scores that are there, all but the last of a day are replaced by the one that came after."""
    scores = apps.get_model("followup", "MeasureScore").objects
    newest = {}
    for row in scores.filter(value__isnull=False).order_by("pk"):
        key = (row.course_id, row.measure, row.on)
        if key in newest:
            scores.filter(pk=newest[key]).update(replaced_at=row.scored_at)
        newest[key] = row.pk


class Migration(migrations.Migration):
    dependencies = [("followup", "0002_questions_sent_by_mail")]

    operations = [
        migrations.AddField("measurescore", "site", models.CharField(blank=True, max_length=80, default=""), preserve_default=False),
        migrations.AddField("measurescore", "details", models.JSONField(default=dict)),
        migrations.AddField("measurescore", "replaced_at", models.DateTimeField(null=True)),
        migrations.RunPython(the_later_corrects, migrations.RunPython.noop),
        migrations.AddConstraint(
            "measurescore",
            models.UniqueConstraint(
                fields=["course", "measure", "site", "on"],
                condition=Q(replaced_at__isnull=True, value__isnull=False),
                name="one_current_score_a_day",
            ),
        ),
    ]
