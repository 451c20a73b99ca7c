"""A small drawing of how good a site's net is with so many labels."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

WIDTH, HEIGHT, LEFT, BOTTOM = 260, 120, 34, 22


def curve_svg(points: Sequence[dict[str, float]]) -> SafeString:
    """Macro F1 (0 to 1) over the number of labels, from {n_labels, macro_f1} each, as an SVG picture with its own words."""
    most = max(p["n_labels"] for p in points)

    def place(p: dict[str, float]) -> tuple[float, float]:
        x = LEFT + (WIDTH - LEFT - 10) * p["n_labels"] / most
        return round(x, 1), round((HEIGHT - BOTTOM) * (1 - p["macro_f1"]) + 4, 1)

    places = [place(p) for p in points]
    line = " ".join(f"{x},{y}" for x, y in places)
    dots = "".join(f'<circle cx="{x}" cy="{y}" r="3" fill="currentColor"/>' for x, y in places)
    words = "".join(
        f'<text x="{x}" y="{HEIGHT - 4}" text-anchor="middle" font-size="11" fill="currentColor">{int(p["n_labels"])}</text>'
        for (x, _), p in zip(places, points, strict=True)
    )
    at = f'x="{LEFT - 6}" text-anchor="end" font-size="11" fill="currentColor"'
    axis = "".join(f'<text {at} y="{(HEIGHT - BOTTOM) * (1 - v) + 8:.0f}">{v:g}</text>' for v in (0, 0.5, 1))
    scores = ", ".join(
        gettext("{score} with {n_labels}").format(score=f"{p['macro_f1']:.2f}", n_labels=int(p["n_labels"]))
        for p in points
    )
    label = escape(gettext("Macro F1 by number of labels: {scores}").format(scores=scores))
    return mark_safe(
        f'<svg role="img" aria-label="{label}" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}"><path d="M{LEFT} 4V{HEIGHT - BOTTOM + 4}H{WIDTH - 4}" fill="none" '
        f'stroke="currentColor" opacity="0.4"/><polyline points="{line}" fill="none" stroke="currentColor" stroke-width="2"/>'
        f"{dots}{words}{axis}</svg>"
    )
