"""Soft sampling for training on pictures that are not fully labelled (Wang et al., equations 14 and 15)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from hemaview.methods.cascade import mmcvops

mmcvops.install()

from mmdet.models.roi_heads.bbox_heads import Shared2FCBBoxHead  # noqa: E402  (mmdet needs the operators first)
from mmdet.registry import MODELS  # noqa: E402

LEAST, STEEPNESS, RATE = 0.25, 50.0, 20.0


def soft_sampling_weight(overlap: Tensor) -> Tensor:
    """Equation 15, a Gompertz function: 0.25 at no overlap with a reference box, 1 from an IoU of about 0.4 on."""
    return LEAST + (1 - LEAST) * torch.exp(-STEEPNESS * torch.exp(-RATE * overlap))


@MODELS.register_module()
class SoftSamplingHead(Shared2FCBBoxHead):  # type: ignore[misc]
    """A box head whose samples weigh by equation 15.

    Equation 14 weighs the location loss, which only positive samples have (IoU ≥ 0.5, weight ≈ 1). The text and the
    source that it cites (Wu et al. 2019) weigh every sample, so that background far from any label, where an unlabelled
    cell may lie, counts a quarter: the classification loss is weighed here too. References are the boxes that a sample
    of the picture belongs to; with references added to the proposals those are all of them.
    """

    def _get_targets_single(
        self, pos_priors: Tensor, neg_priors: Tensor, pos_gt_bboxes: Tensor, pos_gt_labels: Tensor, cfg: Any
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        labels, label_weights, targets, weights = super()._get_targets_single(
            pos_priors, neg_priors, pos_gt_bboxes, pos_gt_labels, cfg
        )
        n = len(pos_priors)
        if n:
            references = pos_gt_bboxes.unique(dim=0)
            priors = torch.cat([pos_priors, neg_priors])[:, :4]
            weight = soft_sampling_weight(mmcvops.iou(priors, references).max(dim=1).values)
            label_weights = label_weights * weight
            weights[:n] = weights[:n] * weight[:n, None]
        else:
            label_weights = label_weights * LEAST
        return labels, label_weights, targets, weights
