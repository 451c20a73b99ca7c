"""Runs any model on what the machine has; the only place that knows runtimes and batches."""

from hemaview.inference.centres import CentreFinder
from hemaview.inference.classifier import Classifier
from hemaview.inference.detector import Boxes, Detector
from hemaview.inference.errors import (
    BadPicture,
    BadSetting,
    InferenceError,
    NoDevice,
    OutOfMemory,
    UnknownModel,
    WeightsChanged,
    WeightsUnfit,
)
from hemaview.inference.info import ModelInfo
from hemaview.inference.masker import Masker
from hemaview.inference.models import Model, load, load_as
from hemaview.inference.outliner import Outliner, drawn_cell
from hemaview.inference.own import load_own
from hemaview.inference.pointer import Pointer
from hemaview.inference.segmenter import Segmenter
from hemaview.inference.settings import AS_SHIPPED, NetSettings
from hemaview.inference.sitenet import Taught, packed, read_taught
from hemaview.inference.stain import Stain, stain_beside, stain_of

__all__ = [
    "AS_SHIPPED",
    "BadPicture",
    "BadSetting",
    "Boxes",
    "CentreFinder",
    "Classifier",
    "Detector",
    "InferenceError",
    "Masker",
    "Model",
    "ModelInfo",
    "NetSettings",
    "NoDevice",
    "OutOfMemory",
    "Outliner",
    "Pointer",
    "Segmenter",
    "Stain",
    "Taught",
    "UnknownModel",
    "WeightsChanged",
    "WeightsUnfit",
    "drawn_cell",
    "load",
    "load_as",
    "load_own",
    "packed",
    "read_taught",
    "stain_beside",
    "stain_of",
]
