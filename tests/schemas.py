"""The classes of the assays that come with HemaView, for tests."""

from hemaview.assays import assay

BLOOD_FILM = assay("blood_film").schema
MARROW = assay("marrow").schema
NRBC = assay("fetal_nrbc").schema
SICKLE = assay("sickle").schema
