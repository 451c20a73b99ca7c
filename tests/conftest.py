from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import trans_real
from rest_framework.test import APIClient

from apps.accounts.services import ensure_roles
from apps.audit.models import Head, Record
from hemaview.config import pseudo
from hemaview.config.phrases import phrases
from tests import factories
from tests.integration import oncemade

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session", autouse=True)
def _once_made(tmp_path_factory: pytest.TempPathFactory) -> None:
    oncemade.share(tmp_path_factory)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The roles are there, as in a house that was set up: making them anew takes a test longer than most of what it does. The
    audit is as empty as in a new one."""
    with django_db_blocker.unblock():
        ensure_roles()
        Record.objects.all().delete()
        Head.objects.all().delete()


@pytest.fixture(autouse=True)
def _anchors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a database as if new, so it has heads of its own."""
    monkeypatch.setattr(settings, "ANCHORS_DIR", tmp_path / "anchors")


@pytest.fixture
def pseudo_language(tmp_path: Path, settings: Any) -> Iterator[None]:
    """Everything is said in pseudo-English, as `HEMAVIEW_PSEUDO_LANGUAGE=1` has it."""
    pseudo.write(ROOT / "locale", tmp_path / "locale")
    settings.LANGUAGE_CODE, settings.LANGUAGES = pseudo.CODE, [(pseudo.CODE, "Pseudo-English")]
    settings.LOCALE_PATHS = [tmp_path / "locale"]

    def forget() -> None:
        trans_real._translations.clear()
        trans_real._default = None
        for cached in vars(trans_real).values():
            if hasattr(cached, "cache_clear"):
                cached.cache_clear()
        phrases.cache_clear()

    forget()
    with translation.override(pseudo.CODE):
        yield
    settings.LOCALE_PATHS = [ROOT / "locale"]
    forget()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return factories.film_file(tmp_path / "film.tif")


@pytest.fixture
def tess(db: Any) -> Any:
    return factories.person("technologist", "tess")


@pytest.fixture
def paul(db: Any) -> Any:
    return factories.person("pathologist", "paul")


@pytest.fixture
def slide(tess: Any, film: Path) -> Any:
    return factories.slide(factories.case(tess, accession="T-1", pseudonym="P-1", stain="MGG"), film)


@pytest.fixture
def job(slide: Any) -> Any:
    return factories.finished_job(slide)


@pytest.fixture
def api() -> Any:
    def of(user: Any) -> APIClient:
        client = APIClient()
        client.force_login(user)
        return client

    return of


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright leaves an event loop running in its process, where no asynchronous test can run.

    Of their files the one with the most tests goes first: begun last, it would run on alone while the other worker waits.
    """
    sizes = Counter(item.path for item in items if item.get_closest_marker("browser"))
    longest = max(sizes, key=sizes.__getitem__, default=None)
    items.sort(key=lambda item: (item.path in sizes, item.path != longest))


def needs(is_there: bool, what: str) -> None:
    """Skip where a system package is missing, unless everything must be tested (as in CI)."""
    if is_there:
        return
    if os.environ.get("HEMAVIEW_TEST_ALL"):
        pytest.fail(what)
    pytest.skip(what)
