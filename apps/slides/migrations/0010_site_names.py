from __future__ import annotations

from typing import Any

from django.db import migrations, models
from django.db.models.functions import Lower


def tell_apart(apps: Any, schema_editor: Any) -> None:
    """Give sites whose names differ in capitals alone a number; the oldest keeps its name."""
    sites = apps.get_model("slides", "Site").objects
    taken: set[str] = set()
    for site in sites.order_by("created_at", "pk"):
        name, number = site.name, 1
        while name.lower() in taken:
            number += 1
            name = f"{site.name[:90]} ({number})"
        taken.add(name.lower())
        if name != site.name:
            sites.filter(pk=site.pk).update(name=name)


class Migration(migrations.Migration):
    dependencies = [("slides", "0009_stage")]

    operations = [
        migrations.RunPython(tell_apart, migrations.RunPython.noop),
        migrations.AddConstraint(
            "site", models.UniqueConstraint(Lower("name"), name="one_site_a_name_however_capitalised")
        ),
    ]
