"""Writes about what cases share: sites and what they taught, the laboratory, its phrases, protocols, models of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from apps.accounts import services as people
from apps.accounts.errors import Conflict
from apps.analysis import adaptations, ownmodels, owntrials, ownuploads, protocolservices
from apps.laboratory import services as laboratory
from apps.laboratory.models import Phrase
from apps.slides import sites
from tests import onnxfiles as onnx
from tests.races.arena import CODE, LOGO, Arena, picture
from tests.races.write import Shot, Write, who

NEW_CODE, NEW_SITE, NEW_PROTOCOL = "new", "New site", "new-film"


def _site(a: Arena, side: int) -> Shot:
    """Both give the slide to the spare site, or one to it and one to the site that teaches."""
    user, slide = who(a, side, "tess", "ada"), a.fresh_job().slide
    site = a.spare_site() if side == 0 or a.random.random() < 0.5 else a.site
    return lambda: sites.set_site(user, slide, site)


def _site_made(a: Arena, side: int) -> Shot:
    user = who(a, side, "ada", "agnes")
    return lambda: sites.create_site(user, NEW_SITE)


def _site_removed(a: Arena, side: int) -> Shot:
    user, site = who(a, side, "ada", "agnes"), a.spare_site()
    return lambda: sites.remove_site(user, site)


def _teaching(a: Arena, side: int) -> Shot:
    user, site = who(a, side, "ada", "agnes"), a.spare_site()
    return lambda: adaptations.create(user, site, a.job.assay, a.taught[0].base)


def _switched_on(a: Arena, side: int) -> Shot:
    """One is in force already; each side switches on another."""
    user, row = who(a, side, "ada", "agnes"), adaptations.adaptations().get(pk=a.taught[1 + side].pk)
    return lambda: adaptations.switch(user, row, True)


def _switched_off(a: Arena, side: int) -> Shot:
    user, row = who(a, side, "ada", "agnes"), adaptations.adaptations().get(pk=a.taught[0].pk)
    return lambda: adaptations.switch(user, row, False)


def _laboratory(a: Arena, side: int) -> Shot:
    user, facts = who(a, side, "ada", "agnes"), {("name", "phone")[side]: f"{next(a.numbers)}", "address": f"{side}"}
    return lambda: laboratory.change_laboratory(user, **facts)


def _logo(a: Arena, side: int) -> Shot:
    user, raw = who(a, side, "ada", "agnes"), picture(("red", "blue")[side])
    return lambda: laboratory.set_logo(user, raw)


def _logo_of_before(a: Arena, side: int) -> Shot:
    """Whose file the other one takes away."""
    user, raw = who(a, side, "ada", "agnes"), picture(LOGO)
    return lambda: laboratory.set_logo(user, raw)


def _phrase_made(a: Arena, side: int) -> Shot:
    user, text = who(a, side, "ada", "agnes"), f"text {next(a.numbers)}"
    return lambda: laboratory.create_phrase(user, NEW_CODE, text)


def _phrase_changed(a: Arena, side: int) -> Shot:
    user, row, text = who(a, side, "ada", "agnes"), Phrase.objects.get(code=CODE), f"text {next(a.numbers)}"
    return lambda: laboratory.change_phrase(user, row, text=text)


def _phrase_renamed(a: Arena, side: int) -> Shot:
    user, row = who(a, side, "ada", "agnes"), Phrase.objects.exclude(code=CODE).order_by("code")[side]
    return lambda: laboratory.change_phrase(user, row, code=NEW_CODE)


def _phrase_removed(a: Arena, side: int) -> Shot:
    user, row = who(a, side, "ada", "agnes"), Phrase.objects.get(code=CODE)
    return lambda: laboratory.remove_phrase(user, row)


def _protocol_changed(a: Arena, side: int) -> Shot:
    user, row = who(a, side, "ada", "agnes"), a.protocol()
    draft = replace(protocolservices.Draft.of(row), title=f"Film {next(a.numbers)}")
    return lambda: protocolservices.revise(user, row, draft)


def _protocol_copied(a: Arena, side: int) -> Shot:
    user, row = who(a, side, "ada", "agnes"), a.protocol()
    draft = protocolservices.Draft.of(row)
    return lambda: protocolservices.copy(user, row, NEW_PROTOCOL, draft)


def _retired(a: Arena, side: int) -> Shot:
    user, name = who(a, side, "ada", "agnes"), a.job.protocol.name
    return lambda: protocolservices.set_retired(user, name, True)


def _model_uploaded(a: Arena, side: int) -> Shot:
    """Both hand in the same name and version."""
    user, weights = who(a, side, "ada", "agnes"), onnx.mean_colour(3)
    return lambda: ownuploads.receive(user, "net.onnx", len(weights), [weights], "card.json", onnx.card_bytes())


def _model_claimed(a: Arena, side: int) -> Shot:
    upload = a.waiting_model()
    return lambda: owntrials.claim(upload.pk, f"worker {side}") or _refused()


def _refused() -> None:
    raise Conflict("Not held.")


def _model_on(a: Arena, side: int) -> Shot:
    user, model = who(a, side, "ada", "agnes"), a.own[0]
    return lambda: ownmodels.switch(user, model, True)


def _model_off(a: Arena, side: int) -> Shot:
    user, model = who(a, side, "ada", "agnes"), a.own[1]
    return lambda: ownmodels.switch(user, model, False)


def _model_off_again(a: Arena, side: int) -> Shot:
    """The one that another may be switching on."""
    user, model = who(a, side, "ada", "agnes"), a.own[0]
    return lambda: ownmodels.switch(user, model, False)


def _identity(a: Arena, side: int) -> Shot:
    """Both let one person see who patients are, or one lets them and the other does not."""
    by, person, sees = who(a, side, "ada", "agnes"), a.people["tom"], side == 0 or a.random.random() < 0.5
    return lambda: people.set_sees_identity(by, person, sees)


def _about(*things: str) -> Any:
    return {"content": False, "about": frozenset(things)}


HOUSE_WRITES: tuple[Write, ...] = (
    Write("site", "slide.site", _site, content=False, about=frozenset({"case", "site"}), idempotent=True),
    Write("new site", "site.created", _site_made, **_about("site")),
    Write("removal of a site", "site.removed", _site_removed, **_about("site")),
    Write("teaching", "site.teach", _teaching, **_about("site")),
    Write("net on", "site.switched", _switched_on, **_about("site")),
    Write("net off", "site.switched", _switched_off, **_about("site"), idempotent=True),
    Write("laboratory", "laboratory.changed", _laboratory, **_about("laboratory")),
    Write("logo", "laboratory.logo", _logo, **_about("laboratory")),
    Write("logo of before", "laboratory.logo", _logo_of_before, **_about("laboratory"), idle=True),
    Write("new phrase", "phrase.created", _phrase_made, **_about("phrase")),
    Write("phrase", "phrase.changed", _phrase_changed, **_about("phrase")),
    Write("code of a phrase", "phrase.changed", _phrase_renamed, **_about("phrase")),
    Write("removal of a phrase", "phrase.removed", _phrase_removed, **_about("phrase")),
    Write("protocol", "protocol.changed", _protocol_changed, **_about("protocol")),
    Write("copy of a protocol", "protocol.created", _protocol_copied, **_about("protocol")),
    Write("model upload", "model.uploaded", _model_uploaded, **_about("model")),
    Write("claim of a model", "", _model_claimed, **_about("model")),
    Write("model on", "model.enabled", _model_on, **_about("model"), idempotent=True),
    Write("model off", "model.disabled", _model_off, **_about("model"), idempotent=True),
    Write("model off again", "model.disabled", _model_off_again, **_about("model"), idempotent=True, idle=True),
    Write("sight of identity", "account.permissions", _identity, **_about("account"), idle=True),
    Write("retirement", "protocol.retired", _retired, **_about("protocol"), idempotent=True),
)
