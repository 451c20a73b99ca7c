"""The papers' own comparisons run from data to table and chart; folds keep the pictures of one field together."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from matplotlib.figure import Figure
from PIL import Image

from hemaview.learning.engine.classify import Pool
from hemaview.learning.experiment import Experiment
from hemaview.learning.publish import studypage
from hemaview.learning.recipes.elmanna import alone, folds
from hemaview.learning.scoring import paperstudies, studies
from hemaview.learning.sets import data


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    """White cells as discs in discs, in the layout of the wbc-masks sets."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:40, 0:40]
    for name in ("wbc-masks-1", "wbc-masks-2"):
        for side in ("train", "val"):
            for kind in ("images", "masks"):
                (tmp_path / name / side / kind).mkdir(parents=True)
            lines = ["file,class"]
            for i in range(8):
                far = np.hypot(x - rng.uniform(16, 24), y - rng.uniform(16, 24))
                mask = (far < 14).astype(np.uint8) + (far < rng.uniform(6, 9))
                shade = np.array([(225, 220, 215), (180, 190, 215), (90, 60, 140)])[mask]
                picture = np.clip(shade + rng.normal(0, 5, shade.shape), 0, 255).astype(np.uint8)
                Image.fromarray(picture).save(tmp_path / name / side / "images" / f"{i}.png")
                Image.fromarray(mask.astype(np.uint8)).save(tmp_path / name / side / "masks" / f"{i}.png")
                lines.append(f"{i}.png,lymphocyte")
            (tmp_path / name / side / "labels.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_a_study_ends_in_a_table_and_a_chart(cells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paperstudies, "ODE_PX", 32)
    monkeypatch.setattr(paperstudies, "SEEDS", (1, 2))
    study = studies.STUDIES["nodes-networks"]
    out = tmp_path / "out"
    out.mkdir()
    rows = study.run(Experiment(cells), out, 2, lambda text: None)
    files = studypage.keep(study, rows, 2, out)
    with files[0].open(newline="") as stream:
        table = list(csv.DictReader(stream))
    assert [r["variant"] for r in table] == ["U-Net", "ResNet-U-Net", "NODEs-UNet"]
    assert all(0 < float(r["pixel_accuracy"]) <= 1 for r in table)
    assert (out / "nodes-networks.png").stat().st_size > 1000
    studypage.write_page(tmp_path / "studies.md", files, studies.STUDIES.values())
    text = (tmp_path / "studies.md").read_text()
    assert "2 epochs each" in text and "| NODEs-UNet |" in text and "studies/nodes-networks.png" in text
    assert (tmp_path / "studies" / "nodes-networks.png").is_file() and "p-net" not in text


def test_a_variant_is_the_mean_over_seeds_with_the_spread_of_its_first_measure() -> None:
    row = paperstudies.repeated("some net", lambda seed: {"miou": seed / 10, "million_values": 2.0})
    assert list(row) == ["variant", "miou", "miou_sd", "million_values"]
    assert (row["miou"], row["miou_sd"], row["million_values"]) == pytest.approx((0.2, 0.1, 2.0))


def test_a_curve_has_a_line_for_each_net(tmp_path: Path) -> None:
    rows = [{"variant": f"{net}, {n}", "net": net, "fields": n, "dice": 0.1 * n} for n in (5, 9) for net in ("a", "b")]
    figure = Figure()
    studypage._curves(figure.subplots(), rows, *studies.STUDIES["dunet-size"].curve or ("", "", ""))
    lines = figure.axes[0].get_lines()
    assert [line.get_label() for line in lines] == ["a", "b"]
    assert list(lines[1].get_xdata()) == [5, 9] and list(lines[1].get_ydata()) == [0.5, 0.9]
    assert not figure.axes[0].collections, "nothing is known of their spread"
    assert studypage.keep(studies.STUDIES["dunet-size"], rows, 2, tmp_path)[1].stat().st_size > 1000
    spread = Figure()
    studypage._curves(spread.subplots(), [{**row, "dice_sd": 0.1} for row in rows], "fields", "dice", "net")
    assert len(spread.axes[0].collections) == 2 and "standard deviation" in spread.axes[0].get_ylabel()


def test_folds_are_halves_of_whole_fields_used_both_ways() -> None:
    fields = tuple(f"f{i // 5}" for i in range(100))
    pool = Pool(np.arange(100, dtype=np.uint8).reshape(-1, 1, 1, 1), np.ones((100, 2), bool))
    halves = folds(pool, fields, 5, 1)
    assert len(halves) == 10
    for number, (train, validation) in enumerate(halves):
        one, other = (set(part.images.ravel().tolist()) for part in (train, validation))
        assert not one & other and len(one | other) == 100
        assert not {fields[i] for i in one} & {fields[i] for i in other}
        if number % 2:
            assert one == set(halves[number - 1][1].images.ravel().tolist())


def test_unknown_studies_and_missing_data_are_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no study dowsing; there are: pnet-variants"):
        call_command("study", "dowsing")
    with pytest.raises(CommandError, match="Name the data with --data"):
        call_command("study", "nodes-networks")
    with pytest.raises(CommandError, match="There is no folder"):
        call_command("study", "nodes-networks", data=tmp_path / "no", out=tmp_path)
    for name, epochs, message in (
        ("focus-limits", 3, "focus-limits trains nothing"),
        ("nodes-networks", 0, "from 1 on"),
    ):
        with pytest.raises(CommandError, match=message):
            call_command("study", name, data=tmp_path, out=tmp_path / "out", epochs=epochs)
    assert not (tmp_path / "out").exists()
    with pytest.raises(CommandError, match=r"labels\.csv"):
        call_command("study", "nodes-networks", data=tmp_path, out=tmp_path / "out")


def test_a_cell_alone_keeps_its_pixels_and_loses_its_neighbours(tmp_path: Path) -> None:
    field = Path(__file__).parents[3] / "apps" / "desk" / "demo" / "chula-rbc12" / "328.webp"
    folder = tmp_path / "chula-rbc12" / "train"
    (folder / "images").mkdir(parents=True)
    Image.open(field).convert("RGB").save(folder / "images" / "328.png")
    lines = [{"file": "328.png", "x": "233", "y": "119", "class": "normal"}]
    (folder / "labels.csv").write_text("file,x,y,class\n328.png,233,119,normal\n")
    images = data.point_crops(Experiment(tmp_path), "chula-rbc12", "train", 72).images
    picture = alone(images, Experiment(tmp_path), lines)[0]
    assert (picture[32:40, 32:40] == images[0, 32:40, 32:40]).all()
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    assert len(np.unique(edge, axis=0)) == 1 and edge[0].mean() > 150
    painted = (picture != images[0]).any(axis=2).mean()
    assert 0.3 < painted < 0.9


def test_answers_kept_by_fold_become_a_table_by_class_and_its_roc(tmp_path: Path) -> None:
    study, out = studies.STUDIES["elmanna-folds"], tmp_path / "out"
    rng = np.random.default_rng(4)
    for fold in range(10):
        truth = rng.integers(0, 3 if fold else 2, 60)
        p = np.full((60, 13), 0.01, np.float32)
        p[np.arange(60), np.where(rng.random(60) < 0.8, truth, (truth + 1) % 3)] = 0.88
        folder = out / f"b0--cells-alone-{fold}"
        folder.mkdir(parents=True)
        np.savez(folder / "answers.npz", p=p, truth=truth)
    rows = [{"variant": paperstudies.PAPERS_CHOICE, "accuracy": 0.8, "accuracy_sd": 0.1}]
    files = studypage.keep(study, rows, 6, out)
    assert [path.name for path in files[2:]] == ["elmanna-folds-classes.csv", "elmanna-folds-roc.png"]
    with files[2].open(newline="") as stream:
        table = list(csv.DictReader(stream))
    assert len(table) == 3 and files[3].stat().st_size > 1000, "only classes that occur"
    assert all(0.6 < float(row["f1"]) < 0.95 and 0 < float(row["f1_sd"]) < 0.2 for row in table)
    studypage.write_page(tmp_path / "studies.md", files, studies.STUDIES.values())
    text = (tmp_path / "studies.md").read_text()
    assert "| class | cells | sensitivity |" in text and "studies/elmanna-folds-roc.png" in text
