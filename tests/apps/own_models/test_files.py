"""Files of models of one's own in backups and signed reports, and what becomes of altered and lost ones."""

from __future__ import annotations

import tarfile
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from apps.accounts import stores
from apps.accounts.errors import Conflict
from apps.analysis import ownmodels
from apps.analysis.models import Job, ModelVersion
from apps.analysis.ownblobs import faults_of_all
from apps.audit.models import Record
from apps.desk.backup import backup, restore
from apps.reports import services
from apps.reports.manifest import verify
from tests import onnxfiles as onnx
from tests.apps.own_models.steps import ROLE, checked, handed
from tests.apps.test_reports import see_all
from tests.factories import PASSWORD


def test_a_backup_holds_their_files(ada: Any, quick: Any, settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path / "var"
    settings.VAR_DIR.mkdir()
    settings.MODELS_DIR = settings.VAR_DIR / "models"
    settings.ANCHORS_DIR.mkdir(parents=True, exist_ok=True)
    model = checked(ada)
    backup(tmp_path / "all.tar.gz", lambda _: None)
    with tarfile.open(tmp_path / "all.tar.gz") as tar:
        assert {f"models/{model.weights}", f"models/{model.card_blob}"} <= set(tar.getnames())


@pytest.fixture
def model(ada: Any, quick: Any, settings: Any, tmp_path: Path) -> ModelVersion:
    """A model below a whole VAR_DIR."""
    settings.VAR_DIR = tmp_path / "var"
    settings.VAR_DIR.mkdir()
    settings.MODELS_DIR = settings.VAR_DIR / "models"
    settings.ANCHORS_DIR.mkdir(parents=True, exist_ok=True)
    return checked(ada)


def test_a_backup_names_files_that_were_altered_or_are_gone(model: ModelVersion, tmp_path: Path) -> None:
    lines: list[str] = []
    backup(tmp_path / "one.tar.gz", lines.append)
    assert not [line for line in lines if "mean-colour" in line]
    stores.models().put(model.weights, onnx.mean_colour(4))
    stores.models().delete(model.card_blob)
    backup(tmp_path / "two.tar.gz", lines.append)
    altered, gone = [line for line in lines if "mean-colour" in line]
    assert altered.startswith("The file of weights of mean-colour 1, a model of the laboratory's own, was altered")
    assert gone.startswith("The card of mean-colour 1, a model of the laboratory's own, is gone.")
    assert all("upload the same two files again" in line for line in (altered, gone))


def test_a_restored_house_names_them_too_and_everything_else_comes_back(
    model: ModelVersion, settings: Any, tmp_path: Path
) -> None:
    stores.models().delete(model.weights)
    backup(tmp_path / "all.tar.gz", lambda _: None)
    lines: list[str] = []
    call_command("flush", interactive=False, verbosity=0)
    settings.VAR_DIR = tmp_path / "new"
    settings.MODELS_DIR = settings.VAR_DIR / "models"
    settings.ANCHORS_DIR = settings.VAR_DIR / "anchors"
    restore(tmp_path / "all.tar.gz", lines.append)
    assert [line.partition(".")[0] for line in lines if "mean-colour" in line] == [
        "The file of weights of mean-colour 1, a model of the laboratory's own, is gone"
    ]
    assert ModelVersion.objects.get(algorithm__name="mean-colour").card_sha256 == model.card_sha256


def test_a_signed_report_does_not_hold_where_its_models_files_are_altered_or_gone(
    model: ModelVersion, job: Any, paul: Any, settings: Any, tmp_path: Path
) -> None:
    settings.REPORTS_DIR = tmp_path / "reports"
    own = {"role": ROLE, "name": "mean-colour", "version": "1", "sha256": model.sha256, **ownmodels.frozen_own(model)}
    models = [m for m in job.frozen["models"] if m["role"] != ROLE]
    Job.objects.filter(pk=job.pk).update(frozen={**job.frozen, "models": [*models, own]})
    job.refresh_from_db()
    see_all(paul, job)
    report = services.sign(paul, job.slide.case, PASSWORD, "Reviewed and approved", "")
    assert verify(report).ok
    call_command("verify_report", "--all", stdout=StringIO())
    raw = onnx.mean_colour(3)
    stores.models().put(model.weights, onnx.mean_colour(4))
    assert verify(report).differs == (
        "The file of weights of mean-colour 1, a model of the laboratory's own, was altered: it is no longer what its name, its "
        "hash, says.",
    )
    with pytest.raises(SystemExit):
        call_command("verify_report", "--all", stdout=StringIO())
    stores.models().put(model.weights, raw)
    stores.models().delete(model.card_blob)
    assert verify(report).differs == ("The card of mean-colour 1, a model of the laboratory's own, is gone.",)


@pytest.mark.parametrize("gone", [False, True])
def test_the_very_same_files_mend_a_model_that_was_altered_or_lost(ada: Any, api: Any, quick: Any, gone: bool) -> None:
    model = checked(ada)
    if gone:
        stores.models().delete(model.weights)
        stores.models().delete(model.card_blob)
        assert "upload the very same two files again" in ownmodels.what_is_gone(model)
    else:
        stores.models().put(model.weights, b"altered")
    with pytest.raises(Conflict, match="upload the original two to restore them") as other:
        handed(ada, onnx.mean_colour(4))
    assert other.value.code == "model-exists"
    files = {
        "weights": SimpleUploadedFile("net.onnx", onnx.mean_colour(3)),
        "card": SimpleUploadedFile("card.json", onnx.card_bytes()),
    }
    answer = api(ada).post("/api/v1/models/uploads/", files, format="multipart")
    assert answer.status_code == 200 and answer.json()["state"] == "done" and answer.json()["checks"] == quick
    assert set(stores.models().names()) == {model.weights, model.card_blob}
    assert not list(faults_of_all()) and ModelVersion.objects.filter(algorithm__name="mean-colour").count() == 1
    assert Record.objects.filter(action="model.files-put-back").count() == 1
    with pytest.raises(Conflict, match="give this one another version"):
        handed(ada)
