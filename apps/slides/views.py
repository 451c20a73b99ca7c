"""Deep Zoom descriptors, tiles and pictures beside a slide. Pixels come from `hemaview.wsi`."""

from __future__ import annotations

import uuid
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from apps.accounts import stores
from apps.accounts.api.answers import kept_for_ever, refusal_response
from apps.accounts.api.tokens import token_or_session
from apps.accounts.errors import Missing, Refusal
from apps.slides.models import Slide
from apps.slides.selectors import ready_slide_for, require_associated
from apps.slides.tiles import low_levels, opened
from hemaview.wsi.deepzoom import DeepZoom, encode_jpeg, tile_jpeg
from hemaview.wsi.errors import OutOfBounds, SlideError

TILE_PX = 512


@require_safe
@token_or_session
@gzip_page
def descriptor(request: HttpRequest, slide_id: uuid.UUID) -> HttpResponse:
    """`<id>.dzi`"""
    try:
        slide = ready_slide_for(request.user, slide_id)
    except Refusal as refusal:
        return refusal_response(refusal)
    xml = DeepZoom(slide.width, slide.height, TILE_PX).descriptor()
    response = HttpResponse(xml, content_type="application/xml")
    response["Cache-Control"] = "private, no-cache"
    return response


@require_safe
@token_or_session
def tile(request: HttpRequest, slide_id: str, level: str, column: str, row: str) -> HttpResponse:
    """`<id>_files/level/column_row.jpg`, with a strong ETag answered before anything is read."""
    try:
        return _answer_tile(request, uuid.UUID(slide_id), int(level), int(column), int(row))
    except ValueError:
        return refusal_response(Missing(gettext("There is no such slide.")))


def _answer_tile(request: HttpRequest, slide_id: uuid.UUID, level: int, column: int, row: int) -> HttpResponse:
    try:
        slide = ready_slide_for(request.user, slide_id)
        etag = f'"{slide.id.hex[:12]}-{slide.generation}-{slide.colour}-{level}-{column}-{row}-{TILE_PX}"'
        DeepZoom(slide.width, slide.height, TILE_PX).tile_box(level, column, row)
        return kept_for_ever(request, etag, "image/jpeg", lambda: _tile(slide, level, column, row))
    except OutOfBounds as error:
        return refusal_response(Missing(error.message, code=error.code))
    except SlideError as error:
        return refusal_response(Missing(error.message, code=error.code))
    except Refusal as refusal:
        return refusal_response(refusal)


@require_safe
@token_or_session
def thumbnail(request: HttpRequest, slide_id: uuid.UUID) -> HttpResponse:
    try:
        slide = ready_slide_for(request.user, slide_id)
        etag = f'"{slide.sha256[:16]}-{slide.generation}-{slide.colour}-t"'
        return kept_for_ever(
            request, etag, "image/jpeg", partial(stores.slides().read, f"{slide.pk}/{slide.thumbnail_file.name}")
        )
    except Refusal as refusal:
        return refusal_response(refusal)
    except OSError:
        return refusal_response(Missing(gettext("There is no thumbnail of this slide.")))


@require_safe
@token_or_session
def associated(request: HttpRequest, slide_id: uuid.UUID, name: str) -> HttpResponse:
    """A picture beside the slide; label and macro only for people with the right to see who the patient is."""
    try:
        slide = ready_slide_for(request.user, slide_id)
        require_associated(request.user, slide, name)
        with opened(slide) as (reader, _):
            picture = encode_jpeg(reader.associated_image(name))
    except SlideError as error:
        return refusal_response(Missing(error.message, code=error.code))
    except Refusal as refusal:
        return refusal_response(refusal)
    response = HttpResponse(picture, content_type="image/jpeg")
    response["Cache-Control"] = "private, no-store"
    return response


def _tile(slide: Slide, level: int, column: int, row: int) -> bytes:
    with opened(slide) as (reader, icc), low_levels(slide) as low:
        return tile_jpeg(reader, low, level, column, row, TILE_PX, icc)
