"""Label revisions stand on readings."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("analysis", "0004_assays"), ("review", "0002_readings")]

    operations = [
        migrations.RemoveField("job", "label_revision"),
        migrations.RemoveField("job", "labelled_by"),
    ]
