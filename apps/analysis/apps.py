from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Warning, register


class AnalysisConfig(AppConfig):
    name = "apps.analysis"
    label = "analysis"

    def ready(self) -> None:
        from apps.audit.words import add_values

        register(models_of_packages, deploy=False)
        add_values("assay", _titles)
        add_values("label", _classes)


def _titles() -> dict[str, str]:
    from hemaview.assays import assays

    return {key: assay.title for key, assay in assays().items()}


def _classes() -> dict[str, str]:
    from hemaview.assays import assays

    return {one.key: one.name for assay in assays().values() for one in assay.schema.classes}


def models_of_packages(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """A warning for each model that an installed package brings and that cannot be used."""
    if not entry_points(group="hemaview.methods"):
        return []  # nothing to look at, and the models' libraries take seconds to import
    from hemaview.methods.installed import methods_and_faults

    return [Warning(sentence, id="analysis.W001") for sentence in methods_and_faults()[1]]
