"""Labels belong to a reading and name their class by its key; those of the first form become a job's first reading."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def fill(apps, schema_editor):
    Job = apps.get_model("analysis", "Job")
    Reading = apps.get_model("review", "Reading")
    LabelEvent, AddedCell = apps.get_model("review", "LabelEvent"), apps.get_model("review", "AddedCell")
    labelled = set(LabelEvent.objects.values_list("job_id", flat=True))
    labelled |= set(AddedCell.objects.values_list("job_id", flat=True))
    for job in Job.objects.filter(pk__in=labelled):
        reading = Reading.objects.create(
            job=job, role="first", revision=job.label_revision, labelled_by=job.labelled_by
        )
        keys = [c["key"] for c in job.frozen["classes"]["classes"]]
        AddedCell.objects.filter(job=job).update(reading=reading)
        for event in LabelEvent.objects.filter(job=job):
            event.reading = reading
            event.label_key = "" if event.label is None else keys[event.label]
            event.save(update_fields=["reading", "label_key"])


class Migration(migrations.Migration):
    dependencies = [
        ("review", "0001_initial"),
        ("analysis", "0004_assays"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Reading",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "role",
                    models.CharField(
                        choices=[("first", "First reading"), ("second", "Second reading"), ("consensus", "Consensus")],
                        default="first",
                        max_length=16,
                    ),
                ),
                (
                    "state",
                    models.CharField(choices=[("open", "Open"), ("closed", "Closed")], default="open", max_length=8),
                ),
                ("revision", models.PositiveIntegerField(default=0)),
                (
                    "labelled_by",
                    models.CharField(blank=True, help_text="Who wrote the newest event.", max_length=150),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "carried_from",
                    models.ForeignKey(
                        blank=True,
                        help_text="The analysis whose labels were carried over to this one.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="carried_to",
                        to="analysis.job",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="readings", to="analysis.job"
                    ),
                ),
                (
                    "reader",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: whoever may review.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ["job", "created_at"]},
        ),
        migrations.AddConstraint(
            "reading", models.UniqueConstraint(fields=("job", "role"), name="one_reading_a_role")
        ),
        migrations.CreateModel(
            name="CarriedLabel",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("no-partner", "The new analysis has no cell there"),
                            ("renamed", "The machine names the cell otherwise now"),
                        ],
                        max_length=16,
                    ),
                ),
                ("row", models.PositiveIntegerField(help_text="The new cell, where there is one.", null=True)),
                ("x", models.FloatField(verbose_name="centre x, level-0 px")),
                ("y", models.FloatField(verbose_name="centre y, level-0 px")),
                ("w", models.FloatField(verbose_name="width, level-0 px")),
                ("h", models.FloatField(verbose_name="height, level-0 px")),
                (
                    "label_key",
                    models.CharField(
                        blank=True, help_text="What the person called it; empty: confirmed, rejected.", max_length=64
                    ),
                ),
                ("state", models.CharField(max_length=16)),
                ("machine_before", models.CharField(blank=True, max_length=64)),
                ("machine_now", models.CharField(blank=True, max_length=64)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "reading",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="carried_labels", to="review.reading"
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ["reading", "why", "y", "x"]},
        ),
        migrations.AddField(
            "addedcell",
            "reading",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="added_cells",
                to="review.reading",
            ),
        ),
        migrations.AddField(
            "labelevent",
            "reading",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="events", to="review.reading"
            ),
        ),
        migrations.AddField(
            "labelevent",
            "label_key",
            models.CharField(
                "class", blank=True, default="", help_text="Key of the class that was given.", max_length=64
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "labelevent",
            "carried",
            models.BooleanField(default=False, help_text="Carried over from an earlier analysis of the slide."),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterModelOptions("labelevent", options={"ordering": ["reading", "revision"]}),
        migrations.RemoveConstraint("labelevent", "one_event_a_revision"),
        migrations.AlterField(
            "addedcell",
            "reading",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="added_cells", to="review.reading"
            ),
        ),
        migrations.AlterField(
            "labelevent",
            "reading",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="events", to="review.reading"
            ),
        ),
        migrations.RemoveField("addedcell", "job"),
        migrations.RemoveField("labelevent", "job"),
        migrations.RemoveField("labelevent", "label"),
        migrations.AddConstraint(
            "labelevent",
            models.UniqueConstraint(fields=("reading", "revision"), name="one_event_a_revision_of_a_reading"),
        ),
    ]
