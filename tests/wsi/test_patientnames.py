"""File names that look as if they say who the patient is, and those that only look like it."""

from __future__ import annotations

import unicodedata

import pytest

from hemaview.wsi.patientnames import name_may_tell_patient

TELLING = """Müller, Hans 1956-03-12.jpg|Müller,Hans.tif|MÜLLER, HANS.svs|Łukasz, Šimon left.png|O'Brien, Mary-Ann.jpg
Li, Wei.jpg|Smith^John.dcm|SMITH^.dcm|Hans Müller 12.03.1956.jpg|mueller_12_3_1956.tif|Hans 3.4.61.jpg
Hans 3.4.61 left.jpg|film 1956-03-12.svs|2026-11-28.jpg|19560312.tif|mueller 12 March 1956.jpg
mueller 12Mar56.jpg|March 12, 1956.jpg|Müller_Hans_1956.tif|4711234.svs|S2600043.svs|MRN 4711.svs
born 61.jpg|王, 伟.jpg|19560312_123456.jpg|Müller, Hans IMG_2541.jpg|Müller, Hans 2026-11-28 12.30.11.jpg
Hans 12.03.1956|patient 123456 left.tif|1956-03-12 10.20.30 Hans.jpg"""
ORDINARY = """film_2026.svs|26-00042.svs|2600042_1.svs|26-00042 left.svs|26-00042-20261128_1230.svs|Patient 3 left.tif
IMG_2541.jpg|IMG_20261128_123011.jpg|PXL_20261128_123011123.jpg|PA171790.JPG|P1010001.JPG|DSC01234.JPG
_DSC1234.jpg|_MG_0012.jpg|DSCN123456.jpg|2026-11-28 12.30.11.jpg|2026-11-28 12.30.11-1.jpg
WhatsApp Image 2026-11-28 at 12.30.11.jpeg|IMG-20261128-WA0001.jpg|slide-2026-11-28T10-32-13-R1-S1.mrxs
Screenshot 2026-11-28 at 9.30.11 AM.png|1.2.276.0.7230010.3.1.4.8323329.11.dcm|1.2.840.113619.2
2.25.329800735698586629295641978511506172918|3f2504e0-4f89-11d3-9a0c-0305e82c3301.svs
9e107d9d372bb6826bd81d3542a419d6.jpg|IM00001|Im001_1.jpg|img_000123.png|000123.png|field-10.jpg|o1.jpg
Giemsa, left.svs|Giemsa, Left.svs|Film, HE.tif|40x oil, left half.jpg|100x_0.19.tif|CMU-1.svs
BloodImage_00099.jpg|May-Grünwald, Giemsa.svs|Film 8.tif|Scene 2, 0.25 um.tif|Marrow, Patient 3.svs
v1.2.10.jpg|tile_10-20-30.png|10.2.3.tif|JPEG.jpg"""


def each(names: str) -> list[str]:
    return [name for line in names.splitlines() for name in line.split("|")]


@pytest.mark.parametrize("name", each(TELLING))
def test_a_name_that_may_say_who_the_patient_is_tells(name: str) -> None:
    assert name_may_tell_patient(name, "26-00042")
    assert name_may_tell_patient(unicodedata.normalize("NFD", name), "26-00042")


@pytest.mark.parametrize("name", each(ORDINARY))
def test_an_ordinary_name_stays(name: str) -> None:
    assert not name_may_tell_patient(name, "26-00042")


def test_the_number_of_another_case_tells_and_the_case_s_own_does_not() -> None:
    assert name_may_tell_patient("20260042.svs", "26-00043")
    assert not name_may_tell_patient("20260042.svs", "20260042")
    assert not name_may_tell_patient("H2026-0042 film.svs", "H2026-0042")
