"""The detector as one torch module: pictures in, boxes with class probabilities out; losses for training."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from hemaview.methods.cascade import mmcvops, softsampling  # noqa: F401  (installs the operators, registers the head)
from hemaview.methods.efficientnet import EfficientNetLite0

from mmdet.registry import MODELS  # isort: skip
from mmdet.structures import DetDataSample  # isort: skip
from mmdet.utils import register_all_modules  # isort: skip
from mmengine.config import ConfigDict  # isort: skip
from mmengine.structures import InstanceData  # isort: skip
from hemaview.words import all_of

MEAN_RGB = (124.0, 117.0, 104.0)
"""W of equation 16, which the paper gives in blue, green, red order."""
UNIT = 58.0
"""ImageNet's standard deviation: the scale that pretrained weights expect; the paper only subtracts W."""
STRIDE = 32
_STRIDES = (4, 8, 16)
_IOU = (0.5, 0.6, 0.7)
_SPREAD = ((0.1, 0.1, 0.2, 0.2), (0.05, 0.05, 0.1, 0.1), (0.033, 0.033, 0.067, 0.067))


@dataclass(frozen=True)
class Detections:
    """What was found in one picture."""

    boxes: Tensor
    """float32 (n, 4: x0, y0, x1, y1) px."""
    scores: Tensor
    """(n,)."""
    labels: Tensor
    """Class numbers, int64 (n,)."""


@MODELS.register_module()
class Lite0Trunk(nn.Module):
    """EfficientNet-Lite0 up to stride 16: features after the blocks numbered `ends`, at strides 4, 8 and 16.

    The two last stages hold most of the weights and see further than a cell is large.
    """

    def __init__(self, ends: tuple[int, int, int] = (3, 5, 11), init_cfg: Any = None) -> None:
        super().__init__()
        whole = EfficientNetLite0(1)
        self.ends = ends
        self._conv_stem, self._bn0 = whole._conv_stem, whole._bn0
        self._blocks = whole._blocks[: ends[-1]]

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = nn.functional.relu6(self._bn0(self._conv_stem(x)))
        outputs = []
        for i, block in enumerate(self._blocks, start=1):
            x = block(x)
            if i in self.ends:
                outputs.append(x)
        return tuple(outputs)

    def init_weights(self) -> None:
        """mmdet asks for it; weights come from `Cascade.start_from_imagenet`."""


class Cascade(nn.Module):
    """Three heads at IoU 0.5, 0.6 and 0.7 over one region proposal network.

    backbone: "lite0" (committed weights fit in a few MB), "lite0-short" (a stage less), "r18", "r50" or "r101" (the
    paper's). `soft` puts the soft sampling of Wang et al. in place of plain weights; `width` is the pyramid's, `hidden`
    the heads'; `rois` is how many boxes of a picture each head learns from; `ratios` are the anchors' heights to widths.
    """

    def __init__(
        self,
        classes: int,
        backbone: str = "lite0",
        soft: bool = True,
        width: int = 64,
        hidden: int = 160,
        rois: int = 192,
        ratios: tuple[float, ...] = (0.7, 1.0, 1.4),
    ) -> None:
        super().__init__()
        register_all_modules(init_default_scope=True)
        self.classes = classes
        trunk, inside = _trunk(backbone)
        self.net = MODELS.build(
            ConfigDict(
                {
                    "type": "CascadeRCNN",
                    "data_preprocessor": {"type": "DetDataPreprocessor"},
                    "backbone": trunk,
                    "neck": {"type": "FPN", "in_channels": list(inside), "out_channels": width, "num_outs": 4},
                    "rpn_head": _proposer(width, ratios),
                    "roi_head": _heads(classes, soft, width, hidden),
                    **_rules(rois),
                }
            )
        )

    def forward(self, x: Tensor) -> list[Detections]:
        """Detections of each picture of x, float RGB 0-255 (N, 3, H, W), H and W multiples of 32."""
        samples = [_sample(x) for _ in range(len(x))]
        answers = self.net.predict(self._normalised(x), samples, rescale=False)
        return [Detections(s.pred_instances.bboxes, s.pred_instances.scores, s.pred_instances.labels) for s in answers]

    def loss(self, x: Tensor, boxes: list[Tensor], labels: list[Tensor]) -> Tensor:
        """The sum of all losses of float RGB (N, 3, H, W) with boxes (n, 4: x0, y0, x1, y1) and labels of each picture."""
        samples = []
        for own, names in zip(boxes, labels, strict=True):
            sample = _sample(x)
            sample.gt_instances = InstanceData(bboxes=own, labels=names)
            sample.ignored_instances = InstanceData(bboxes=own[:0], labels=names[:0])
            samples.append(sample)
        total, _ = self.net.parse_losses(self.net.loss(self._normalised(x), samples))
        return torch.as_tensor(total)

    def start_from_imagenet(self, state: dict[str, Tensor]) -> None:
        """Take what the trunk shares with the published weights of EfficientNet-Lite0, or of torchvision's ResNets; raises
        KeyError where one lacks and RuntimeError where one has another shape."""
        own = self.net.backbone.state_dict()
        shared = {k: state[k] for k in own if k in state or not k.endswith("num_batches_tracked")}
        self.net.backbone.load_state_dict(shared, strict=False)

    def start_from(self, state: dict[str, Tensor]) -> int:
        """Take every tensor of another cascade's state that has the same name and shape, the trunk's apart; how many."""
        own = self.net.state_dict()
        beside_backbone = {k.removeprefix("net."): v for k, v in state.items() if not k.startswith("net.backbone.")}
        shared = {k: v for k, v in beside_backbone.items() if k in own and own[k].shape == v.shape}
        self.net.load_state_dict(shared, strict=False)
        return len(shared)

    def hold_norms(self) -> None:
        """Let the trunk's batch norms keep the statistics that they have, until `train` is called again."""
        for part in self.net.backbone.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.eval()

    def _normalised(self, x: Tensor) -> Tensor:
        return (x.float() - torch.tensor(MEAN_RGB).view(1, 3, 1, 1).to(x.device)) / UNIT


