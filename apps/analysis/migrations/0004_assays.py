"""Protocols and jobs name their assay; jobs carry the classes and rules they were ordered with; a reported job a slide and
assay. Jobs of the first form are given the classes and rules of that form."""

import hashlib
import json
from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ASSAYS = {"blood-film": "blood_film", "sickle": "sickle", "nrbc": "fetal_nrbc", "marrow": "marrow"}
KEPT = {
    "blood_film": ("rbc", "wbc", "max_fields", "must_see_margin", "tolerance", "calibrated_on"),
    "sickle": ("rbc", "max_fields", "must_see_margin"),
    "fetal_nrbc": ("must_see_margin",),
    "marrow": ("must_see_margin",),
}


def settings_of(old, assay):
    """The settings of the first form as the assay describes them now."""
    kept = {k: v for k, v in old.items() if k in KEPT[assay]} if isinstance(old, dict) else {}
    if assay == "marrow" and isinstance(old, dict) and isinstance(old.get("wbc"), int) and old["wbc"] > 0:
        kept["nucleated"] = old["wbc"]
    return kept


def fill(apps, schema_editor):
    from hemaview.cells.earlier import classes_of_format_1
    from hemaview.cells.store import described

    rules = json.loads((Path(__file__).parent / "first_form_rules.json").read_text())
    Protocol, Job = apps.get_model("analysis", "Protocol"), apps.get_model("analysis", "Job")
    Reported = apps.get_model("analysis", "ReportedAnalysis")
    for protocol in Protocol.objects.all():
        old = protocol.settings
        protocol.assay = ASSAYS.get(protocol.schema, protocol.schema)
        if protocol.assay in KEPT:
            protocol.finder = old.get("way", "film") if isinstance(old, dict) else ""
            protocol.settings = settings_of(old, protocol.assay)
        protocol.save(update_fields=["assay", "finder", "settings"])
    newest = {}
    for job in Job.objects.select_related("protocol").order_by("requested_at"):
        name = job.protocol.schema
        job.assay = ASSAYS.get(name, name)
        frozen = dict(job.frozen)
        own = rules[job.assay]
        frozen |= {
            "assay": job.assay,
            "finder": frozen.get("settings", {}).get("way", "film"),
            "classes": described(classes_of_format_1(name)),
            "rules": own,
            "rules_sha256": hashlib.sha256(json.dumps(own, sort_keys=True, separators=(",", ":")).encode()).hexdigest(),
        }
        frozen.setdefault("thresholds", {})
        frozen.setdefault("models", [])
        if job.cells_sha256 == "":  # it will run, or run again, with what the assay lets a protocol set
            frozen["settings"] = settings_of(frozen.get("settings", {}), job.assay)
        job.frozen = frozen
        job.save(update_fields=["assay", "frozen"])
        if job.cells_sha256:
            newest[(job.slide_id, job.assay)] = job
    for (slide_id, assay), job in newest.items():
        chosen_at = job.finished_at or job.requested_at
        Reported.objects.create(slide_id=slide_id, assay=assay, job=job, chosen_at=chosen_at)


class Migration(migrations.Migration):
    dependencies = [
        ("analysis", "0003_threshold_help"),
        ("slides", "0003_own_specimen"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "protocol", "assay", models.CharField("examination", default="blood_film", max_length=64)
        ),
        migrations.AddField(
            "protocol",
            "finder",
            models.CharField(
                "way of finding cells", blank=True, default="", help_text="Empty: the examination's own.", max_length=64
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "protocol",
            "rules",
            models.JSONField(
                "changed counting rules",
                blank=True,
                default=dict,
                help_text="What differs from the examination's own rules, in the same tables; empty: nothing.",
            ),
        ),
        migrations.AlterField(
            "protocol",
            "settings",
            models.JSONField(default=dict, help_text="What the examination lets a protocol set."),
        ),
        migrations.AddField(
            "job", "assay", models.CharField("examination", db_index=True, default="blood_film", max_length=64)
        ),
        migrations.AddField(
            "job",
            "guards",
            models.JSONField(
                default=list,
                help_text="What speaks against the slide's being what it is taken for: {code, sentence} each.",
            ),
        ),
        migrations.AlterField(
            "job",
            "frozen",
            models.JSONField(
                default=dict,
                help_text="Settings, models, classes and counting rules as they were when the job was requested.",
            ),
        ),
        migrations.RemoveConstraint("job", "one_active_job_a_slide"),
        migrations.CreateModel(
            name="ReportedAnalysis",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("assay", models.CharField(max_length=64, verbose_name="examination")),
                ("chosen_at", models.DateTimeField()),
                (
                    "chosen_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reported_as", to="analysis.job"
                    ),
                ),
                (
                    "slide",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reported", to="slides.slide"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            "reportedanalysis",
            models.UniqueConstraint(fields=("slide", "assay"), name="one_reported_analysis_a_slide_and_assay"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            "job",
            models.UniqueConstraint(
                condition=models.Q(("state__in", ["requested", "queued", "running"])),
                fields=("slide", "assay"),
                name="one_active_job_a_slide_and_assay",
            ),
        ),
        migrations.RemoveField("protocol", "schema"),
    ]
