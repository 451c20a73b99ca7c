"""A logo as a person hands it in: looked at, made small, written anew without whatever else its file holds."""

from __future__ import annotations

import io

from django.utils.translation import gettext
from PIL import Image, UnidentifiedImageError

from apps.accounts.errors import Refusal

MOST_BYTES = 1024**2
MOST_SIDE_PX = 4000
WIDTH_PX, HEIGHT_PX = 600, 240
"""What a logo is made to fit in: three times what a printed report shows."""


def checked(raw: bytes) -> bytes:
    """PNG bytes of at most WIDTH_PX × HEIGHT_PX; raises Refusal where `raw` is no PNG or JPEG picture of a logo's size."""
    if len(raw) > MOST_BYTES:
        raise Refusal(
            gettext("A logo has at most {most_bytes:,} kB; make it smaller.").format(most_bytes=MOST_BYTES // 1024),
            code="logo-too-large",
        )
    no_picture = Refusal(gettext("This is not a PNG or JPEG picture."), code="no-picture")
    try:
        with Image.open(io.BytesIO(raw), formats=("PNG", "JPEG")) as picture:
            if max(picture.size) > MOST_SIDE_PX:
                raise Refusal(
                    gettext(
                        "A logo has at most {most_side_px:,} pixels a side; this one is {width:,} × {height:,}."
                    ).format(most_side_px=MOST_SIDE_PX, width=picture.width, height=picture.height),
                    code="logo-too-large",
                )
            small = picture.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise no_picture from error
    small.thumbnail((WIDTH_PX, HEIGHT_PX))
    png = io.BytesIO()
    small.save(png, "PNG")
    return png.getvalue()
