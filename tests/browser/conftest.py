"""Debian's Chromium on a live server with real cases: one small film, analysed by the shipped models."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.conftest import needs
from tests.films import drawn_film
from tests.integration.oncemade import ONCE_MADE
from tests.integration.stack import Stack, running

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
PEOPLE = (("tess", "technologist"), ("paul", "pathologist"), ("ada", "administrator"))
PASSWORD = "a-browser-password-1"
expect.set_options(timeout=20_000)  # two cores share a browser, a server and the tests beside them

_SEED = """
from apps.accounts.services import ensure_person
from apps.cases.services import create_case
from apps.accounts.models import User
for name, role in {people!r}:
    ensure_person(name, {password!r}, role, name.capitalize(), "Test")
for accession, pseudonym in (("B-1", "P-1"), ("B-2", "P-2")):
    create_case(User.objects.get(username="tess"), accession, specimen="blood-film", pseudonym=pseudonym, stain="synthetic")
"""


_ANALYSE = """
import io, json
from django.core.management import call_command
out = io.StringIO()
call_command("import_slide", {film!r}, "--case", "B-1", "--user", "tess", "--json", stdout=out)
(slide,) = json.loads(out.getvalue())["slides"]
call_command("analyse", slide["id"], "--local", "--user", "tess", stdout=out)
"""


@contextmanager
def furnished(folder: Path) -> Iterator[Stack]:
    """A house with its people and two empty cases, B-1 and B-2; nothing runs yet."""
    needs(shutil.which("chromium") is not None, "Chromium is missing: apt-get install chromium")
    needs(AXE.is_file(), "axe-core is missing: make check")
    with _holding(folder, "furnished-house", _furnish) as stack:
        yield stack


@contextmanager
def _holding(folder: Path, name: str, make: Callable[[Path], None]) -> Iterator[Stack]:
    """A house with a copy of what `make` makes once in a run of the tests."""
    with running(folder, False) as stack:
        var = Path(stack.environment["HEMAVIEW_VAR"])
        shutil.rmtree(var)
        ONCE_MADE.copy(name, make, var)
        yield stack


def _furnish(var: Path) -> None:
    with tempfile.TemporaryDirectory() as other, running(Path(other), False) as stack:
        stack.manage("shell", "-v", "0", "-c", _SEED.format(people=PEOPLE, password=PASSWORD))
        shutil.copytree(stack.environment["HEMAVIEW_VAR"], var, dirs_exist_ok=True)


def _analyse_film(var: Path) -> None:
    with tempfile.TemporaryDirectory() as other, furnished(Path(other)) as stack:
        film, _ = drawn_film(var, 4096, 1536)
        stack.manage("shell", "-v", "0", "-c", _ANALYSE.format(film=str(film)))
        shutil.copytree(stack.environment["HEMAVIEW_VAR"], var, dirs_exist_ok=True)


@contextmanager
def analysed(folder: Path) -> Iterator[Stack]:
    """The same, B-1 with a film (`var/film.tif`) that was analysed; nothing runs yet."""
    needs(shutil.which("chromium") is not None, "Chromium is missing: apt-get install chromium")
    needs(AXE.is_file(), "axe-core is missing: make check")
    with _holding(folder, "analysed-house", _analyse_film) as stack:
        yield stack


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with analysed(tmp_path_factory.mktemp("house")) as stack:
        stack.web()
        yield stack


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {"executable_path": shutil.which("chromium"), "args": ["--no-sandbox", "--disable-gpu"]}


@pytest.fixture(params=[(1440, 900)])
def browser_context_args(request: pytest.FixtureRequest) -> dict[str, Any]:
    width, height = request.param
    return {"viewport": {"width": width, "height": height}}


@pytest.fixture(scope="session")
def sessions() -> dict[tuple[int, str], list[Any]]:
    """Cookies of who has logged in before, by port and name."""
    return {}


@pytest.fixture
def visit(page: Any, house: Stack, sessions: dict[tuple[int, str], list[Any]]) -> Any:
    """Log in as somebody, by the form where no session is left; collects what the browser complains of."""
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)

    def log_in(name: str) -> Any:
        at = f"http://127.0.0.1:{house.port}"
        if cookies := sessions.get((house.port, name)):
            page.context.add_cookies(cookies)
            page.goto(f"{at}/")
            if page.url == f"{at}/":
                return page
        page.goto(f"{at}/accounts/login/")
        page.fill("#id_username", name)
        page.fill("#id_password", PASSWORD)
        page.click("main button.primary")
        page.wait_for_url(f"{at}/")
        sessions[house.port, name] = [c for c in page.context.cookies() if c["name"] in ("sessionid", "csrftoken")]
        return page

    return log_in


def accessible(page: Any, *ignored: str) -> None:
    """No serious finding of axe-core (WCAG 2 A and AA) on the page as it stands."""
    page.evaluate(AXE.read_text())
    faults = page.evaluate(
        "() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']}).then(r => r.violations.filter(v => "
        "['serious', 'critical'].includes(v.impact)).map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html).join(' | ')))"
    )
    assert [f for f in faults if not f.startswith(ignored)] == []


def url(house: Stack, path: str) -> str:
    return f"http://127.0.0.1:{house.port}{path}"


def ask(page: Any, path: str) -> Any:
    return page.evaluate("path => fetch(path).then(r => r.json())", path)
