"""Runs any model on what the machine has; the only place that knows runtimes and batches."""

from hemaview.inference.errors import InferenceError, OutOfMemory, UnknownModel, WeightsChanged
from hemaview.inference.models import Classifier, Masker, Model, ModelInfo, Segmenter, load

__all__ = [
    "Classifier",
    "InferenceError",
    "Masker",
    "Model",
    "ModelInfo",
    "OutOfMemory",
    "Segmenter",
    "UnknownModel",
    "WeightsChanged",
    "load",
]
