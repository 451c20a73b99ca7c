"""A case with slides, a finished job and people, brought back to the same state before each try."""

from __future__ import annotations

import io
import itertools
import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from django.conf import settings
from django.utils import timezone
from PIL import Image

from apps.accounts import stores
from apps.accounts.models import User
from apps.analysis.models import Adaptation, Algorithm, Job, ModelUpload, ModelVersion, Protocol, ReportedAnalysis
from apps.analysis.protocolservices import newest
from apps.audit.models import Record
from apps.cases.models import Case
from apps.cases.services import set_rights
from apps.laboratory.models import Laboratory, Phrase
from apps.laboratory.services import set_logo
from apps.reports.models import Amendment, Report
from apps.reports.services import sign
from apps.review.cellnotes import note_cell
from apps.review.models import AddedCell, CarriedLabel, CellNote, HbfMark, LabelEvent, Reading
from apps.review.services import label_cells
from apps.review.state import _folded
from apps.slides.models import Site, Slide, Upload
from apps.slides.sites import create_site
from tests import factories
from tests.races.snapshot import Snapshot

REASON = "The other slide is a spare one"
"""A slide that is not analysed needs one."""
REVIEW, RUNNING, WAITING, SIGNED = "review", "running", "waiting", "signed"
STATES = frozenset({RUNNING, WAITING, SIGNED})
"""Of which a try is in one alone; a write that needs none is made in each."""
ERYTHROBLAST = 16
"""The row of the candidate for picking, which is confirmed."""
EARLIER = "before the race"
CODE = "base"
"""Of the phrase that people change."""
LOGO = "green"
SPARE_SITE = "Spare site"


