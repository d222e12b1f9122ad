from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('needling', '0016_what_of_the_next_visit'),
    ]

    operations = [
        migrations.RenameField(
            model_name='treatmentvisit',
            old_name='next_taken_at',
            new_name='next_refused_at',
        ),
        migrations.AddField(
            model_name='treatmentvisit',
            name='next_refusal',
            field=models.JSONField(null=True),
        ),
        migrations.AlterField(
            model_name='treatmentvisit',
            name='no_next_because',
            field=models.CharField(choices=[('reception_books', 'reception_books'), ('she_books_herself', 'she_books_herself'), ('not_needed', 'not_needed'), ('taken', 'taken'), ('refused', 'refused')], max_length=20, null=True),
        ),
    ]
