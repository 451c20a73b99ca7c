"""Who may fetch tiles: tokens for people who may view the slide, and the second look at tokens in use."""

from __future__ import annotations

import logging
import time
import uuid
from collections import defaultdict
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from django.http.response import HttpResponseBase
from django.utils.translation import gettext

from apps.accounts.errors import Refusal
from apps.accounts.models import User
from apps.slides.models import Slide
from apps.slides.planes import plane_index
from apps.slides.selectors import slides_for
from apps.slides.tileservices import index_of
from hemaview.tiles.token import LIFETIME_S, Signer
from hemaview.wsi.tileindex import TileIndex

log = logging.getLogger(__name__)

COOKIE = "hvt"


@lru_cache(maxsize=1)
def signer() -> Signer:
    return Signer(settings.SECRET_KEY)


def tile_access(user: Any, slide: Slide) -> dict[str, Any]:
    """What a viewer needs to fetch the slide's tiles; the caller has checked that the person may view it.

    `levels` are smallest first, as OpenSeadragon counts them; each has its own number in the address. Raises Refusal.
    """
    index = index_of(slide)
    expires = int(time.time()) + LIFETIME_S
    return {
        "slide": str(slide.pk),
        "base": f"/tiles/{slide.pk.hex}/{index.stamp}/",
        "cookie_path": f"/tiles/{slide.pk.hex}/",
        "token": signer().issue(slide.pk.hex, str(user.pk), expires),
        "expires_in_s": LIFETIME_S,
        "width": index.width,
        "height": index.height,
        "levels": _levels(index),
        "planes": [_plane(slide, index, plane) for plane in slide.planes],
        "colour": index.colour,
        "colour_text": slide.get_colour_display() if slide.icc_bytes else gettext("no colour profile in the file"),
        "icc_bytes": slide.icc_bytes,
        "stored_levels": index.stored_levels,
    }


def set_tile_cookie(response: HttpResponseBase, access: dict[str, Any]) -> None:
    """The token as a cookie of this slide's tiles alone: addresses stay the same when it is renewed."""
    response.set_cookie(  # type: ignore[attr-defined]
        COOKIE,
        access["token"],
        max_age=LIFETIME_S,
        path=access["cookie_path"],
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _levels(index: TileIndex) -> list[dict[str, Any]]:
    levels = [
        {
            "number": number,
            "width": level.width,
            "height": level.height,
            "tile_width": level.tile_width,
            "tile_height": level.tile_height,
            "columns": level.columns,
            "rows": level.rows,
        }
        for number, level in enumerate(index.levels)
    ]
    return levels[::-1]


def _plane(slide: Slide, index: TileIndex, plane: dict[str, Any]) -> dict[str, Any]:
    """A focal plane with the address of its tiles, whose levels are the slide's."""
    number = plane["number"]
    try:
        place = index.stamp if plane["analysed"] else f"z{number}/{plane_index(slide, number).stamp}"
    except Refusal:
        log.warning("focal plane %s of slide %s cannot be read", number, slide.pk)
        return {**plane, "base": ""}  # the slide is looked at without it
    return {**plane, "base": f"/tiles/{slide.pk.hex}/{place}/"}


def still_allowed(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of (slide id as 32 digits, person's id), those who may still view the slide; runs in a thread of the tile server."""
    by_person: dict[str, set[str]] = defaultdict(set)
    for slide, person in pairs:
        by_person[person].add(slide)
    try:
        people = {str(u.pk): u for u in User.objects.filter(pk__in=[p for p in by_person if p.isdecimal()])}
        allowed = set()
        for person, slides in by_person.items():
            if person in people:
                ids = [uuid.UUID(hex=s) for s in slides]
                visible = slides_for(people[person]).filter(pk__in=ids, status=Slide.Status.READY)
                allowed |= {(pk.hex, person) for pk in visible.values_list("pk", flat=True)}
        return allowed
    finally:
        close_old_connections()
