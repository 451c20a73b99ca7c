"""A case with slides, a finished job and people, brought back to the same state before each try."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from apps.accounts.models import User
from apps.analysis.models import Job, ReportedAnalysis
from apps.audit.models import Record
from apps.cases.models import Case
from apps.cases.services import set_rights
from apps.reports.models import Amendment, Report
from apps.reports.services import sign
from apps.review.models import AddedCell, CarriedLabel, LabelEvent, Reading
from apps.review.services import label_cells
from apps.review.state import _folded
from apps.slides.models import Slide, Upload
from tests import factories

REASON = "The other slide is a spare one"
"""A slide that is not analysed needs one."""
REVIEW, RUNNING, SIGNED = "review", "running", "signed"


@dataclass
class Arena:
    """One try's ground. `fresh` hands every writer rows of its own, as two requests would have."""

    folder: Path
    people: dict[str, User]
    case_pk: int
    counted: Slide
    waiting: Slide
    spare_file: Path
    job: Job
    rival: Job
    second: Job
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    random: random.Random = field(default_factory=lambda: random.Random(1))

    @classmethod
    def build(cls, folder: Path) -> Arena:
        people = {name: factories.person(role, name) for name, role in (
            ("tess", "technologist"), ("tom", "technologist"), ("paul", "pathologist"), ("petra", "pathologist"),
            ("ada", "administrator"), ("agnes", "administrator"), ("rosa", "researcher"),
        )}  # fmt: skip
        case = factories.case(people["tess"], accession="RACE-1", pseudonym="P-1", stain="MGG")
        films = [factories.film_file(folder / f"{name}.tif", seed=i) for i, name in enumerate("abc")]
        counted, waiting = (factories.slide(case, film) for film in films[:2])
        job = factories.finished_job(counted, factories.cells({"normal": 12, "lymphocyte": 4, "erythroblast": 1}))
        rival = factories.finished_job(counted, factories.cells({"normal": 11, "lymphocyte": 5, "erythroblast": 1}))
        second = Job.objects.create(
            slide=waiting,
            protocol=job.protocol,
            assay=job.assay,
            frozen=job.frozen,
            requested_by=people["tess"],
            state=Job.State.FAILED,
        )
        return cls(folder, people, case.pk, counted, waiting, films[2], job, rival, second)

    def case(self) -> Case:
        return Case.objects.select_related("reader").get(pk=self.case_pk)

    def fresh_job(self) -> Job:
        return Job.objects.select_related("slide__case", "protocol").get(pk=self.job.pk)

    def fresh_rival(self) -> Job:
        return Job.objects.select_related("slide__case", "protocol").get(pk=self.rival.pk)

    def fresh_second(self) -> Job:
        return Job.objects.select_related("slide__case", "protocol").get(pk=self.second.pk)

    def reset(self, state: str) -> None:
        """Everything as at the beginning, in `state`; the record alone goes on."""
        for report in Report.objects.filter(case=self.case_pk):
            for path in (Path(settings.REPORTS_DIR) / str(report.pk)).glob("*"):
                path.unlink()
        Amendment.objects.filter(case=self.case_pk).delete()
        Report.objects.filter(case=self.case_pk).delete()
        LabelEvent.objects.filter(undoes__isnull=False).delete()
        LabelEvent.objects.all().delete()
        AddedCell.objects.all().delete()
        CarriedLabel.objects.all().delete()
        Reading.objects.all().delete()
        ReportedAnalysis.objects.exclude(slide=self.counted).delete()
        ReportedAnalysis.objects.update(job=self.job)
        _folded.forget()
        Job.objects.exclude(pk__in=[self.job.pk, self.rival.pk, self.second.pk]).delete()
        Slide.objects.exclude(pk__in=[self.counted.pk, self.waiting.pk]).delete()
        for upload in Upload.objects.all():
            upload.file.unlink(missing_ok=True)
        Upload.objects.all().delete()
        Slide.objects.update(
            mpp=0.25,
            mpp_source="file",
            colour="stored",
            own_specimen="",
            conversion="",
            tile_levels=[{"stored": False}],
            status="ready",
        )
        running = state == RUNNING
        Job.objects.filter(pk=self.second.pk).update(
            state=Job.State.RUNNING if running else Job.State.FAILED, attempt=1, cancel_requested=False,
            lease=timezone.now() + timezone.timedelta(hours=1) if running else None, cells_sha256="", partial=False,
        )  # fmt: skip
        Case.objects.filter(pk=self.case_pk).update(
            pseudonym="P-1", specimen="blood-film", stain="MGG", question="", comment="", reader=None, restricted=False,
            state=Case.State.ANALYSING if running else Case.State.IN_REVIEW, signing_key="", signing_until=None,
        )  # fmt: skip
        set_rights(self.people["ada"], self.case(), self.people["rosa"], set())
        label_cells(self.people["tess"], self.fresh_job(), "confirm", [16], [], None, 0, force=True)
        label_cells(self.people["tom"], self.fresh_job(), "relabel", [2], [], 1, 0, force=True)
        if state == SIGNED:
            sign(self.people["paul"], self.case(), factories.PASSWORD, "Before the race", reason=REASON)

    def spare_slide(self) -> Slide:
        """A slide that nobody has analysed."""
        made = factories.slide(self.case(), self.spare_file)
        Slide.objects.filter(pk=made.pk).update(tile_levels=[{"stored": False}])
        return made

    def complete_upload(self, owner: User) -> Upload:
        raw = self.spare_file.read_bytes()
        upload = Upload.objects.create(
            case_id=self.case_pk, owner=owner, name="late.tif", length=len(raw), offset=len(raw)
        )
        Path(settings.UPLOADS_DIR).mkdir(parents=True, exist_ok=True)
        upload.file.write_bytes(raw)
        return upload

    def lines_after(self, pk: int) -> list[Record]:
        return list(Record.objects.filter(pk__gt=pk).order_by("pk"))
