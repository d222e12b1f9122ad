"""Three to five activities in the patient's words, named when the course is under way or at the desk."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("followup", "0003_later_score_corrects"),
        ("people", "0002_rooms_with_equipment"),
        ("screening", "0002_safety_answers_stay"),
    ]

    operations = [
        migrations.CreateModel(
            name="Activity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=12)),
                ("words", models.CharField(max_length=120)),
                ("named_at", models.DateTimeField()),
                ("named_by", models.CharField(max_length=120)),
                ("replaced_at", models.DateTimeField(null=True)),
                (
                    "clinic",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.clinic"),
                ),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="activities", to="screening.course"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(replaced_at__isnull=True),
                        fields=("course", "code"),
                        name="one_current_activity_per_place",
                    )
                ],
            },
        ),
    ]
