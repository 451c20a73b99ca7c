"""Where the house keeps its bytes: one store a kind, below the folders that the settings name."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from hemaview.blobs import Blobs, LocalBlobs


def uploads() -> Blobs:
    """Files on their way in, named by their upload."""
    return LocalBlobs(Path(settings.UPLOADS_DIR))


def slides() -> Blobs:
    """What belongs to a slide, below its id."""
    return LocalBlobs(Path(settings.SLIDES_DIR))


def results() -> Blobs:
    """What a job has found, below its id."""
    return LocalBlobs(Path(settings.RESULTS_DIR))


def reports() -> Blobs:
    """Signed reports, below their ids."""
    return LocalBlobs(Path(settings.REPORTS_DIR))


def adaptations() -> Blobs:
    """What sites have taught, below the adaptation's id."""
    return LocalBlobs(Path(settings.ADAPTATIONS_DIR))


def models() -> Blobs:
    """Models of one's own: weights and cards by their sha256, and those that are being checked."""
    return LocalBlobs(Path(settings.MODELS_DIR))


def laboratory() -> Blobs:
    """The laboratory's logo."""
    return LocalBlobs(Path(settings.LABORATORY_DIR))


def everything() -> Blobs:
    """All that the house keeps, as a backup sees it."""
    return LocalBlobs(Path(settings.VAR_DIR))
