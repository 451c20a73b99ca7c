"""Hand in a model of one's own: weights and card, checked here and now."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from apps.accounts.commands import SentenceCommand
from apps.accounts.errors import Conflict, Refusal
from apps.accounts.services import acting_user
from apps.analysis import ownmodels, ownuploads
from apps.analysis.models import ModelUpload, ModelVersion
from apps.analysis.modeltrial import check
from hemaview.methods.own.cardfile import MOST_BYTES


class Command(SentenceCommand):
    help = (
        "Upload a model of one's own (.onnx or .safetensors) with its card (.toml or .json), and try it in a child process "
        "without network. Example: python manage.py upload_model net.onnx card.toml --switch-on --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("weights", type=Path, help="one .onnx or .safetensors file")
        parser.add_argument("card", type=Path, help="its card, .toml or .json (docs/own-models.md)")
        parser.add_argument("--switch-on", action="store_true", help="let protocols choose it")
        parser.add_argument("--user", default="", help="who does it (default: the first superuser, or console)")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        weights, card, user = options["weights"], options["card"], acting_user(options["user"])
        for path in (weights, card):
            if not path.is_file():
                raise Refusal(gettext("There is no file {path}.").format(path=path), code="no-file")
        with card.open("rb") as stream:
            card_raw = stream.read(MOST_BYTES + 1)
        row = ownuploads.receive(user, weights.name, weights.stat().st_size, _chunks(weights), card.name, card_raw)
        put_back = row.state == ModelUpload.State.DONE
        tried = (
            row if put_back else check(row.pk, lambda title, share: self.stderr.write(f"{100 * share:3.0f} % {title}"))
        )
        if tried is None:
            raise Conflict(
                gettext("A worker has taken this upload; look at the page of models."), code="model-being-checked"
            )
        model = ModelVersion.objects.filter(algorithm__name=row.name, version=row.version).first()
        if tried.state == ModelUpload.State.DONE and model and options["switch_on"]:
            model = ownmodels.switch(user, model, True)
        self._tell(tried, model, options["json"])
        if tried.state == ModelUpload.State.REFUSED:
            raise Refusal(tried.reason, code=tried.code)

    def _tell(self, row: ModelUpload, model: ModelVersion | None, as_json: bool) -> None:
        if as_json:
            answer = {
                "upload": str(row.pk), "name": row.name, "version": row.version, "sha256": row.sha256, "state": row.state,
                "code": row.code, "reason": row.reason, "enabled": bool(model and model.enabled), "checks": row.checks,
            }  # fmt: skip
            self.stdout.write(json.dumps(answer))
            return
        for one in row.checks:
            self.stdout.write(f"{'holds  ' if one['ok'] else 'refused'} {one['title']}: {one['result']}")
        if row.state == ModelUpload.State.DONE:
            on = "protocols may choose it" if model and model.enabled else "it is not switched on"
            outcome = "has its files back" if row.attempt == 0 else "is checked"
            self.stdout.write(f"{row} {outcome}; {on}.")


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            yield chunk
