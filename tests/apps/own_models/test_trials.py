"""A model of one's own is tried by a worker before anybody may choose it; a worker that dies leaves the trial to the next."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from apps.accounts import stores
from apps.accounts.errors import Conflict
from apps.analysis import modeltrial, owntrials
from apps.analysis.models import Algorithm, ModelUpload
from apps.analysis.ownnames import TRIALS
from apps.analysis.owntrials import claim
from apps.analysis.tasks import sweep_models
from apps.audit.models import Record
from tests import onnxfiles as onnx
from tests.apps.own_models.steps import handed


def test_what_a_check_refuses_is_never_a_model_and_its_file_is_gone(ada: Any, api: Any) -> None:
    row = modeltrial.check(handed(ada, onnx.mean_colour(5)).pk)
    assert row is not None and (row.state, row.code) == (ModelUpload.State.REFUSED, "wrong-classes")
    assert row.reason.startswith("The net gives (n, 5), but its card names 3 classes") and not row.checks[-1]["ok"]
    assert not list(stores.models().names()) and not Algorithm.objects.filter(name="mean-colour").exists()
    assert Record.objects.get(action="model.refused").detail["reason"] == row.reason
    page = api(ada).get("/models/upload/").content.decode()
    assert "The net gives (n, 5)" in page and "Its file was not kept." in page
    assert handed(ada).name == "mean-colour", "the same name may be tried again"


def test_a_worker_that_dies_leaves_the_check_to_the_next_and_three_deaths_end_it(ada: Any, quick: Any) -> None:
    row = handed(ada)
    for attempt in (1, 2, 3):
        upload = claim(row.pk, f"worker {attempt}")
        assert upload is not None and claim(row.pk, "another") is None, "while it is held nobody else has it"
        ModelUpload.objects.filter(pk=row.pk).update(lease=timezone.now() - timezone.timedelta(seconds=1))
        assert TRIALS.unheld() == [str(row.pk)]
    assert modeltrial.check(row.pk) is None
    row.refresh_from_db()
    assert (row.state, row.code) == (ModelUpload.State.REFUSED, "crashed") and not list(stores.models().names())
    assert upload is not None and owntrials.accept(upload, quick) is None, "one who comes back too late makes no model"


def test_the_sweep_rings_for_what_waits_and_forgets_files_of_nobody(
    ada: Any, quick: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr("apps.analysis.tasks.ring_model", rung.append)
    row = handed(ada)
    stores.models().put("incoming/stray.onnx", b"left by a process that died")
    sweep_models()
    assert rung == [str(row.pk)] and stores.models().exists("incoming/stray.onnx"), "it may be on its way"
    later = timezone.now() + timezone.timedelta(days=2)
    monkeypatch.setattr(timezone, "now", lambda: later)
    sweep_models()
    assert list(stores.models().names()) == [row.blob]


def test_what_a_dead_worker_left_may_be_handed_in_again_once_its_lease_has_ended(ada: Any, quick: Any) -> None:
    first = handed(ada)
    assert claim(first.pk, "a worker that is killed") is not None
    with pytest.raises(Conflict) as refusal:
        handed(ada)
    assert refusal.value.code == "model-being-checked"
    ModelUpload.objects.filter(pk=first.pk).update(lease=timezone.now() - timezone.timedelta(seconds=1))
    second = handed(ada)
    first.refresh_from_db()
    assert (first.state, first.code) == (ModelUpload.State.REFUSED, "crashed") and "handed in again" in first.reason
    assert list(stores.models().names()) == [second.blob]
    upload = modeltrial.check(second.pk)
    assert upload is not None and upload.state == ModelUpload.State.DONE


def test_a_trial_that_says_nothing_for_long_keeps_its_lease_while_its_worker_lives(
    ada: Any, monkeypatch: pytest.MonkeyPatch, quick: Any
) -> None:
    row, leases = handed(ada), []

    def slow(*args: Any) -> list[dict[str, Any]]:
        ModelUpload.objects.filter(pk=row.pk).update(lease=timezone.now() - timezone.timedelta(seconds=1))
        args[-1]()
        leases.append(ModelUpload.objects.get(pk=row.pk).lease)
        return quick

    monkeypatch.setattr(modeltrial, "try_out", slow)
    modeltrial.check(row.pk)
    assert leases[0] > timezone.now() + timezone.timedelta(seconds=30)
