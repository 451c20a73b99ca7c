"""What a cell may be called: class schemas, their groups, marks and colours.

A schema is ordered and only ever grows at its end, because the columnar cell file stores a class as its index.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

GROUPS: dict[str, str] = {
    "rbc": "Red cells",
    "wbc": "White cells",
    "nrbc": "Nucleated red cells",
    "platelet": "Platelets",
    "other": "Not counted",
}

MARKS = ("circle", "square", "triangle", "diamond", "plus", "cross", "star", "bar")


@dataclass(frozen=True, slots=True)
class CellClass:
    """One class of a schema.

    `shortcut` is the key that gives a cell this class; `mark` and `colour` show it (never colour alone);
    `must_see` asks that a person looks at every such cell before the case is signed.
    """

    index: int
    key: str
    name: str
    short: str
    group: str
    colour: str
    mark: str
    shortcut: str = ""
    must_see: bool = False
    counted: bool = True


@dataclass(frozen=True)
class Schema:
    """An ordered set of classes with a name and a version."""

    name: str
    version: int
    classes: tuple[CellClass, ...]

    @cached_property
    def by_key(self) -> dict[str, CellClass]:
        return {c.key: c for c in self.classes}

    def index(self, key: str) -> int:
        """The index of the class called `key`; raises KeyError with the known names."""
        try:
            return self.by_key[key].index
        except KeyError:
            raise KeyError(f"{key!r} is not a class of the schema {self.name}") from None

    def group_of(self, group: str) -> tuple[CellClass, ...]:
        return tuple(c for c in self.classes if c.group == group)

    def __len__(self) -> int:
        return len(self.classes)


# Colours: Okabe-Ito and Tol's muted set, both safe for the common colour vision deficiencies; the mark tells the rest.
_SKY, _GREEN, _VERM, _PURPLE, _ORANGE, _BLUE, _YELLOW = (
    "#56b4e9",
    "#009e73",
    "#d55e00",
    "#cc79a7",
    "#e69f00",
    "#0072b2",
    "#f0e442",
)
_TEAL, _WINE, _OLIVE, _INDIGO, _SAND, _GREY = "#44aa99", "#882255", "#999933", "#332288", "#ddcc77", "#888888"

_ROWS: tuple[tuple[str, str, str, str, str, str, str, bool, bool], ...] = (
    # key, name, short, group, colour, mark, shortcut, must_see, counted
    ("normal", "Normal red cell", "normal", "rbc", _SKY, "circle", "1", False, True),
    ("macrocyte", "Macrocyte", "macro", "rbc", _BLUE, "circle", "2", False, True),
    ("microcyte", "Microcyte", "micro", "rbc", _TEAL, "circle", "3", False, True),
    ("spherocyte", "Spherocyte", "sphero", "rbc", _WINE, "circle", "4", False, True),
    ("target", "Target cell", "target", "rbc", _ORANGE, "circle", "5", False, True),
    ("stomatocyte", "Stomatocyte", "stomato", "rbc", _GREEN, "bar", "6", False, True),
    ("ovalocyte", "Ovalocyte", "ovalo", "rbc", _OLIVE, "bar", "7", False, True),
    ("teardrop", "Teardrop cell", "tear", "rbc", _YELLOW, "triangle", "8", False, True),
    ("burr", "Burr cell (echinocyte)", "burr", "rbc", _PURPLE, "star", "9", False, True),
    ("schistocyte", "Schistocyte", "schisto", "rbc", _VERM, "triangle", "0", True, True),
    ("uncategorised", "Uncategorised red cell", "uncat", "rbc", _GREY, "circle", "-", False, True),
    ("hypochromia", "Hypochromic cell", "hypo", "rbc", _SAND, "circle", "=", False, True),
    ("elliptocyte", "Elliptocyte", "ellipto", "rbc", _INDIGO, "bar", "q", False, True),
    ("overlapped", "Overlapped red cells", "overlap", "rbc", _GREY, "cross", "w", False, False),
    ("segmented_neutrophil", "Segmented neutrophil", "seg", "wbc", _BLUE, "diamond", "s", False, True),
    ("band_neutrophil", "Band neutrophil", "band", "wbc", _SKY, "diamond", "b", False, True),
    ("lymphocyte", "Lymphocyte", "lymph", "wbc", _GREEN, "square", "l", False, True),
    ("lymphocyte_variant", "Reactive lymphocyte", "react", "wbc", _TEAL, "square", "v", False, True),
    ("monocyte", "Monocyte", "mono", "wbc", _ORANGE, "square", "m", False, True),
    ("eosinophil", "Eosinophil", "eos", "wbc", _VERM, "square", "e", False, True),
    ("basophil", "Basophil", "baso", "wbc", _INDIGO, "square", "a", False, True),
    ("metamyelocyte", "Metamyelocyte", "meta", "wbc", _OLIVE, "plus", "t", False, True),
    ("myelocyte", "Myelocyte", "myelo", "wbc", _SAND, "plus", "y", False, True),
    ("promyelocyte", "Promyelocyte", "promy", "wbc", _WINE, "plus", "o", False, True),
    ("blast", "Blast", "blast", "wbc", _PURPLE, "star", "x", True, True),
    ("promonocyte", "Promonocyte", "promono", "wbc", _YELLOW, "plus", "i", False, True),
    ("plasma_cell", "Plasma cell", "plasma", "wbc", _PURPLE, "diamond", "p", False, True),
    ("immature_granulocyte", "Immature granulocyte, stage not told", "ig", "wbc", _OLIVE, "cross", "j", False, True),
    ("erythroblast", "Nucleated red cell", "NRBC", "nrbc", _VERM, "diamond", "n", True, True),
    ("platelet", "Platelet", "plt", "platelet", _GREY, "plus", "d", False, True),
    ("giant_platelet", "Giant platelet", "gplt", "platelet", _TEAL, "plus", "f", False, True),
    ("platelet_clump", "Platelet clump", "clump", "platelet", _SAND, "star", "c", False, True),
    ("smudge", "Smudge cell", "smudge", "other", _GREY, "bar", "u", False, False),
    ("artefact", "Artefact", "artef", "other", _GREY, "cross", "k", False, False),
)

_NOT_COUNTED = (
    ("other_cell", "Another cell", "other", "other", _TEAL, "square", "u", False, False),
    ("artefact", "Artefact", "artef", "other", _GREY, "cross", "k", False, False),
)
_SICKLE = (
    ("circular", "Circular red cell", "round", "rbc", _SKY, "circle", "1", False, True),
    ("elongated", "Elongated red cell (sickle shape)", "long", "rbc", _VERM, "bar", "2", True, True),
    ("other_shape", "Red cell of another shape", "shape", "rbc", _OLIVE, "triangle", "3", False, True),
    ("overlapped", "Overlapped red cells", "overlap", "rbc", _GREY, "cross", "w", False, False),
    *_NOT_COUNTED,
)
_NRBC = (
    ("erythroblast", "Nucleated red cell", "NRBC", "nrbc", _VERM, "diamond", "n", True, True),
    ("nucleated_cell", "Another nucleated cell", "white", "wbc", _BLUE, "square", "m", False, True),
    ("artefact", "Artefact", "artef", "other", _GREY, "cross", "k", False, False),
)
_MARROW = (
    # The sixteen of Wang et al., then what they leave out or what cannot be told further.
    ("blast", "Blast", "blast", "wbc", _PURPLE, "star", "x", True, True),
    ("promyelocyte", "Promyelocyte", "promy", "wbc", _WINE, "plus", "o", False, True),
    ("myelocyte", "Myelocyte", "myelo", "wbc", _SAND, "plus", "y", False, True),
    ("metamyelocyte", "Metamyelocyte", "meta", "wbc", _OLIVE, "plus", "t", False, True),
    ("band_neutrophil", "Band neutrophil", "band", "wbc", _SKY, "diamond", "b", False, True),
    ("segmented_neutrophil", "Segmented neutrophil", "seg", "wbc", _BLUE, "diamond", "s", False, True),
    ("eosinophil", "Eosinophil", "eos", "wbc", _VERM, "square", "e", False, True),
    ("monocyte", "Monocyte or promonocyte", "mono", "wbc", _ORANGE, "square", "m", False, True),
    ("proerythroblast", "Proerythroblast", "proery", "nrbc", _WINE, "circle", "1", False, True),
    ("basophilic_erythroblast", "Basophilic erythroblast", "basoery", "nrbc", _BLUE, "circle", "2", False, True),
    ("polychromatic_erythroblast", "Polychromatic erythroblast", "polyery", "nrbc", _TEAL, "circle", "3", False, True),
    (
        "orthochromatic_erythroblast",
        "Orthochromatic erythroblast",
        "orthery",
        "nrbc",
        _VERM,
        "circle",
        "4",
        False,
        True,
    ),
    ("lymphocyte", "Lymphocyte", "lymph", "wbc", _GREEN, "square", "l", False, True),
    ("plasma_cell", "Plasma cell", "plasma", "wbc", _PURPLE, "diamond", "p", False, True),
    ("mitotic_cell", "Cell in mitosis", "mitosis", "other", _YELLOW, "star", "i", False, False),
    ("megakaryocyte", "Megakaryocyte", "mega", "other", _INDIGO, "star", "5", True, False),
    ("erythroblast", "Erythroblast, stage not told", "ery", "nrbc", _ORANGE, "diamond", "n", False, True),
    ("basophil", "Basophil", "baso", "wbc", _INDIGO, "square", "a", False, True),
    ("smudge", "Smudge cell", "smudge", "other", _GREY, "bar", "u", False, False),
    ("artefact", "Artefact", "artef", "other", _GREY, "cross", "k", False, False),
)


def _schema(name: str, rows: tuple[tuple[str, str, str, str, str, str, str, bool, bool], ...]) -> Schema:
    return Schema(name, 1, tuple(CellClass(i, *row) for i, row in enumerate(rows)))


BLOOD_FILM = _schema("blood-film", _ROWS)
SICKLE = _schema("sickle", _SICKLE)
NRBC = _schema("nrbc", _NRBC)
MARROW = _schema("marrow", _MARROW)

SCHEMAS: dict[str, Schema] = {s.name: s for s in (BLOOD_FILM, SICKLE, NRBC, MARROW)}


def schema(name: str) -> Schema:
    """The schema called `name`; raises KeyError naming those there are."""
    try:
        return SCHEMAS[name]
    except KeyError:
        raise KeyError(f"no schema is called {name!r}; there are: {', '.join(sorted(SCHEMAS))}") from None
