"""People, cases, slides and finished jobs for tests, made by the services where a service makes them."""

from __future__ import annotations

import itertools
import tempfile
import uuid
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from django.contrib.auth.models import Group
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import ensure_person, ensure_roles
from apps.analysis.models import Job, Protocol, ReportedAnalysis
from apps.analysis.services import freeze
from apps.cases.models import Case
from apps.cases.services import create_case
from apps.slides.models import Slide
from hemaview.assays import assay
from hemaview.cells.store import described, write_cells, write_contours
from hemaview.cells.table import CUT, CellTable
from hemaview.wsi.colour import policy
from hemaview.wsi.sidepyramid import write_pyramid

_numbers = itertools.count(1)
PASSWORD = "a-long-test-password-1"


def person(role: str, username: str = "") -> User:
    if not Group.objects.filter(name=role).exists():  # a test that wrote in earnest leaves an empty database
        ensure_roles()
    return ensure_person(username or f"{role}{next(_numbers)}", PASSWORD, role)


def case(by: User | None = None, **facts: Any) -> Case:
    return create_case(by or person("technologist"), facts.pop("accession", f"T-{next(_numbers):05d}"), **facts)


def film_file(path: Path, width: int = 1024, height: int = 768, seed: int = 1) -> Path:
    """A pyramidal JPEG TIFF with smooth random colours."""
    path.write_bytes(_film(width, height, seed))
    return path


@cache
def _film(width: int, height: int, seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    small = rng.integers(120, 250, (24, 32, 3), dtype=np.uint8)
    image = pyvips.Image.new_from_array(small).copy(interpretation="srgb")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.tif"
        write_pyramid(image.resize(width / 32, vscale=height / 24), path, 0.25)
        return path.read_bytes()


def slide(of: Case, path: Path, **facts: Any) -> Slide:
    """A ready slide that stays in place."""
    new = Slide.objects.create(
        case=of, name=path.stem, status=Slide.Status.READY, path=str(path), in_place=True, width=1024, height=768,
        **{"mpp": 0.25, "mpp_source": "file", "vendor": "test", "sha256": uuid.uuid4().hex * 2, "size_bytes": 1, **facts},
    )  # fmt: skip
    new.folder.mkdir(parents=True, exist_ok=True)
    new.thumbnail_file.write_bytes(b"\xff\xd8\xff\xd9")
    return new


def cells(counts: dict[str, int], unsure: int = 0, cut: int = 0, key: str = "blood_film") -> CellTable:
    """A table with so many cells of each class of an assay; the first `unsure` have a low margin, the last `cut` touch an
    edge."""
    classes = assay(key).schema
    names = [name for name, n in counts.items() for _ in range(n)]
    n = len(names)
    cls = np.array([classes.index(name) for name in names], np.uint8)
    p = np.zeros((n, len(classes)), np.float16)
    p[np.arange(n), cls] = 0.9
    p[np.arange(n), (cls + 1) % len(classes)] = 0.1
    p[:unsure] = 0
    p[np.arange(unsure), cls[:unsure]] = 0.5
    p[np.arange(unsure), (cls[:unsure] + 1) % len(classes)] = 0.45
    flags = np.zeros(n, np.uint8)
    if cut:
        flags[-cut:] = CUT
    half = np.full(n, np.nan, np.float16)
    square = np.array([[-40, -40], [40, -40], [40, 40], [-40, 40]], np.int16)
    return CellTable(
        x=np.linspace(30, 990, n).astype(np.float32), y=np.linspace(20, 740, n).astype(np.float32),
        w=np.full(n, 28, np.uint16), h=np.full(n, 28, np.uint16), cls=cls, p=p, field=np.zeros(n, np.uint32), flags=flags,
        area_um2=np.full(n, 40, np.float16), circularity=np.full(n, 0.9, np.float16), pallor=half, nc_ratio=half,
        contour=(square,) * n,
    )  # fmt: skip


def protocol(key: str = "blood_film", **facts: Any) -> Protocol:
    order = assay(key).orders[0]
    protocol_of_order, _ = Protocol.objects.get_or_create(
        name=order.name,
        version=1,
        defaults={"title": order.title, "assay": key, "specimen": order.specimen, "settings": order.settings, **facts},
    )
    return protocol_of_order


def finished_job(on: Slide, table: CellTable | None = None, key: str = "blood_film") -> Job:
    """A done job of an assay with a cell file on disk, reported where it is the slide's first; the case is in review."""
    if table is None:
        table = cells({"normal": 40, "segmented_neutrophil": 12, "lymphocyte": 6, "erythroblast": 2})
    job = Job.objects.create(
        slide=on, protocol=protocol(key), assay=key, state=Job.State.DONE,
        cells=len(table), fields_done=1, fields_total=1, percent=100,
        frozen=freeze(protocol(key)), mpp=0.25,
        mpp_source="file", started_at=timezone.now(), finished_at=timezone.now(), duration_s=1, device="test",
        software_version="test", colour_policy=policy(on.colour),
    )  # fmt: skip
    job.folder.mkdir(parents=True, exist_ok=True)
    job.contours_sha256 = write_contours(job.contours_file, table)
    job.cells_sha256 = write_cells(job.cells_file, table, described(assay(key).schema))
    job.save()
    ReportedAnalysis.objects.get_or_create(slide=on, assay=key, defaults={"job": job, "chosen_at": job.finished_at})
    Case.objects.filter(pk=on.case_id).update(state=Case.State.IN_REVIEW)
    on.case.refresh_from_db()
    return job
