"""Bytes by name: what is kept of slides, results, reports and uploads, wherever it lies."""

from hemaview.blobs.local import LocalBlobs
from hemaview.blobs.ranges import RangeReader
from hemaview.blobs.store import BadName, Blobs, NoBlob, check_name
from hemaview.blobs.wholefile import whole_file

__all__ = ["BadName", "Blobs", "LocalBlobs", "NoBlob", "RangeReader", "check_name", "whole_file"]