def _sample(x: Tensor) -> Any:
    h, w = x.shape[-2:]
    sample = DetDataSample()
    sample.set_metainfo(
        {"img_shape": (h, w), "ori_shape": (h, w), "pad_shape": (h, w), "batch_input_shape": (h, w),
         "scale_factor": (1.0, 1.0)}
    )  # fmt: skip
    return sample


def _trunk(backbone: str) -> tuple[dict[str, Any], tuple[int, ...]]:
    """mmdet's configuration of a trunk, and its channels at strides 4, 8 and 16."""
    light = {"lite0": ((3, 5, 11), (24, 40, 112)), "lite0-short": ((3, 5, 8), (24, 40, 80))}
    resnet = {"r18": (18, (64, 128, 256)), "r50": (50, (256, 512, 1024)), "r101": (101, (256, 512, 1024))}
    if backbone in light:
        ends, inside = light[backbone]
        return {"type": "Lite0Trunk", "ends": ends}, inside
    if backbone not in resnet:
        raise ValueError(f"There is no backbone {backbone}; there are: {all_of((*light, *resnet))}.")
    depth, wide = resnet[backbone]
    trunk = {
        "type": "ResNet", "depth": depth, "num_stages": 3, "strides": (1, 2, 2), "dilations": (1, 1, 1),
        "out_indices": (0, 1, 2), "norm_eval": False, "init_cfg": None,
    }  # fmt: skip
    return trunk, wide


def _proposer(width: int, ratios: tuple[float, ...]) -> dict[str, Any]:
    return {
        "type": "RPNHead", "in_channels": width, "feat_channels": width,
        "anchor_generator": {
            "type": "AnchorGenerator", "scales": [6], "ratios": list(ratios), "strides": [*_STRIDES, STRIDE],
        },
        "bbox_coder": _coder((1.0, 1.0, 1.0, 1.0)),
        "loss_cls": {"type": "CrossEntropyLoss", "use_sigmoid": True, "loss_weight": 1.0},
        "loss_bbox": {"type": "SmoothL1Loss", "beta": 1 / 9, "loss_weight": 1.0},
    }  # fmt: skip


def _heads(classes: int, soft: bool, width: int, hidden: int) -> dict[str, Any]:
    head = {
        "type": "SoftSamplingHead" if soft else "Shared2FCBBoxHead",
        "in_channels": width, "fc_out_channels": hidden, "roi_feat_size": 7, "num_classes": classes,
        "reg_class_agnostic": True,
        "loss_cls": {"type": "CrossEntropyLoss", "use_sigmoid": False, "loss_weight": 1.0},
        "loss_bbox": {"type": "SmoothL1Loss", "beta": 1.0, "loss_weight": 1.0},
    }  # fmt: skip
    return {
        "type": "CascadeRoIHead", "num_stages": 3, "stage_loss_weights": [1, 0.5, 0.25],
        "bbox_roi_extractor": {
            "type": "SingleRoIExtractor",
            "roi_layer": {"type": "RoIAlign", "output_size": 7, "sampling_ratio": mmcvops.SAMPLES},
            "out_channels": width, "featmap_strides": list(_STRIDES), "finest_scale": 40,
        },
        "bbox_head": [{**copy.deepcopy(head), "bbox_coder": _coder(spread)} for spread in _SPREAD],
    }  # fmt: skip


def _rules(rois: int) -> dict[str, Any]:
    """Which boxes are learned from, and which are given back."""
    proposals = {"nms_pre": 600, "max_per_img": 300, "nms": {"type": "nms", "iou_threshold": 0.7}, "min_bbox_size": 0}
    stages = [
        {
            "assigner": _assigner(threshold, threshold, threshold, False),
            "sampler": {
                "type": "RandomSampler", "num": rois, "pos_fraction": 0.33, "neg_pos_ub": -1,
                "add_gt_as_proposals": True,
            },
            "pos_weight": -1,
            "debug": False,
        }
        for threshold in _IOU
    ]  # fmt: skip
    return {
        "train_cfg": {
            "rpn": {
                "assigner": _assigner(0.6, 0.3, 0.3, True),
                "sampler": {
                    "type": "RandomSampler", "num": 256, "pos_fraction": 0.5, "neg_pos_ub": -1,
                    "add_gt_as_proposals": False,
                },
                "allowed_border": -1, "pos_weight": -1, "debug": False,
            },
            "rpn_proposal": {**proposals, "max_per_img": min(300, 2 * rois)},
            "rcnn": stages,
        },
        "test_cfg": {
            "rpn": proposals,
            "rcnn": {"score_thr": 0.02, "nms": {"type": "nms", "iou_threshold": 0.5}, "max_per_img": 200},
        },
    }  # fmt: skip


def _coder(spread: tuple[float, ...]) -> dict[str, Any]:
    return {"type": "DeltaXYWHBBoxCoder", "target_means": [0.0] * 4, "target_stds": list(spread)}


def _assigner(positive: float, negative: float, least: float, low_quality: bool) -> dict[str, Any]:
    return {
        "type": "MaxIoUAssigner", "pos_iou_thr": positive, "neg_iou_thr": negative, "min_pos_iou": least,
        "match_low_quality": low_quality, "ignore_iof_thr": -1,
    }  # fmt: skip
