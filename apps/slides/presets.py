"""Camera and objective of a laboratory under a name, with the µm/px that they give: every write, and how one is asked for."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext, ngettext

from apps.accounts.errors import Forbidden, Missing
from apps.audit.services import record
from apps.slides.models import ScalePreset
from apps.slides.services import plausible_mpp
from hemaview.words import naming


def presets() -> list[ScalePreset]:
    """All of them, by name."""
    return list(ScalePreset.objects.all())


def preset_of(name: str) -> ScalePreset:
    """The preset of that name, however it is capitalised; raises Missing, listing those that there are."""
    preset = ScalePreset.objects.filter(name__iexact=name.strip()).first()
    if preset is None:
        names = [p.name for p in presets()]
        some = ngettext(
            "There is no preset {name} (there is: {there}).",
            "There is no preset {name} (there are: {there}).",
            len(names),
        )
        none = gettext("There is no preset {name}, because none has been added yet; an administrator can add presets.")
        raise Missing(naming(names, some, none, name=name.strip()), code="no-preset")
    return preset


@transaction.atomic
def save_preset(user: Any, preset: ScalePreset) -> ScalePreset:
    """Add or change a preset; slides that were brought in with it keep their µm/px. Raises Refusal."""
    _require(user)
    preset.mpp = plausible_mpp(preset.mpp)
    before = ScalePreset.objects.filter(pk=preset.pk).first()
    preset.save()
    record(
        user, "preset.saved", "preset", preset.pk, name=preset.name, mpp=preset.mpp,
        **({"before": f"{before.name}, {before.mpp:g} µm/px"} if before else {}),
    )  # fmt: skip
    return preset


@transaction.atomic
def remove_preset(user: Any, preset: ScalePreset) -> None:
    _require(user)
    record(user, "preset.removed", "preset", preset.pk, name=preset.name, mpp=preset.mpp)
    preset.delete()


def _require(user: Any) -> None:
    if not (user.is_superuser or user.has_perm("slides.change_scalepreset")):
        raise Forbidden(gettext("Only administrators can change the laboratory's presets."))
