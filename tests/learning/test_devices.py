"""Training on another device than the CPU: the same draws, the same weights, a state that goes on on either."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from hemaview.inference import OutOfMemory
from hemaview.learning.engine import classify, course, detect, heat, masks, segment
from hemaview.learning.engine.classify import Pool, Recipe, train_classifier
from hemaview.learning.engine.course import Course, alone_in, autocast, device
from hemaview.learning.engine.detect import DetectorRecipe, found_in, train_detector
from hemaview.learning.engine.heat import train_heat
from hemaview.learning.engine.masks import MaskRecipe, MaskSet, train_masks
from hemaview.learning.engine.segment import Field, train_segmentation
from hemaview.learning.recipes import wang
from hemaview.learning.recipes.film import foreground
from hemaview.learning.sets.boxes import Scene
from hemaview.learning.sets.data import DataError
from hemaview.methods.cascade import Cascade
from hemaview.methods.cellkind import CellKindNet
from hemaview.methods.dunet import DUNet
from hemaview.methods.efficientnet import EfficientNetLite0
from hemaview.methods.efficientnetb0 import EfficientNetB0
from hemaview.methods.nodesunet import NodesUNet, set_tolerance
from hemaview.methods.pnet import PNet
from hemaview.methods.pspnet import PSPNet
from hemaview.methods.seeker import Seeker
from hemaview.methods.unet import UNet
from tests.otherdevice import elsewhere

pytestmark = pytest.mark.filterwarnings("ignore:for .* copying from a non-meta parameter")  # it is no no-op there
Loop = Callable[[nn.Module, Path, int], Any]
RNG = np.random.default_rng(7)
SIDE, CLASSES = 32, 2
PICTURES = RNG.integers(0, 255, (9, 40, 40, 3)).astype(np.uint8)
LABELS = np.eye(CLASSES, dtype=bool)[RNG.integers(0, CLASSES, 9)]
DRAWN = RNG.integers(0, CLASSES, (9, 40, 40)).astype(np.uint8)
SCENE = Scene(
    np.full((64, 64, 3), 200, np.uint8), np.array([[8, 8, 40, 40], [30, 30, 60, 55]], np.float32), np.zeros(2, np.int64)
)
SCENE.rgb[8:40, 8:40] = 90


def quiet(_: str) -> None:
    pass


def classifies(net: nn.Module, out: Path, length: int, side: int = SIDE) -> Path:
    pools = [Pool(PICTURES[i : i + 3], LABELS[i : i + 3]) for i in (0, 3, 6)]
    recipe = Recipe(("a", "b"), side, epochs=length, batch=6)
    return train_classifier(net, recipe, pools[:2], pools[2:], out, quiet)


def sees_patches(net: nn.Module, out: Path, length: int) -> Path:
    return classifies(net, out, length, 120)


def masks_out(net: nn.Module, out: Path, length: int) -> Path:
    train, val = (MaskSet(PICTURES[rows], DRAWN[rows], ("cell",) * 4) for rows in (slice(4), slice(4, 8)))
    small = [MaskSet(s.images[:, :SIDE, :SIDE], s.masks[:, :SIDE, :SIDE], s.labels) for s in (train, val)]
    return train_masks(net, MaskRecipe(CLASSES, SIDE, length, batch=2), *small, out, quiet)


def segments(net: nn.Module, out: Path, length: int) -> Path:
    fields = [Field(rgb, target, 1.0) for rgb, target in zip(PICTURES, DRAWN, strict=True)]

    def val(trained: nn.Module) -> float:
        with torch.inference_mode():
            x = torch.from_numpy(PICTURES[:1, :SIDE, :SIDE]).to(course.device_of(trained))
            return float(torch.softmax(trained(x.permute(0, 3, 1, 2).float()), 1)[0, 0].mean())

    return train_segmentation(net, fields, val, out, length, quiet, SIDE, 2, check_every=1, class_weights=(1.0, 2.0))


def detects(net: nn.Module, out: Path, length: int) -> Path:
    assert isinstance(net, Cascade)
    recipe = DetectorRecipe(side_px=64, steps=length, batch=2, check_every=1, hold_norms=True, trunk_rate=0.5)
    return train_detector(
        net, recipe, [SCENE], lambda trained: float(found_in(trained, SCENE.rgb).scores.sum()), out, quiet
    )


def heats(net: nn.Module, out: Path, length: int) -> Path:
    def draw(rng: np.random.Generator) -> heat.Scene:
        at = int(rng.integers(9))
        return PICTURES[at, :SIDE, :SIDE], np.eye(SIDE // 4, dtype=np.float32), np.ones((SIDE // 4, SIDE // 4), bool)

    return train_heat(net, draw, lambda _net: 0.5, out, length, quiet, batch=2, check_every=1)


def loosely_solved() -> nn.Module:
    net = NodesUNet(CLASSES, 4)
    set_tolerance(net, 1e-2)
    for block in net.solved["5"]:
        nn.init.normal_(block.second.weight, std=0.1)  # so that there is something to solve
    return net


def detector(backbone: str, soft: bool) -> Callable[[], nn.Module]:
    return lambda: Cascade(1, backbone, soft=soft, width=16, hidden=16)


TRAINED: dict[str, tuple[Loop, Callable[[], nn.Module]]] = {
    "kind": (classifies, lambda: CellKindNet(CLASSES, 8)),
    "Lite0": (classifies, lambda: EfficientNetLite0(CLASSES)),
    "B0": (classifies, lambda: EfficientNetB0(CLASSES)),
    "p-net": (sees_patches, PNet),
    "mask U-Net": (masks_out, lambda: UNet(CLASSES, 4, 2)),
    "NODEs-UNet": (masks_out, loosely_solved),
    "dU-Net of classes": (masks_out, lambda: DUNet(CLASSES, 4)),
    "U-Net": (segments, lambda: UNet(CLASSES, 4, 2)),
    "dU-Net": (segments, lambda: DUNet(CLASSES, 4)),
    "seeker": (heats, lambda: Seeker(CLASSES, (4, 4, 8, 8))),
    "PSPNet": (segments, lambda: PSPNet(CLASSES, 4)),
    "cascade, soft": (detects, detector("lite0-short", True)),
    "cascade, plain": (detects, detector("lite0-short", False)),
    "cascade of a ResNet": (detects, detector("r18", True)),
}
LOOPS = ("kind", "mask U-Net", "U-Net", "seeker", "cascade, soft")


def run(name: str, out: Path, length: int, there: bool) -> nn.Module:
    """Train the net of that name, here on the CPU or elsewhere."""
    loop, build = TRAINED[name]
    torch.manual_seed(3)
    net = build()
    if not there:
        loop(net, out, length)
        return net
    with pytest.MonkeyPatch.context() as patch, elsewhere() as where:
        for module in (classify, masks, segment, detect, heat):
            patch.setattr(module, "device", lambda: where)
        loop(net, out, length)
        assert course.device_of(net) == where
    return net


def tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, dict):
        return [t for key in sorted(value, key=str) for t in tensors(value[key])]
    return [value] if isinstance(value, torch.Tensor) else []


def left_alike(one: Path, other: Path) -> bool:
    """Weights, state and log, but for the seconds that it took."""
    first, second = (
        [
            *tensors(load_file(out / "best.safetensors")),
            *tensors(torch.load(out / "resume.pt", weights_only=True)),
        ]
        for out in (one, other)
    )
    logs = [[line.rpartition(",")[0] for line in (out / "log.csv").read_text().splitlines()] for out in (one, other)]
    return logs[0] == logs[1] and len(first) == len(second) and all(map(torch.equal, first, second))


@pytest.fixture(autouse=True)
def comparable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both devices reckon alike: gradients that come together lie elsewhere in another order of channels, which would
    round otherwise."""
    monkeypatch.setattr(torch, "channels_last", torch.contiguous_format)
    monkeypatch.setenv("HEMAVIEW_THREADS", "1")
    monkeypatch.delenv("HEMAVIEW_DEVICE", raising=False)


