"""A report's document to HTML and PDF."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string

from apps.accounts.errors import Refusal

PDF_HELP = (
    "PDF needs the system libraries of WeasyPrint: apt-get install libpango-1.0-0 libpangoft2-1.0-0 "
    "libharfbuzz-subset0 fonts-dejavu-core; everything else works without."
)


def html(document: dict[str, Any], signature: dict[str, Any] | None) -> str:
    """One self-contained page; `signature` None means a draft."""
    parts = [_shown(part) for part in document["examinations"]]
    return render_to_string("reports/report.html", {"d": {**document, "examinations": parts}, "signature": signature})


def _shown(part: dict[str, Any]) -> dict[str, Any]:
    """A part with what its tables need to know: which have grades and absolute counts, and the ratios there is something of."""
    sections = [
        {
            **s,
            "shares": not s["rows"] or any(r["reviewed"]["low"] is not None for r in s["rows"]),
            "graded": any(r["grade"] for r in s["rows"]),
            "absolute": any(r["absolute"] for r in s["rows"]),
        }
        for s in part["counts"]["sections"]
    ]
    ratios = [r for r in part["counts"]["ratios"] if r["reviewed"] or r["machine"]]
    return {**part, "counts": {**part["counts"], "sections": sections}, "ratios": ratios}


def pdf(page: str) -> bytes:
    """The page as PDF; raises Refusal with what to install where the libraries are missing."""
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except OSError as error:
        raise Refusal(PDF_HELP, code="no-pdf", http_status=503) from error
    # Only what the page carries itself: no file and no address is ever fetched for a report.
    made: bytes = HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=("data",))).write_pdf()
    return made


def pdf_possible() -> bool:
    try:
        import weasyprint  # noqa: F401
    except OSError:
        return False
    return True
