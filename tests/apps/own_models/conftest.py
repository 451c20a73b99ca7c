"""A folder for models of one's own, an administrator, and trials that take no time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apps.analysis import modeltrial
from apps.analysis.modelservices import sync_models
from apps.analysis.worker import installed_cards
from tests import factories


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.MODELS_DIR = tmp_path / "models"


@pytest.fixture
def ada(db: Any) -> Any:
    sync_models(installed_cards())
    return factories.person("administrator", "ada")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Trials take no time and say this; what a real one tries is tested in tests/inference/test_contract.py."""
    checks = [{"key": "file", "title": "The file holds a net", "ok": True, "result": "3 operators", "code": ""}]
    monkeypatch.setattr(modeltrial, "try_out", lambda *_, **__: checks)
    return checks