@pytest.mark.parametrize("name", TRAINED)
def test_a_net_trained_elsewhere_ends_as_one_trained_on_the_cpu(name: str, tmp_path: Path) -> None:
    for there in (False, True):
        run(name, tmp_path / str(there), 1, there)
    assert left_alike(tmp_path / "False", tmp_path / "True")


@pytest.mark.parametrize("name", LOOPS)
@pytest.mark.parametrize("begun_there", [True, False])
def test_a_training_goes_on_on_another_device(name: str, begun_there: bool, tmp_path: Path) -> None:
    for out, second in (("stays", begun_there), ("moves", not begun_there)):
        run(name, tmp_path / out, 1, begun_there)
        run(name, tmp_path / out, 2, second)
    assert left_alike(tmp_path / "stays", tmp_path / "moves")


def test_a_state_that_a_gpu_wrote_is_read_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = CellKindNet(CLASSES, 8)
    net(torch.rand(2, 3, 64, 64)).sum().backward()
    optimiser = torch.optim.AdamW(net.parameters())
    optimiser.step()
    with monkeypatch.context() as gpu:
        gpu.setattr(torch.serialization, "location_tag", lambda _: "cuda:0")
        Course(tmp_path, net, optimiser).mark(1, 0.5, 0.5)
    with pytest.raises(RuntimeError, match="CUDA"):
        torch.load(tmp_path / "resume.pt", weights_only=True)
    fresh = CellKindNet(CLASSES, 8)
    again = Course(tmp_path, fresh, torch.optim.AdamW(fresh.parameters()))
    assert again.position == 1 and all(map(torch.equal, tensors(net.state_dict()), tensors(fresh.state_dict())))


