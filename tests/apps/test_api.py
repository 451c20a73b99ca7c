"""The API keeps to its own description: every answer is typed, no request ends in a fault, refusals look alike."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.conf import settings as django_settings
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from apps.accounts.services import token_of
from apps.reports import services
from apps.reports.exports import exporters
from apps.slides import uploads
from tests import factories
from tests.apps.test_reports import see_all
from tests.factories import PASSWORD

DESCRIPTION = json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
api_schema = schemathesis.openapi.from_dict(DESCRIPTION)
api_schema.app = get_wsgi_application()
FEW, MANY = 3, 50
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


def furnish(folder: Path) -> dict[str, Any]:
    """An administrator who may do everything, a case in review, a signed one, an upload, and what paths ask for."""
    tess = factories.person("technologist", "tess")
    slide = factories.slide(
        factories.case(tess, accession="T-1", pseudonym="P-1", stain="MGG"), factories.film_file(folder / "film.tif")
    )
    job = factories.finished_job(slide)
    rosa = factories.person("pathologist", "root")
    rosa.is_superuser = True
    rosa.save()
    other = factories.case(tess, accession="T-SIGNED")
    signed = factories.finished_job(factories.slide(other, factories.film_file(folder / "s.tif")))
    see_all(rosa, signed)
    report = services.sign(rosa, other, PASSWORD, "Approved")
    upload = uploads.create_upload(rosa, job.slide.case, "a.tif", 10)
    again = factories.finished_job(job.slide)
    values = {
        "accession": [job.slide.case.accession, "T-SIGNED"], "job_id": [str(job.pk), str(signed.pk)],
        "slide_id": [str(job.slide_id)], "report_id": [str(report.pk)], "other_id": [str(again.pk)], "row": [3],
        "upload_id": [str(upload.pk)], "kind": list(exporters()),
        "name": ["blood_film", "blood-film"], "code": ["normal"], "first": [0], "count": [5], "field": [0],
    }  # fmt: skip
    files = [
        folder / "film.tif",
        folder / "s.tif",
        *(f for j in (job, signed, again) for f in (j.cells_file, j.contours_file)),
    ]
    return {"token": token_of(rosa), "known": values, "files": files}


@pytest.fixture(scope="module")
def furnished(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """A house for all operations; what one writes into its database is undone before the next."""
    folder = tmp_path_factory.mktemp("house")
    whole = transaction.atomic()
    whole._from_testcase = True
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, whole:
        patch.setattr(django_settings, "ANCHORS_DIR", folder / "anchors")
        yield furnish(folder)
        transaction.set_rollback(True)


@pytest.fixture
def house(furnished: dict[str, Any], db: None) -> dict[str, Any]:
    assert all(path.is_file() for path in furnished["files"]), "no operation has taken its files away"
    return furnished


def ask(case: Any, house: dict[str, Any], turns: Any) -> None:
    """Ask once; of three requests two are about things that exist."""
    turn = next(turns)
    if turn % 3:
        for name, values in house["known"].items():
            if name in (case.path_parameters or {}):
                case.path_parameters[name] = values[turn % len(values)]
    answer = case.call(headers={"Authorization": f"Token {house['token']}"})
    case.validate_response(answer, checks=CHECKS)


def settings(examples: int) -> Any:
    return hypothesis.settings(
        max_examples=examples, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


OPERATIONS = [result.ok() for result in api_schema.get_all_operations()]
each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=[operation.label for operation in OPERATIONS])
"""Each with an id of its own: workers that share out the tests take tests with one id for one test."""


def keeps_to_its_description(operation: Any, house: dict[str, Any], turns: Any, examples: int) -> None:
    @settings(examples)
    @hypothesis.given(case=operation.as_strategy())
    def each(case: Any) -> None:
        ask(case, house, turns)

    each()


@each_operation
def test_each_operation_keeps_to_its_description(operation: Any, house: dict[str, Any], turns: Any) -> None:
    keeps_to_its_description(operation, house, turns, FEW)


@pytest.mark.prove
@each_operation
def test_each_operation_keeps_to_its_description_fifty_times(operation: Any, house: dict[str, Any], turns: Any) -> None:
    keeps_to_its_description(operation, house, turns, MANY)


def test_every_operation_of_the_api_is_asked_under_a_name_of_its_own() -> None:
    operations = sum(len(set(item) & set(METHODS)) for item in DESCRIPTION["paths"].values())
    assert len({operation.label for operation in OPERATIONS}) == len(OPERATIONS) == operations > 80


@pytest.fixture
def turns() -> Any:
    return itertools.count(1)
