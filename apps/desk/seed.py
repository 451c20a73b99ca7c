"""The demonstration: four people, a real case, a synthetic one and one a paper, made by the same services that users call."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext

from apps.accounts.errors import Refusal
from apps.accounts.models import User
from apps.accounts.roles import ADMINISTRATOR, PATHOLOGIST, RESEARCHER, TECHNOLOGIST
from apps.accounts.services import ensure_person, ensure_roles
from apps.analysis.models import Job
from apps.analysis.modelservices import sync_models
from apps.analysis.selectors import protocol_named
from apps.analysis.services import request_job
from apps.analysis.worker import installed_cards, work
from apps.cases.models import Case
from apps.cases.services import create_case, set_reader
from apps.desk.democases import CHULA_MPP, FIELDS_DIR, PAPERS, REAL, SYNTHETIC, PaperCase
from apps.laboratory.models import Phrase
from apps.laboratory.selectors import laboratory, phrases
from apps.laboratory.services import change_laboratory, create_phrase
from apps.slides.imports import begin_import_of_files, run_import
from apps.slides.models import Slide
from apps.slides.placing import ImportOptions

Say = Callable[[str], None]

PEOPLE = (
    ("tess", "reader-tess-1", TECHNOLOGIST, "Tess", "Novak"),
    ("paul", "signer-paul-1", PATHOLOGIST, "Paul", "Ito"),
    ("ada", "keeper-ada-1", ADMINISTRATOR, "Ada", "Marsh"),
    ("rosa", "seeker-rosa-1", RESEARCHER, "Rosa", "Lind"),
)
"""User name, password, role, first and last name; for the demonstration only."""


PHRASES = (
    ("normal", "Red cells: normal in size, colour and shape.\nWhite cells: normal in number and form.\nPlatelets: normal.",
     Phrase.Kind.TEMPLATE),
    ("schisto", "Schistocytes are present: exclude thrombotic microangiopathy.", Phrase.Kind.PHRASE),
    ("blasts", "Blasts are present: immunophenotyping is advised.", Phrase.Kind.PHRASE),
    ("repeat", "A fresh film is advised.", Phrase.Kind.PHRASE),
)  # fmt: skip
"""Code, text and kind of what conclusions of the demonstration can be made of."""


def film_files() -> tuple[Path, Path]:
    folder = Path(settings.VAR_DIR) / "demo"
    return folder / "synthetic-film.tif", folder / "synthetic-film.truth.csv"


def begin_drawing() -> subprocess.Popen[bytes] | None:
    """Draw the synthetic film in a process of its own, unless it is there already."""
    film, truth = film_files()
    if film.exists() and truth.exists():
        return None
    film.parent.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen([sys.executable, "-m", "hemaview.wsi.synthetic", str(film), str(truth)])


def seed(say: Say) -> None:
    """Make what is missing; what is there already stays as people left it."""
    ensure_roles()
    for person in PEOPLE:
        ensure_person(*person)
    for line in sync_models(installed_cards()):
        say(f"installed: {line}")
    _laboratory(User.objects.get(username="ada"))
    tess = User.objects.get(username="tess")
    drawing = None
    if not Case.objects.filter(accession=SYNTHETIC, slides__status=Slide.Status.READY).exists():
        drawing = begin_drawing()
        if drawing:
            say("drawing the synthetic film beside (about a minute)")
    _real(tess, say)
    for paper in PAPERS:
        _of_paper(tess, paper, say)
    _synthetic(tess, drawing, say)


def _laboratory(user: User) -> None:
    """A head for reports and a few phrases, where nobody has entered any."""
    if laboratory().name or phrases().exists():
        return
    change_laboratory(user, name="Demonstration laboratory", address="For trying HemaView out", phone="")
    for code, text, kind in PHRASES:
        create_phrase(user, code, text, kind)


def _real(user: User, say: Say) -> None:
    slide = _slide(
        user,
        REAL,
        sorted(FIELDS_DIR.glob("*.webp")),
        "Chula RBC-12, twelve fields",
        CHULA_MPP,
        say,
        pseudonym="COLLECTION",
        stain="Wright",
        question="Red-cell morphology. Twelve real fields of Chula RBC-12 (MIT), of several people: a collection.",
    )
    if slide.jobs.exists():
        return
    say("analysing the real fields")
    job = request_job(user, slide, protocol_named("blood-film"))
    last = [-1]

    def tell(running: Job) -> None:
        if running.fields_done != last[0] and running.fields_total:
            last[0] = running.fields_done
            say(f"  field {running.fields_done} of {running.fields_total}, {running.cells} cells")

    result = work(str(job.pk), tell)
    if result is not None and result.state == Job.State.FAILED:
        raise Refusal(f"{result.reason} {result.advice}")


def _of_paper(user: User, paper: PaperCase, say: Say) -> None:
    slide = _slide(
        user, paper.accession, paper.files(), paper.name, paper.mpp, say, specimen=paper.specimen,
        pseudonym=paper.paper.partition(" ")[0].upper(), stain=paper.stain, question=f"{paper.name}. {paper.facts}",
    )  # fmt: skip
    if not slide.jobs.exists():
        request_job(user, slide, protocol_named(paper.protocol))


def _synthetic(user: User, drawing: subprocess.Popen[bytes] | None, say: Say) -> None:
    if drawing is not None:
        say("waiting for the synthetic film to be drawn")
        if drawing.wait() != 0:
            raise Refusal(gettext("The synthetic film could not be drawn; look above for why."))
    film, _ = film_files()
    slide = _slide(
        user,
        SYNTHETIC,
        [film],
        "Synthetic blood film",
        None,
        say,
        pseudonym="SYNTHETIC",
        stain="synthetic",
        question="A synthetic film drawn by HemaView, nobody's blood: for trying things out. Its truth is known exactly.",
    )
    if not slide.jobs.exists():
        request_job(user, slide, protocol_named("blood-film"))
        say("ordered the analysis of the synthetic film; the worker begins with it")


def _slide(
    user: User, accession: str, files: list[Path], name: str, mpp: float | None, say: Say, **facts: str
) -> Slide:
    case = Case.objects.filter(accession=accession).first()
    if case is None:
        case = create_case(user, accession, **{"specimen": Case.Specimen.BLOOD_FILM, **facts})
        set_reader(user, case, user)
    slide = case.slides.filter(status=Slide.Status.READY).first()
    if slide is not None:
        return slide
    say(f"importing: {name}")
    slide = run_import(begin_import_of_files(user, case, files, ImportOptions(name, mpp)).pk)
    if slide.status != Slide.Status.READY:
        raise Refusal(gettext("{name} could not be imported: {message}").format(name=name, message=slide.message))
    return slide
