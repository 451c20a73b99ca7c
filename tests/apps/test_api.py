"""The API keeps to its own description: every answer is typed, no request ends in a fault, refusals look alike."""

from __future__ import annotations

import itertools
import json
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
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


@pytest.fixture
def house(job: Any, tess: Any, tmp_path: Any) -> dict[str, Any]:
    """An administrator who may do everything, a case in review, a signed one, an upload, and what paths ask for."""
    rosa = factories.person("pathologist", "root")
    rosa.is_superuser = True
    rosa.save()
    other = factories.case(tess, accession="T-SIGNED")
    signed = factories.finished_job(factories.slide(other, factories.film_file(tmp_path / "s.tif")))
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
    return {"token": token_of(rosa), "known": values}


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
