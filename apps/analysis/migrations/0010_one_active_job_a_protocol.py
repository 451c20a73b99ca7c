from django.db import migrations, models


class Migration(migrations.Migration):
    """Several protocols of one examination may wait for a slide at once."""

    dependencies = [("analysis", "0009_own_models")]

    operations = [
        migrations.RemoveConstraint(model_name="job", name="one_active_job_a_slide_and_assay"),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.UniqueConstraint(
                fields=("slide", "protocol"),
                condition=models.Q(state__in=["requested", "queued", "running"]),
                name="one_active_job_a_slide_and_protocol",
            ),
        ),
    ]
