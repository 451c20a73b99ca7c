"""Cascade R-CNN on mmdet (Cai & Vasconcelos 2019; Wang et al. 2022), with the parts that Wang et al. add."""

from hemaview.methods import yapfgrammar  # noqa: F401  (before mmengine, which reads it, too)
from hemaview.methods.cascade.detector import Cascade, Detections

__all__ = ["Cascade", "Detections"]
