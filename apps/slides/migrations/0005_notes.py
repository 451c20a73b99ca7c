from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("slides", "0004_scale_in_um_per_px")]

    operations = [
        migrations.AddField(
            "slide",
            "notes",
            models.JSONField(
                default=list, help_text="What a person should know of how the file was taken, a sentence each."
            ),
        ),
    ]
