"""Bytes by name: what is kept of slides, results, reports and uploads, wherever it lies."""

from hemaview.blobs.local import LocalBlobs, blob_of
from hemaview.blobs.ranges import RangeReader
from hemaview.blobs.store import BadName, Blob, Blobs, NoBlob, check_name
from hemaview.blobs.wholefile import whole_file

__all__ = ["BadName", "Blob", "Blobs", "LocalBlobs", "NoBlob", "RangeReader", "blob_of", "check_name", "whole_file"]
