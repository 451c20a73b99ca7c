from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("slides", "0002_tiles"), ("cases", "0002_signing")]

    operations = [
        migrations.AddField(
            "slide",
            "own_specimen",
            models.CharField(
                "specimen",
                blank=True,
                choices=[
                    ("blood-film", "Blood film"),
                    ("marrow-aspirate", "Marrow aspirate"),
                    ("cell-block", "Cell block"),
                ],
                default="",
                help_text="Empty: the case's.",
                max_length=32,
            ),
            preserve_default=False,
        ),
    ]
