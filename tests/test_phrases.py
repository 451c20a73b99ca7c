"""What people read is in the catalogues: templates and Python in gettext's, the front end in its own (see its own tests)."""

from __future__ import annotations

import ast
import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.template.loader import render_to_string
from django.utils.translation import gettext, ngettext

from hemaview import words
from hemaview.assays import AssayError, assay
from hemaview.assays.consistency import contradictions
from hemaview.config import pseudo
from hemaview.config.phrases import phrases
from tests import factories
from tests.conftest import needs
from tests.templatewords import words_outside

ROOT = Path(__file__).parents[1]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_says_nothing_that_is_in_no_catalogue(path: Path) -> None:
    assert words_outside(path.read_text()) == []


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("<p>Seen by {{ who }}</p>", ["Seen by"]),
        ('<img alt="A cell">', ["A cell"]),
        ('<td>{{ at|default:"never" }}</td>', ["never"]),
        ("<b>{% if a %}low{% endif %}</b>", ["low"]),
        (
            '<p>{% translate "Seen" %} {% blocktranslate with n=a.n %}by {{ n }}{% endblocktranslate %} · {{ x }} µm</p>',
            [],
        ),
        ('<td>{{ at|default:_("never") }}</td><code>manage.py</code><i class="soft" data-x="a b">–</i>', []),
        ("""<button value="{{ on|yesno:'off,on' }}">{% translate "Switch" %}</button>""", []),
    ],
)
def test_words_of_a_template_are_told_from_tags_and_values(template: str, expected: list[str]) -> None:
    assert words_outside(template) == expected


def test_the_committed_catalogue_is_what_the_sources_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs(shutil.which("xgettext") is not None, "gettext is missing: apt-get install gettext")
    monkeypatch.chdir(ROOT)
    call_command("catalogue", into=tmp_path, verbosity=0)
    written = (tmp_path / "en/LC_MESSAGES/django.po").read_text()
    assert written == (ROOT / "locale/en/LC_MESSAGES/django.po").read_text(), "run make catalogue"


class Words(HTMLParser):
    """Text that a page shows, without what machines read."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("style", "script", "time")
        self.words += [value or "" for key, value in attrs if key in ("alt", "title", "aria-label", "placeholder")]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("style", "script", "time")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.words.append(data)


def test_pseudo_english_keeps_places_and_tags() -> None:
    assert re.findall(r"\{.*?\}", pseudo.pseudo("{n:,} cells, {share:.1f} %")) == ["{n:,}", "{share:.1f}"]
    phrase = pseudo.pseudo("Seen by %(who)s in {n} <b>cells</b> &amp; more")
    assert phrase.startswith("⟦") and phrase.rstrip("~⟧") != phrase
    assert re.findall(r"%\(who\)s|\{n\}|<b>|</b>|&amp;", phrase) == ["%(who)s", "{n}", "<b>", "</b>", "&amp;"]
    assert len(phrase) > 1.3 * len("Seen by %(who)s in {n} <b>cells</b> &amp; more")


def test_python_phrases_and_plurals_come_from_the_catalogue(pseudo_language: None) -> None:
    assert gettext("Log out").startswith("⟦")
    one, many = (ngettext("%(n)s slide", "%(n)s slides", n) % {"n": n} for n in (1, 2))
    assert one == "⟦1 šlîdé" + "~" * 3 + "⟧" and many.startswith("⟦2 šlîdéš")


def test_a_page_in_another_language_holds_no_english_and_brings_the_front_ends_phrases(
    db: None, pseudo_language: None, client: Any
) -> None:
    ada = factories.person("administrator", "ada")
    client.force_login(ada)
    page = client.get("/account/").content.decode()
    assert '<html lang="en-xa"' in page
    brought = json.loads(re.search(r'<script id="phrases" type="application/json">(.*?)</script>', page)[1])  # type: ignore[index]
    assert brought["Blood film"] == "⟦Blööd fîlm~~~⟧" and set(brought["{n} cell"]) == {"one", "other"}
    parser = Words()
    parser.feed(page)
    plain = [w.strip() for w in parser.words if re.search(r"[^\W\d_]{3,}", w) and not re.search("⟦.*⟧", w, re.S)]
    of_django = {"Old password", "New password", "New password confirmation"}
    assert set(plain) - of_django - {"HemaView", "API", ada.display_name, "ada (ada)"} == set()


def test_english_pages_bring_no_phrases() -> None:
    assert phrases("en") == {} and 'id="phrases"' not in render_to_string("404.html")


REFUSALS = {
    "AlreadyThere", "Altered", "Archive", "AssayError", "BadPicture", "CellFileError", "Conflict", "Crashed", "Forbidden",
    "Missing", "NameRefused", "NoAnswer", "NoDevice", "NoRuntime", "Outage", "OutOfBounds", "OutOfMemory", "OwnModelError",
    "PipelineError", "Refusal", "SchemaError", "SlideError", "TookTooLong", "TooLarge", "Unfit", "UnknownModel",
    "Unreadable", "Unsupported", "WeightsChanged", "WeightsUnfit",
}  # fmt: skip
"""What ends in a sentence that people read, in apps and packages; those of training and scoring (`learning`) speak to who
trains, those of the tile server to browsers."""
SILENT = ("migrations", "learning", "tiles", "tests")


def _english(node: ast.expr) -> bool:
    """Whether an argument is a sentence outside the catalogue: a literal with words of its own, or one put together."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and " " in node.value.strip()
    if isinstance(node, ast.JoinedStr):
        own = " ".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        return re.search(r"[a-z]{2,} [a-z]{2,}|[a-z]{4,}", own) is not None
    return isinstance(node, ast.BinOp) and (_english(node.left) or _english(node.right))


