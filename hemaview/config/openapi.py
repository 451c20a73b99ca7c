"""What the description of the API needs beyond its views: this version's addresses alone, refusals, and binary answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hemaview.config.problems import CONTENT_TYPE
from hemaview.config.versions import NOW

Endpoint = tuple[str, str, str, Callable[..., Any]]

REFUSALS = {
    "400": "What was sent is not valid; `errors` says where.",
    "401": "Nobody is signed in.",
    "403": "You have no right to do this, or nobody is signed in.",
    "404": "There is no such thing, or you may not see it.",
    "409": "The state of things has moved, or does not allow this.",
    "4XX": "Any other refusal.",
    "5XX": "Not at this moment: a part of the server cannot be reached.",
}

PROBLEM = {
    "type": "object",
    "description": "A refusal (RFC 9457); some codes bring members of their own beside these.",
    "properties": {
        "type": {"type": "string", "description": "/problems/<code>"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "one sentence that a person can act on"},
        "code": {"type": "string", "description": "for programs; never changed within a version"},
        "errors": {"description": "by field, where what was sent is not valid"},
    },
    "required": ["type", "title", "status", "detail", "code"],
    "additionalProperties": {},
}

_INTEGER = {"type": "integer", "minimum": 0}
_UUID = {"type": "string", "format": "uuid"}
BINARIES: dict[str, tuple[str, str, str]] = {
    "jobs/{job_id}/cells/{first}-{count}.bin": (
        "jobs_cells_rows", "Rows of the finished cell file, column by column, 14 bytes a cell.", "application/octet-stream"
    ),
    "jobs/{job_id}/fields/{field}/cells.bin": (
        "jobs_fields_cells", "The cells of one finished field while the job runs.", "application/octet-stream"
    ),
    "jobs/{job_id}/cells/{row}/crop.jpg": ("jobs_cells_crop", "Picture of a cell; `size` in px.", "image/jpeg"),
    "jobs/{job_id}/added/{added_id}/crop.jpg": ("jobs_added_crop", "Picture of an added cell.", "image/jpeg"),
}  # fmt: skip
"""Answers that plain views give, so that nothing stands between them and a browser's cache."""


def this_version(endpoints: list[Endpoint], **_: Any) -> list[Endpoint]:
    """Leave out the addresses without a version."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(NOW)]


def described(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add binary answers, and to every operation how it refuses (RFC 9457)."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for path, (name, words, media_type) in BINARIES.items():
        result["paths"][f"{NOW}{path}"] = {"get": _binary(path, name, words, media_type)}
    refusal = {"schema": {"$ref": "#/components/schemas/Problem"}}
    result["components"]["responses"] = {
        f"Refusal{status}": {"description": words, "content": {CONTENT_TYPE: refusal}}
        for status, words in REFUSALS.items()
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            for status in REFUSALS:
                operation["responses"].setdefault(status, {"$ref": f"#/components/responses/Refusal{status}"})
    return result


def _binary(path: str, name: str, words: str, media_type: str) -> dict[str, Any]:
    names = [piece.split("}")[0] for piece in path.split("{")[1:]]
    parameters = [
        {"in": "path", "name": n, "required": True, "schema": _UUID if n.endswith("_id") else _INTEGER} for n in names
    ]
    if media_type == "image/jpeg":
        parameters += [
            {"in": "query", "name": "size", "schema": {"type": "integer", "minimum": 16, "maximum": 512, "default": 96}},
            {
                "in": "query", "name": "around", "description": "so many times as wide as the cell's own picture",
                "schema": {"type": "integer", "minimum": 1, "maximum": 6, "default": 1},
            },
        ]  # fmt: skip
    return {
        "operationId": name,
        "description": words,
        "parameters": parameters,
        "tags": ["jobs"],
        "security": [{"cookieAuth": []}, {"tokenAuth": []}],
        "responses": {
            "200": {"description": "", "content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}
        },
    }
