"""A folder of labels that cannot be used is refused in one sentence that says where; the other sets are scored all the same."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from hemaview.learning.engine.segment import mpp_of
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score
from hemaview.learning.scoring import evaluate
from hemaview.learning.sets import data
from hemaview.learning.sets.data import DataError


def write(root: Path, name: str, labels: str | bytes, **pictures: np.ndarray) -> Path:
    folder = root / name / "test"
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "labels.csv").write_bytes(labels if isinstance(labels, bytes) else labels.encode())
    for stem, picture in pictures.items():
        Image.fromarray(picture).save(folder / "images" / f"{stem}.png")
    return folder


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("", "has no line"),
        ("file,x,y,class\n", "has no line"),
        ("file;x;y;class\na.png;1;2;burr\n", "lacks the column file; it needs file, class, x and y"),
        ("file,x,class\na.png,1,burr\n", "lacks the column y"),
        ("file,x,y,class\na.png,1,nan,burr\n", "Line 2 of .* a place that is no number: 1,nan"),
        ("file,x,y,class\na.png,1,2,burr\na.png,,3,burr\n", "Line 3 of .* a place that is no number"),
        ("file,x,y,class\na.png,1,2\n", "Line 2 of .* is not complete"),
        ("file,x,y,class\na.png,1,2,bürr\n".encode("latin-1"), "cannot be read as comma-separated UTF-8"),
    ],
)
def test_labels_that_cannot_be_used_are_refused(labels: str | bytes, message: str, tmp_path: Path) -> None:
    write(tmp_path, "chula-rbc12", labels)
    with pytest.raises(DataError, match=message):
        data.rows(Experiment(tmp_path), "chula-rbc12", "test")


def test_a_list_from_a_spreadsheet_and_fields_without_cells_are_taken(tmp_path: Path) -> None:
    write(tmp_path, "chula-rbc12", b"\xef\xbb\xbffile,x,y,class\r\na.png,1,2,burr\r\n")
    assert data.rows(Experiment(tmp_path), "chula-rbc12", "test")[0]["file"] == "a.png"
    write(tmp_path, "sickle-uganda", "file,x,y,w,h,class\nn.jpg,,,,,negative_field\n")
    assert len(data.rows(Experiment(tmp_path), "sickle-uganda", "test")) == 1


def test_masks_are_of_their_pictures_size_with_numbers_that_mean_something(tmp_path: Path) -> None:
    folder = write(tmp_path, "wbc-masks-1", "file,class\na.png,monocyte\n", a=np.zeros((6, 9, 3), np.uint8))
    (folder / "masks").mkdir()
    for mask, message in (
        (np.zeros((6, 8), np.uint8), "another size than its picture"),
        (np.zeros((6, 9, 3), np.uint8), "has colours"),
        (np.full((6, 9), 255, np.uint8), "holds the number 255; its classes are numbered 0 to 2"),
    ):
        Image.fromarray(mask).save(folder / "masks/a.png")
        with pytest.raises(DataError, match=message):
            data.mask(Experiment(tmp_path), "wbc-masks-1", "test", "a")
    Image.fromarray(np.full((6, 9), 2, np.uint8)).save(folder / "masks/a.png")
    assert data.mask(Experiment(tmp_path), "wbc-masks-1", "test", "a").tolist() == [[2] * 9] * 6
    with pytest.raises(DataError, match="cannot be told"):
        mpp_of(np.zeros((4, 4), np.int32))


def test_pictures_of_16_bit_are_taken_as_they_look_and_crops_are_of_one_size(tmp_path: Path) -> None:
    deep = (np.arange(80 * 80).reshape(80, 80) * 10 + 1000).astype(np.uint16)
    write(tmp_path, "pbc", "file,class\na.png,monocyte\nb.png,monocyte\n", a=deep, b=np.zeros((9, 9, 3), np.uint8))
    rgb = data.image(Experiment(tmp_path), "pbc", "test", "a.png")
    assert np.array_equal(rgb[..., 1], deep >> 8)
    with pytest.raises(DataError, match=r"b\.png is of another size"):
        data.cell_crops(Experiment(tmp_path), "pbc", "test")


def test_one_set_that_cannot_be_used_costs_no_other_its_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pbc", "chula-rbc12"):
        write(tmp_path, name, "file,class,x,y\na.png,burr,1,2\n")

    def good(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
        whole = Score("m", "nuclei", "chula-rbc12", split, 9, "accuracy", 0.5, 0.4, 0.6)
        return [whole, Score("m", "nuclei", "chula-rbc12", split, 9, "ece", float("nan"), 0.0, 1.0)]

    def bad(name: str, dataset: str, experiment: Experiment, split: str) -> list[Score]:
        raise DataError("This set is torn.")

    monkeypatch.setattr(evaluate, "_TASKS", (evaluate._Task("m", "pbc", bad), evaluate._Task("m", "chula-rbc12", good)))
    lines: list[str] = []
    (row,) = evaluate.evaluate(Experiment(tmp_path), "test", ["m"], lines.append)
    assert row.metric == "accuracy"
    assert any("m on pbc/test: left out. This set is torn." in line for line in lines)
    assert any("holds too little for ece of nuclei" in line for line in lines), "what is no number is no row"
    has = evaluate.data.has

    def closed(experiment: Experiment, name: str, split: str) -> bool:
        if name == "pbc":
            raise DataError("pbc cannot be looked into.")
        return has(experiment, name, split)

    with monkeypatch.context() as patch:
        patch.setattr(evaluate.data, "has", closed)
        assert [r.metric for r in evaluate.evaluate(Experiment(tmp_path), "test", ["m"], lines.append)] == ["accuracy"]
    assert lines[-1].endswith("of nuclei") and any("pbc cannot be looked into" in line for line in lines)
    monkeypatch.setattr(evaluate, "_TASKS", (evaluate._Task("m", "pbc", bad),))
    with pytest.raises(DataError, match="torn"):
        evaluate.evaluate(Experiment(tmp_path), "test", ["m"], lines.append)


def test_a_method_asked_alone_stands_beside_its_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "bbbc041seg", "file,class,x,y,w,h\na.png,cell,1,2,3,4\n")

    def of(method: str, value: float) -> evaluate._Task:
        row = Score(method, "rbc-segmentation", "bbbc041seg", "test", 9, "dice", value, 0.1, 1.0)
        return evaluate._Task(method, "bbbc041seg", lambda name, dataset, root, split: [row])

    monkeypatch.setattr(evaluate, "_TASKS", (of("zhang-dunet", 0.97), of("zhang-unet", 0.96)))
    call_command("evaluate", "zhang-dunet", data=tmp_path)
    (line,) = [x for x in capsys.readouterr().out.splitlines() if "dice" in x]
    assert line.startswith("zhang-dunet") and "baseline 0.9600 (zhang-unet)" in line
    call_command("evaluate", "zhang-dunet", data=tmp_path, json=True)
    output = capsys.readouterr()
    assert [row["method"] for row in json.loads(output.out)["rows"]] == ["zhang-dunet"] and "baseline" not in output.err


def test_what_cannot_be_meant_is_refused_before_anything_is_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandError, match="not both"):
        call_command("evaluate", "sun-pnet", all=True, data=tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("evaluate", "sun-pnet", data=tmp_path, page=tmp_path / "file" / "results.md")
    write(tmp_path, "pbc", "file,class,x,y\na.png,burr,1,2\n")
    monkeypatch.setenv("HEMAVIEW_THREADS", "two")
    with pytest.raises(CommandError, match=r"HEMAVIEW_THREADS must be a whole number, not two\."):
        call_command("evaluate", "sun-pnet", data=tmp_path)
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("evaluate", "sun-pnet", "--split", "tset", "--data", str(tmp_path))