def test_no_refusal_of_apps_or_packages_stands_outside_the_catalogue() -> None:
    outside = []
    for path in (p for folder in ("apps", "hemaview") for p in (ROOT / folder).rglob("*.py")):
        if set(path.relative_to(ROOT).parts) & set(SILENT):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
                outside += [f"{path.relative_to(ROOT)}:{node.lineno}" for one in node.args if _english(one)]
    assert outside == []


NOTES = {"basis", "note", "notes", "opening", "sentence", "sentences", "why"}
"""Names of what is said of a slide, a job or a count, with an underscore before them or not; keys of guards among them."""
STATEMENTS = {"Finding": (1,), "Ratio": (1, 4, 5), "Section": (1,), "section": (1,), "Unsettled": (1,)}
"""Which arguments of what counting gives are sentences, headings or names of ratios."""
SAYING = ("assays", "cells", "counting", "inference", "methods", "pipeline", "wsi")


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    """The expressions of which a text, or each of several, is made: not what is handed to a function, `gettext` above all."""
    match node:
        case ast.IfExp():
            inner = [node.body, node.orelse]
        case ast.List() | ast.Tuple() | ast.Set():
            inner = node.elts
        case ast.ListComp() | ast.GeneratorExp():
            inner = [node.elt]
        case ast.Dict():
            inner = node.values
        case ast.Starred():
            inner = [node.value]
        case ast.BoolOp():
            inner = node.values
        case ast.Call(func=ast.Attribute(attr="format" | "join")):
            inner = [node.func.value, *node.args]
        case _:
            yield node
            return
    for one in inner:
        yield from _parts(one)


def _name(node: ast.expr) -> str:
    """The last name of what is written to, without an underscore before it: `notes` of `self._notes`."""
    return node.attr.lstrip("_") if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _sentences(node: ast.AST) -> list[ast.expr]:
    """What a node says in notes, findings, ratios and guards."""
    match node:
        case ast.Assign(targets=[target]) if _name(target) in NOTES:
            return [node.value]
        case ast.AugAssign() | ast.AnnAssign() if node.value and _name(node.target) in NOTES:
            return [node.value]
        case ast.Call(func=ast.Attribute(attr="append", value=target)) if _name(target) in NOTES:
            return node.args
        case ast.Call(func=ast.Name(id=name)) if name in STATEMENTS:
            places = [node.args[i] for i in STATEMENTS[name] if i < len(node.args)]
            return places + [one.value for one in node.keywords if one.arg in NOTES]
        case ast.Call():
            return [one.value for one in node.keywords if one.arg == "notes"]
        case ast.Dict():
            pairs = zip(node.keys, node.values, strict=True)
            return [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "sentence"]
    return []


def notes_outside(source: str) -> list[int]:
    """Lines of a module where a note, a finding or a guard is a sentence outside the catalogue."""
    sentences = [one for node in ast.walk(ast.parse(source)) for one in _sentences(node)]
    return sorted({part.lineno for one in sentences for part in _parts(one) if _english(part)})


@pytest.mark.parametrize(
    ("line", "outside"),
    [
        ('notes.append("The film is soft.")', True),
        ('plan.notes.append(f"{n} fields hold tissue.")', True),
        ('self._notes += ["Page {n} was taken.".format(n=2)]', True),
        ('notes = [f"{name} was left out." for name in names] if names else []', True),
        ('Finding("blasts", "Blasts " + share + " of all cells.")', True),
        ('Ratio("a", "Cells to cells", "1", None, "No cell was counted.")', True),
        ('guards.append({"code": "grey", "sentence": "This picture has no colour."})', True),
        ('Facts("dicom", notes=("A plane was taken.",))', True),
        ('notes.append(gettext("Page {n} was taken.").format(n=2))', False),
        ('notes += [ngettext("{n} page", "{n} pages", n).format(n=n)] if n else []', False),
        ('Ratio("a", "Cells to cells", "1", value)', True),
        ('Ratio("a", f"{name} per mm²", "/mm²", None)', True),
        ('section("cells", "Red and white cells", noun, counts)', True),
        ('Ratio("a", gettext("Cells to cells"), "1", value, basis=f"{red:,} : {white:,}")', False),
    ],
)
def test_a_note_outside_the_catalogue_is_seen(line: str, outside: bool) -> None:
    assert bool(notes_outside(line)) is outside


def test_no_note_or_finding_of_a_package_stands_outside_the_catalogue() -> None:
    paths = [path for folder in SAYING for path in (ROOT / "hemaview" / folder).rglob("*.py")]
    outside = [f"{path.relative_to(ROOT)}:{line}" for path in paths for line in notes_outside(path.read_text())]
    assert outside == []


def test_a_note_of_a_package_is_said_in_the_language_of_its_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_translated", (lambda phrase: f"«{phrase}»", words._translated[1]))
    assert contradictions({"mchc_g_per_l": 600.0}) == [
        "«An MCHC of 600 g/L is stated, which is outside the possible range (220 to 400).»"
    ]


def test_a_refusal_of_a_package_is_said_in_the_language_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_translated", (lambda phrase: f"«{phrase}»", words._translated[1]))
    with pytest.raises(AssayError, match=r"«There is no examination called nothing; there are: "):
        assay("nothing")