def test_imagenet_weights_that_lay_on_a_gpu_are_read_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = Cascade(1, "r18", width=16, hidden=16)
    with monkeypatch.context() as gpu:
        gpu.setattr(torch.serialization, "location_tag", lambda _: "cuda:0")
        torch.save(net.net.backbone.state_dict(), tmp_path / "r18.pth")
    assert wang._begin_at_imagenet(net, "r18", tmp_path / "r18.pth", quiet)


def test_fields_are_scored_where_the_net_is() -> None:
    net = UNet(CLASSES, 4, 2).eval()
    on_cpu = foreground(net, PICTURES[0])
    with elsewhere() as where:
        assert np.array_equal(foreground(net.to(where), PICTURES[0]), on_cpu)


def test_nets_are_trained_on_the_gpu_where_there_is_one_unless_the_environment_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device().type == "cpu"
    monkeypatch.setenv("HEMAVIEW_DEVICE", "cuda")
    with pytest.raises(DataError, match=r"torch has no GPU here: leave it out to use the CPU\.$"):
        device()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device().type == "cuda"
    monkeypatch.setenv("HEMAVIEW_DEVICE", "cpu")
    assert device().type == "cpu"
    monkeypatch.setenv("HEMAVIEW_DEVICE", "gpu")
    with pytest.raises(DataError, match="may be cpu or cuda, not gpu"), alone_in(tmp_path / "out", {}):
        pass
    assert not (tmp_path / "out").exists()
    monkeypatch.delenv("HEMAVIEW_DEVICE")
    assert device().type == "cuda"


@pytest.mark.parametrize("capable", [True, False])
def test_classifiers_learn_in_bf16_where_a_gpu_has_it(capable: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, bool]] = []
    monkeypatch.setattr(torch, "autocast", lambda where, dtype, enabled: calls.append((where, enabled)))
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda including_emulation: capable and not including_emulation
    )
    for where in ("cuda", "cpu"):
        autocast(torch.device(where))
        autocast(torch.device(where), False)
    assert calls == [("cuda", capable), ("cuda", False), ("cpu", False), ("cpu", False)]


class Hungry(nn.Module):
    """A net that has had enough after so many pictures."""

    def __init__(self, net: nn.Module, error: Exception) -> None:
        super().__init__()
        self.net, self.error, self.after = net, error, 2

    def forward(self, x: torch.Tensor) -> Any:
        if self.training:
            self.after -= 1
        if self.after < 0:
            raise self.error
        return self.net(x)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        OutOfMemory("The model ran out of memory over a single picture."),
    ],
)
def test_where_the_gpu_has_too_little_memory_a_sentence_says_so_and_the_state_goes_on(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fed(length: int) -> None:
        masks_out(Hungry(UNet(CLASSES, 4, 2), error), tmp_path, length)

    monkeypatch.setattr(course, "device", lambda: torch.device("cuda"))
    fed(1)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    with pytest.raises(DataError, match=r"^The GPU's memory ran out: .*HEMAVIEW_DEVICE=cpu; .* log\.csv\.$"):
        fed(3)
    assert (tmp_path / "log.csv").read_text().count("\n") == 3 and set(before) == {p.name for p in tmp_path.iterdir()}
    with monkeypatch.context() as full:
        full.setattr(torch.optim.AdamW, "load_state_dict", lambda *_: (_ for _ in ()).throw(error))
        with pytest.raises(DataError, match=r"^The GPU's memory ran out"):  # no word of a damaged state
            fed(3)
    fed(3)
    assert (tmp_path / "log.csv").read_text().count("\n") == 4


@pytest.mark.parametrize("name", LOOPS)
def test_each_loop_names_a_lack_of_memory_of_the_gpu_and_nothing_else(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(message: str) -> None:
        def forward(*_: Any) -> None:
            raise RuntimeError(message)

        loop, build = TRAINED[name]
        net = build()
        monkeypatch.setattr(net, "loss" if isinstance(net, Cascade) else "forward", forward)
        loop(net, tmp_path, 1)

    with pytest.raises(RuntimeError, match="out of memory"):
        fails("[enforce fail at alloc_cpu.cpp] out of memory")
    monkeypatch.setattr(course, "device", lambda: torch.device("cuda"))
    with pytest.raises(DataError, match="The GPU's memory ran out"):
        fails("CUDA error: out of memory")
    with pytest.raises(RuntimeError, match="illegal"):
        fails("CUDA error: an illegal memory access was encountered")
    assert not (tmp_path / "resume.pt").exists()
