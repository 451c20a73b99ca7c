"""What a printed report shows: every character, nothing beyond the page, and what cannot be printed said before signing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from apps.accounts.errors import Conflict, Refusal
from apps.analysis.selectors import reported_jobs
from apps.cases.services import set_comment
from apps.reports import document, fonts, render, services
from apps.reports.drafts import draft_html
from apps.reports.holds import holds_of
from apps.reports.selectors import proved_bytes
from apps.review.services import label_cells
from tests import factories
from tests.apps.test_reports import see_all
from tests.factories import PASSWORD

ORIGINAL, MARGIN_PT = "中", 16 * 72 / 25.4


@pytest.fixture(autouse=True)
def no_fonts_of_the_machine(settings: Any, tmp_path: Path) -> Any:
    folder = tmp_path / "fonts"
    folder.mkdir()
    settings.FONT_FOLDERS = [str(folder)]
    fonts.system_fonts.cache_clear()
    yield
    fonts.system_fonts.cache_clear()


def printed(page: str) -> pypdfium2.PdfDocument:
    return pypdfium2.PdfDocument(render.pdf(page))


def words_of(pdf: pypdfium2.PdfDocument) -> str:
    return "\n".join(page.get_textpage().get_text_bounded() for page in pdf)


def font_with(character: str, path: Path) -> None:
    pen = TTGlyphPen(None)
    for number, point in enumerate(((0, 0), (0, 800), (800, 800), (800, 0))):
        (pen.lineTo if number else pen.moveTo)(point)
    pen.closePath()
    glyph = pen.glyph()
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder([".notdef", "own"])
    font.setupCharacterMap({ord(character): "own"})
    font.setupGlyf({".notdef": glyph, "own": glyph})
    font.setupHorizontalMetrics({".notdef": (1000, 0), "own": (1000, 0)})
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Tiny", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(path)


def test_a_printed_report_carries_accession_note_and_page_numbers_on_each_page(job: Any) -> None:
    pdf = printed(render.html(document.build(job.slide.case), None))
    assert len(pdf) > 1
    for number, page in enumerate(pdf, start=1):
        words = page.get_textpage().get_text_bounded()
        assert "Accession T-1 · DRAFT, not signed" in words
        assert document.DISCLAIMER in words
        assert f"page {number} of {len(pdf)}" in words


def test_latin_greek_cyrillic_thai_and_devanagari_are_printed_with_the_fonts_that_come_along(job: Any) -> None:
    text = "Grüße Ελληνικά Кириллица ไทย हिन्दी ≥ 20 % µm² 10⁹/L ✓"
    assert fonts.unprintable(text) == []
    case = job.slide.case
    case.comment = text
    pdf = printed(render.html(document.build(case), None))
    words = words_of(pdf)
    for word in ("Grüße", "Ελληνικά", "Кириллица", "ไทย", "≥ 20 % µm² 10⁹/L"):
        assert word in words


def test_nothing_that_people_write_runs_off_a_page(job: Any) -> None:
    case, long = job.slide.case, "W" * 300
    case.comment = case.question = long
    case.pseudonym = case.stain = "W" * 64
    content = document.build(case)
    (part,) = content["examinations"]
    slide = {**part["slides"][0], "name": long, "notes": [long], "protocol": long, "device": long}
    part["slides"] = [slide]
    part["counts"]["slides"] = [
        {"slide": long, "sections": [{"key": "x", "title": long, "n": 1, "rows": {long: 1}}]}
    ] * 2
    for row in part["counts"]["sections"][0]["rows"]:
        row["name"] = long
    for ratio in part["counts"]["ratios"]:
        ratio.update(name=long, basis=long, why=long, reviewed={"text": "1.00"})
    content["missing"] = [{"slide": long, "why": long}]
    model = {"role": long, "name": long, "version": "1", "sha256": "a" * 64, "limits": [long], "measured": [long]}
    content["models"] = [model]
    signature = {
        "version": 2, "by": long, "username": long, "at": "2026-01-01T00:00", "meaning": long, "reason": long,
        "amended_by": long, "sha256": "a" * 64,
    }  # fmt: skip
    pdf = printed(render.html(content, signature))
    for page in pdf:
        text = page.get_textpage()
        width, height = page.get_size()
        for index in range(text.count_chars()):
            if text.get_text_range(index, 1).strip():
                left, bottom, right, top = text.get_charbox(index)
                assert left >= MARGIN_PT - 1 and right <= width - MARGIN_PT + 1, text.get_text_range(
                    max(0, index - 20), 40
                )
                assert bottom >= 0 and top <= height


def test_words_are_broken_only_where_no_line_holds_them(job: Any) -> None:
    case = job.slide.case
    case.comment = "Neutrophils with toxic granulation and vacuoles predominate throughout. " * 12
    words = words_of(printed(render.html(document.build(case), None))).split()
    assert {"granulation", "predominate", "throughout."} <= set(words)
    assert words.count("granulation") == words.count("predominate") == 12


def test_what_no_font_can_print_is_named_before_signing_and_nothing_but_other_words_lift_it(
    job: Any, paul: Any
) -> None:
    see_all(paul, job)
    case = set_comment(paul, job.slide.case, f"Film of {ORIGINAL}")
    (hold,) = holds_of(case, reported_jobs(case))
    assert (hold.code, hold.lifted_by) == ("unprintable-characters", "")
    assert "The comment has characters that no installed font can print: 中 (U+4E2D)." in hold.sentence
    with pytest.raises(Conflict, match="The comment has characters"):
        services.sign(paul, case, PASSWORD, "Approved", reason="never mind")
    assert services.sign(paul, case, PASSWORD, "Approved", comment="Film of it").version == 1


def test_the_meaning_of_a_signature_and_the_reason_of_an_amendment_must_be_printable(job: Any, paul: Any) -> None:
    see_all(paul, job)
    case = job.slide.case
    with pytest.raises(Refusal, match="meaning of your signature has characters") as refused:
        services.sign(paul, case, PASSWORD, ORIGINAL)
    assert refused.value.code == "unprintable-characters"
    services.sign(paul, case, PASSWORD, "Approved")
    with pytest.raises(Refusal, match="The reason has characters"):
        services.amend(paul, case, f"for {ORIGINAL}")


def test_a_name_that_no_font_can_print_stands_in_code_points_where_a_reason_is_given(job: Any, paul: Any) -> None:
    see_all(paul, job)
    job.slide.name = f"film {ORIGINAL}"
    job.slide.save(update_fields=["name"])
    case = job.slide.case
    (hold,) = holds_of(case, reported_jobs(case))
    assert hold.lifted_by == "reason" and "slide film 中" in hold.sentence
    report = services.sign(paul, case, PASSWORD, "Approved", reason="the name of the file")
    words = words_of(pypdfium2.PdfDocument(proved_bytes(report.pdf_name, report.pdf_sha256)))
    assert "film [U+4E2D]" in words.replace("\r\n", " ")
    assert f"film {ORIGINAL}" in proved_bytes(report.html_name, report.html_sha256).decode()


def test_a_font_of_the_machine_prints_what_those_that_come_along_lack(job: Any, paul: Any, settings: Any) -> None:
    font_with(ORIGINAL, Path(settings.FONT_FOLDERS[0]) / "tiny.ttf")
    assert fonts.unprintable(f"a{ORIGINAL}") == []
    case = set_comment(paul, job.slide.case, f"Film of {ORIGINAL}")
    assert not [h for h in holds_of(case, reported_jobs(case)) if h.code == "unprintable-characters"]
    raw = render.pdf(render.html(document.build(case), None))
    assert b"Tiny" in raw and f"Film of {ORIGINAL}" in words_of(pypdfium2.PdfDocument(raw))


def test_several_people_print_at_once() -> None:
    script = (
        "import django; django.setup()\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from apps.reports import render\n"
        "page = '<html><head></head><body><p>Grüße ไทย हिन्दी</p></body></html>'\n"
        "with ThreadPoolExecutor(8) as pool: made = list(pool.map(lambda _: render.pdf(page), range(40)))\n"
        "assert all(raw.startswith(b'%PDF') for raw in made)\n"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "hemaview.config.settings.test"}
    # A child of its own: threads that wait for each other for ever cannot be ended from within.
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, timeout=60)


def test_a_report_fetches_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.css").write_text("p::before { content: 'SECRET' }")
    page = f'<html><head><link rel="stylesheet" href="file://{tmp_path}/x.css"></head><body><p>plain</p></body></html>'
    words = words_of(printed(page))
    assert "plain" in words and "SECRET" not in words


SHAPES = (
    "normal",
    "macrocyte",
    "microcyte",
    "spherocyte",
    "target",
    "stomatocyte",
    "ovalocyte",
    "teardrop",
    "schistocyte",
)


def test_a_long_table_begins_where_there_is_room_and_its_head_comes_again(slide: Any) -> None:
    """Page one of a report with much to say before it is signed goes to its foot; the table ends on page two."""
    whites = {"segmented_neutrophil": 60, "lymphocyte": 30, "monocyte": 10, "eosinophil": 5, "basophil": 3, "blast": 9}
    factories.finished_job(slide, factories.cells({**dict.fromkeys(SHAPES, 60), **whites}))
    slide.case.question = "Anaemia. " * 90
    slide.case.save()
    pdf = printed(draft_html(slide.case))
    first, second = (pdf[n].get_textpage().get_text_range() for n in (0, 1))
    assert "Red-cell morphology" in first and "Red-cell morphology" in second
    assert "Normal red cell" in first and "Normal red cell" not in second.split("Cells")[0]


def test_no_figure_has_its_unit_twice_and_a_case_without_reader_names_who_read(slide: Any, tess: Any) -> None:
    job = factories.finished_job(slide, factories.cells({"segmented_neutrophil": 120, "erythroblast": 12}))
    words = words_of(printed(draft_html(job.slide.case)))
    assert "NRBC per 100 white cells" in words and "/100 WBC" not in words
    assert "not assigned" in words
    label_cells(tess, job, "confirm", [0], [], None, 0)
    assert "not assigned" not in words_of(printed(draft_html(job.slide.case)))
