"""Measures for which a clinic holds a licence of its own: totals only, with their LOINC code."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("followup", "0004_activities"), ("people", "0002_rooms_with_equipment")]

    operations = [
        migrations.CreateModel(
            name="LicensedMeasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=32)),
                ("loinc", models.CharField(max_length=12)),
                ("licence", models.CharField(max_length=200)),
                ("added_at", models.DateTimeField()),
                ("added_by", models.CharField(max_length=120)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "clinic",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.clinic"),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(ended_at__isnull=True), fields=("clinic", "code"), name="one_licence_per_measure"
                    )
                ],
            },
        ),
    ]
