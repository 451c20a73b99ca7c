"""What a file of weights is, by its name and its first bytes."""

from __future__ import annotations

from pathlib import PurePath

from hemaview.methods.own.errors import OwnModelError
from hemaview.words import gettext

ONNX, SAFETENSORS = "onnx", "safetensors"
HEAD_BYTES = 16
"""So many of a file's first bytes say what it is."""
MOST_HEADER_BYTES = 2 * 1024**2
"""The longest header of safetensors that is read."""
_ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PK\x07\x08",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
)


def kind_of(name: str, head: bytes, size: int, most_bytes: int) -> str:
    """ONNX or SAFETENSORS, of a file's name, its first HEAD_BYTES and its size in bytes; raises OwnModelError for whatever
    else, above all for what could run code or unpack to more than it is."""
    title = PurePath(name).name[:80] or "The file"
    kind = PurePath(name).suffix.lower().removeprefix(".")
    if kind not in (ONNX, SAFETENSORS):
        raise OwnModelError(
            "not-a-model",
            gettext(
                "{file} is neither .onnx nor .safetensors; other weights are not taken, since pickled "
                "ones (.pt, .pth, .bin) can run code: export them first."
            ).format(file=title),
        )
    if size > most_bytes:
        raise OwnModelError(
            "model-too-large",
            gettext(
                "{file} has {size:,.0f} MB; a model may have {most_bytes:,.0f} MB at most: save it in "
                "half precision, or choose a smaller net."
            ).format(file=title, size=size / 1024**2, most_bytes=most_bytes / 1024**2),
        )
    if head.startswith(_ARCHIVES):
        raise OwnModelError(
            "archive",
            gettext(
                "{file} is an archive (a .pt file of PyTorch is one, too), not {kind}; upload the exported file itself."
            ).format(file=title, kind=kind),
        )
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05" and not _is_safetensors(head, size):
        raise OwnModelError(
            "pickle",
            gettext(
                "{file} is a Python pickle, which can run code; save the weights as safetensors or "
                "export the net to ONNX."
            ).format(file=title),
        )
    if kind == SAFETENSORS and not _is_safetensors(head, size):
        raise OwnModelError(
            "not-a-model",
            gettext("{file} is not a safetensors file, whatever its name says; save the weights again.").format(
                file=title
            ),
        )
    if kind == ONNX and size < HEAD_BYTES:
        raise OwnModelError(
            "not-a-model",
            gettext("{file} is not an ONNX file: it has {size} bytes; export the net again.").format(
                file=title, size=size
            ),
        )
    return kind


def _is_safetensors(head: bytes, size: int) -> bool:
    """The length of a JSON header in eight bytes, then the header (https://huggingface.co/docs/safetensors)."""
    length = int.from_bytes(head[:8], "little")
    return head[8:9] == b"{" and 2 <= length <= min(size - 8, MOST_HEADER_BYTES)
