"""Makes the archive of a house as the first form left it: `first-form.tar.xz`, read by test_first_form.py.

It was made by the code of commit 1c50006, whose services it calls; to make it again, run this file in a checkout of that
commit: `HEMAVIEW_VAR=NEW-FOLDER python make_first_form.py PICTURES OUT.tar.xz`, PICTURES being the folder of the demo's
Chula pictures (MIT). Cases: FF-REVIEW (labels of every kind, in review), FF-SIGNED (signed), FF-AMENDED (signed, amended,
one more label), FF-SICKLE and FF-NRBC (other schemas, in review), FF-MARROW (marrow, no label).
"""

import os
import sys
import tarfile
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hemaview.config.settings.test")
sys.path.insert(0, os.getcwd())

import django

django.setup()

import json

from django.conf import settings
from django.core.management import call_command

from apps.accounts.roles import ADMINISTRATOR, PATHOLOGIST, TECHNOLOGIST
from apps.accounts.services import ensure_person, ensure_roles
from apps.analysis.modelservices import sync_models
from apps.analysis.selectors import protocol_named
from apps.analysis.services import request_job
from apps.analysis.worker import installed_cards, work
from apps.cases.services import create_case, set_comment, set_reader
from apps.reports.services import amend, sign
from apps.review import mustsee
from apps.review.selectors import counts_json
from apps.review.services import add_cell, label_cells, undo
from apps.review.state import labels_of
from apps.slides.services import begin_import_of_files, run_import


def analysed(user, accession, pictures, protocol, specimen="blood-film"):
    case = create_case(
        user, accession, specimen=specimen, pseudonym=f"P-{accession}", stain="Wright", question="First form."
    )
    slide = run_import(begin_import_of_files(user, case, pictures, accession, 0.19).pk)
    assert slide.status == "ready", slide.message
    job = work(str(request_job(user, slide, protocol_named(protocol)).pk))
    assert job.state == "done", job.reason
    return case, job


def fresh(job):
    job.refresh_from_db()
    return job


def confirm_all(user, job):
    rows = mustsee.open_rows(job, labels_of(job)).tolist()
    if rows:
        label_cells(user, job, "confirm", rows, [], None, fresh(job).label_revision)


def main(pictures, out):
    call_command("migrate", verbosity=0)
    ensure_roles()
    tess = ensure_person("tess", "reader-tess-1", TECHNOLOGIST, "Tess", "Novak")
    paul = ensure_person("paul", "signer-paul-1", PATHOLOGIST, "Paul", "Ito")
    ensure_person("ada", "keeper-ada-1", ADMINISTRATOR, "Ada", "Marsh")
    sync_models(installed_cards())
    files = sorted(Path(pictures).glob("*.webp"))
    expected = {}
    review, job = analysed(tess, "FF-REVIEW", files[:1], "blood-film")
    set_reader(tess, review, tess)
    rows = mustsee.open_rows(job, labels_of(job)).tolist()
    label_cells(tess, job, "confirm", rows[:1] or [0], [], None, 0)
    label_cells(tess, job, "relabel", [2, 3], [], 4, fresh(job).label_revision)
    label_cells(paul, job, "relabel", [5], [], 9, fresh(job).label_revision)
    label_cells(tess, job, "reject", [7], [], None, fresh(job).label_revision)
    label_cells(tess, job, "reject", [8], [], None, fresh(job).label_revision)
    undo(tess, fresh(job))
    add_cell(tess, fresh(job), 100.0, 120.0, 60.0, 60.0, 16)
    expected["FF-REVIEW"] = counts_json(fresh(job))
    signed, job = analysed(tess, "FF-SIGNED", files[1:2], "blood-film")
    confirm_all(tess, job)
    set_comment(tess, signed, "Nothing abnormal.")
    signed.refresh_from_db()
    sign(paul, signed, "signer-paul-1", "Reviewed")
    expected["FF-SIGNED"] = counts_json(fresh(job))
    amended, job = analysed(tess, "FF-AMENDED", files[2:3], "blood-film")
    confirm_all(tess, job)
    amended.refresh_from_db()
    sign(paul, amended, "signer-paul-1", "Reviewed")
    amended.refresh_from_db()
    amend(paul, amended, "A cell was missed.")
    label_cells(tess, fresh(job), "relabel", [1], [], 2, fresh(job).label_revision)
    expected["FF-AMENDED"] = counts_json(fresh(job))
    for accession, protocol, specimen in (
        ("FF-SICKLE", "blood-film-sickle", "blood-film"),
        ("FF-NRBC", "blood-film-nrbc", "blood-film"),
        ("FF-MARROW", "marrow-cascade", "marrow-aspirate"),
    ):
        _, job = analysed(tess, accession, files[3:4], protocol, specimen)
        expected[accession] = counts_json(fresh(job))
    from django.db import connection

    connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    (settings.VAR_DIR / "expected.json").write_text(json.dumps(expected, indent=1, default=str))
    with tarfile.open(out, "w:xz") as archive:
        for path in sorted(settings.VAR_DIR.rglob("*")):
            name = path.relative_to(settings.VAR_DIR)
            if (
                path.is_file()
                and "cache" not in name.parts
                and "uploads" not in name.parts
                and not name.name.endswith(("-wal", "-shm"))
            ):
                archive.add(path, str(name))


main(*sys.argv[1:])