def picture(colour: str) -> bytes:
    """PNG bytes of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return out.getvalue()


@dataclass
class Arena:
    """One try's ground. `fresh` hands every writer rows of its own, as two requests would have."""

    folder: Path
    people: dict[str, User]
    case_pk: int
    film_slide: Slide
    waiting: Slide
    spare_file: Path
    job: Job
    rival: Job
    second: Job
    site: Site
    taught: tuple[Adaptation, ...]
    """What the site taught; the first is in force."""
    own: tuple[ModelVersion, ...]
    """Two models of the laboratory's own; the second is switched on."""
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    random: random.Random = field(default_factory=lambda: random.Random(1))
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    """The rows that each state begins with."""
    logo: bytes = b""
    """The file of the logo that each state begins with."""
    kept: Path = Path()
    """What the slides and the analyses have on disk, as it was built."""
    printed: set[Any] = field(default_factory=set)
    """Reports that belong to a beginning: their files stay."""

    @classmethod
    def build(cls, folder: Path) -> Arena:
        people = {name: factories.person(role, name) for name, role in (
            ("tess", "technologist"), ("tom", "technologist"), ("paul", "pathologist"), ("petra", "pathologist"),
            ("ada", "administrator"), ("agnes", "administrator"), ("rosa", "researcher"),
        )}  # fmt: skip
        case = factories.case(people["tess"], accession="RACE-1", pseudonym="P-1", stain="MGG")
        films = [factories.film_file(folder / f"{name}.tif", seed=i) for i, name in enumerate("abc")]
        film_slide, waiting = (factories.slide(case, film) for film in films[:2])
        job = factories.finished_job(film_slide, factories.cells({"normal": 12, "lymphocyte": 4, "erythroblast": 1}))
        rival = factories.finished_job(film_slide, factories.cells({"normal": 11, "lymphocyte": 5, "erythroblast": 1}))
        second = Job.objects.create(
            slide=waiting,
            protocol=job.protocol,
            assay=job.assay,
            frozen=job.frozen,
            requested_by=people["tess"],
            state=Job.State.FAILED,
        )
        second.folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(rival.cells_file, second.cells_file)
        shutil.copy(rival.contours_file, second.contours_file)
        site = create_site(people["ada"], "Ward 3")
        base = ModelVersion.objects.create(
            algorithm=Algorithm.objects.create(name="net", title="Net", task="classify"), version="1", sha256="a" * 64
        )
        taught = tuple(
            Adaptation.objects.create(site=site, assay=job.assay, number=n, base=base, state=Adaptation.State.DONE)
            for n in (1, 2, 3)
        )
        for name in ("own.onnx", "own.json"):
            stores.models().put(name, b"kept")
        ours = Algorithm.objects.create(name="ours", title="Ours", task="classification")
        own = tuple(
            ModelVersion.objects.create(
                algorithm=ours,
                version=version,
                sha256="b" * 64,
                weights="own.onnx",
                card_sha256="own",
                enabled=version == "2",
            )
            for version in ("1", "2")
        )
        arena = cls(folder, people, case.pk, film_slide, waiting, films[2], job, rival, second, site, taught, own)
        arena.kept = folder / "kept"
        for files in arena.files():
            if files.exists():
                shutil.copytree(files, arena.kept / files.name)
        return arena

    def files(self) -> list[Path]:
        """The folders of the slides and of the analyses."""
        return [one.folder for one in (self.film_slide, self.waiting, self.job, self.rival, self.second)]

    def case(self) -> Case:
        return Case.objects.select_related("reader").get(pk=self.case_pk)

    def fresh_job(self) -> Job:
        return Job.objects.select_related("slide__case", "protocol").get(pk=self.job.pk)

    def fresh_rival(self) -> Job:
        return Job.objects.select_related("slide__case", "protocol").get(pk=self.rival.pk)

    def fresh_second(self) -> Job:
        return Job.objects.select_related("slide__case", "protocol").get(pk=self.second.pk)

    def protocol(self) -> Protocol:
        """The newest version."""
        return newest(self.job.protocol.name)

    def fresh_note(self) -> CellNote:
        """A comment of Tess's that was there before the race."""
        return CellNote.objects.select_related("slide__case").get(text=EARLIER)

    def waiting_model(self) -> ModelUpload:
        """A model that no worker has tried yet."""
        row, new = ModelUpload.objects.get_or_create(name="waiting", version="1", defaults={"kind": "onnx", "size": 4})
        if new:
            stores.models().put(row.blob, b"wait")
        return row

    def spare_site(self) -> Site:
        """A site without slides and teachings."""
        return Site.objects.get_or_create(name=SPARE_SITE)[0]

    def results_of_second(self) -> dict[str, Any]:
        """What a worker says of the cells that lie in the second job's folder."""
        names = ("cells", "mpp", "mpp_source", "cells_sha256", "contours_sha256")
        return {name: getattr(self.rival, name) for name in names}

    def reset(self, state: str) -> None:
        """Everything as at the beginning, in `state`; the record alone goes on."""
        if state not in self.snapshots:
            if self.snapshots:  # a try may have removed what every state is made of
                next(iter(self.snapshots.values())).restore()
            self._with_files()
            self._made_anew(state)
            self.snapshots[state] = Snapshot.of_now()
            self.logo = stores.laboratory().read(Laboratory.objects.get().logo)
            return
        self._without_files()
        self.snapshots[state].restore()
        self._with_files()
        if not stores.laboratory().exists(name := Laboratory.objects.get().logo):
            stores.laboratory().put(name, self.logo)
        _folded.forget()

    def _without_files(self) -> None:
        """Remove what tries have left on disk; the report that a signed case begins with has been printed once."""
        for report in Report.objects.filter(case=self.case_pk).exclude(pk__in=self.printed):
            for path in (Path(settings.REPORTS_DIR) / str(report.pk)).glob("*"):
                path.unlink()
        for upload in Upload.objects.all():
            upload.file.unlink(missing_ok=True)
        stores.models().delete("incoming")

    def _with_files(self) -> None:
        """Put back what a removal took from the disk."""
        for files in self.files():
            if not files.exists() and (self.kept / files.name).exists():
                shutil.copytree(self.kept / files.name, files)

    def _made_anew(self, state: str) -> None:
        """The beginning of a state, by the services that people would use."""
        self._without_files()
        Amendment.objects.filter(case=self.case_pk).delete()
        Report.objects.filter(case=self.case_pk).delete()
        CellNote.objects.all().delete()
        HbfMark.objects.all().delete()
        LabelEvent.objects.filter(undoes__isnull=False).delete()
        LabelEvent.objects.all().delete()
        AddedCell.objects.all().delete()
        CarriedLabel.objects.all().delete()
        Reading.objects.all().delete()
        ReportedAnalysis.objects.exclude(slide=self.film_slide).delete()
        ReportedAnalysis.objects.update(job=self.job)
        _folded.forget()
        Job.objects.exclude(pk__in=[self.job.pk, self.rival.pk, self.second.pk]).delete()
        Slide.objects.exclude(pk__in=[self.film_slide.pk, self.waiting.pk]).delete()
        Upload.objects.all().delete()
        self._reset_house()
        Slide.objects.update(
            site=None,
            mpp=0.25,
            mpp_source="file",
            colour="stored",
            own_specimen="",
            conversion="",
            tile_levels=[{"stored": False}],
            status="ready",
        )
        running, active = state == RUNNING, state in (RUNNING, WAITING)
        there = Job.State.RUNNING if running else Job.State.QUEUED if active else Job.State.FAILED
        Job.objects.filter(pk=self.second.pk).update(
            state=there, attempt=1, stalled=0, cancel_requested=False,
            lease=timezone.now() + timezone.timedelta(hours=1) if active else None,
            cells_sha256="", contours_sha256="", cells=0, partial=False, finished_at=None,
        )  # fmt: skip
        Case.objects.filter(pk=self.case_pk).update(
            pseudonym="P-1", specimen="blood-film", stain="MGG", question="", comment="", conclusion="",
            urgent=False, archived_at=None, reader=None, restricted=False,
            state=Case.State.ANALYSING if active else Case.State.IN_REVIEW, signing_key="", signing_until=None,
        )  # fmt: skip
        set_rights(self.people["ada"], self.case(), self.people["rosa"], set())
        label_cells(self.people["tess"], self.fresh_job(), "confirm", [ERYTHROBLAST], [], None, 0, force=True)
        label_cells(self.people["tom"], self.fresh_job(), "relabel", [2], [], 1, 0, force=True)
        note_cell(self.people["tess"], self.fresh_job(), "comment", 7, "", EARLIER)
        if state == SIGNED:
            signed = sign(self.people["paul"], self.case(), factories.PASSWORD, "Reviewed", reason=REASON)
            self.printed.add(signed.pk)

    def _reset_house(self) -> None:
        Adaptation.objects.exclude(pk__in=[row.pk for row in self.taught]).delete()
        Adaptation.objects.update(in_force=False)
        Adaptation.objects.filter(pk=self.taught[0].pk).update(in_force=True)
        Slide.objects.update(site=None)
        Site.objects.exclude(pk=self.site.pk).delete()
        ModelUpload.objects.all().delete()
        for model, on in zip(self.own, (False, True), strict=True):
            ModelVersion.objects.filter(pk=model.pk).update(enabled=on)
        Phrase.objects.all().delete()
        Phrase.objects.bulk_create([Phrase(code=code, text="Before") for code in (CODE, "other-1", "other-2")])
        set_logo(self.people["ada"], picture(LOGO))
        Laboratory.objects.update(name="", address="", phone="")
        Protocol.objects.exclude(pk=self.job.protocol_id).delete()
        Protocol.objects.update(enabled=True)

    def spare_slide(self) -> Slide:
        """A slide that nobody has analysed."""
        slide = factories.slide(self.case(), self.spare_file)
        Slide.objects.filter(pk=slide.pk).update(tile_levels=[{"stored": False}])
        return slide

    def complete_upload(self, owner: User) -> Upload:
        raw = self.spare_file.read_bytes()
        upload = Upload.objects.create(
            case_id=self.case_pk, owner=owner, name="late.tif", length=len(raw), offset=len(raw)
        )
        Path(settings.UPLOADS_DIR).mkdir(parents=True, exist_ok=True)
        upload.file.write_bytes(raw)
        return upload

    def upload_of_two(self, owner: User) -> Upload:
        """A complete upload of a file with two series."""
        out = io.BytesIO()
        with tifffile.TiffWriter(out) as writer:
            for side_px in (64, 48):
                rgb = np.random.default_rng(side_px).integers(90, 250, (side_px, 64, 3), np.uint8)
                writer.write(rgb, photometric="rgb", metadata=None)
        raw = out.getvalue()
        upload = Upload.objects.create(
            case_id=self.case_pk, owner=owner, name="two.tif", length=len(raw), offset=len(raw)
        )
        Path(settings.UPLOADS_DIR).mkdir(parents=True, exist_ok=True)
        upload.file.write_bytes(raw)
        return upload

    def lines_after(self, pk: int) -> list[Record]:
        return list(Record.objects.filter(pk__gt=pk).order_by("pk"))
