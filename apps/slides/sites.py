"""Sites: where slides look alike. Every write, and how one is asked for."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext, ngettext

from apps.accounts.errors import Conflict, Forbidden, Missing, Refusal
from apps.audit.services import record
from apps.cases.locks import hold
from apps.cases.selectors import require
from apps.slides.models import Site, Slide
from apps.slides.services import hold_slide
from hemaview.words import naming

NAME_LENGTH = 100


def sites() -> QuerySet[Site]:
    """All of them by name, each with its `slide_count`."""
    return Site.objects.annotate(slide_count=Count("slides"))


def site_named(name: str) -> Site:
    """The site of that name, however it is capitalised; raises Missing, listing those that there are."""
    site = None if "\0" in name else Site.objects.filter(name__iexact=name.strip()).first()
    if site is None:
        names = list(Site.objects.values_list("name", flat=True))
        some = ngettext(
            "There is no such site (there is: {there}).", "There is no such site (there are: {there}).", len(names)
        )
        none = gettext("There is no site yet; an administrator can add one.")
        raise Missing(naming(names, some, none), code="no-site")
    return site


def may_manage_sites(user: Any) -> bool:
    return bool(user.is_superuser or user.has_perm("slides.change_site"))


def require_sites(user: Any) -> None:
    """Raise Forbidden unless the person may change sites and what they taught."""
    if not may_manage_sites(user):
        raise Forbidden(gettext("Only administrators can change sites and what they teach."))


def hold_site(site: Site) -> Site:
    """The site's row as it is now, locked until the caller's transaction ends; raises Missing where it was removed."""
    row = Site.objects.select_for_update(no_key=True).filter(pk=site.pk).first()
    if row is None:
        raise Missing(gettext("There is no site called {name} any more.").format(name=site.name), code="no-site")
    return row


@transaction.atomic
def create_site(user: Any, name: str, description: str = "") -> Site:
    """Add a site; raises Forbidden, Refusal, Conflict."""
    require_sites(user)
    name = " ".join(name.replace("\0", "").split())
    if not name or len(name) > NAME_LENGTH:
        raise Refusal(
            gettext("Give the site a name of at most {name_length} characters.").format(name_length=NAME_LENGTH),
            code="invalid",
        )
    conflict = Conflict(gettext("A site called {name} already exists.").format(name=name), code="site-exists")
    if Site.objects.filter(name__iexact=name).exists():
        raise conflict
    try:
        with transaction.atomic():
            site = Site.objects.create(name=name, description=description.replace("\0", ""))
    except IntegrityError:
        raise conflict from None
    record(user, "site.created", "site", site.pk, name=site.name)
    return site


@transaction.atomic
def remove_site(user: Any, site: Site) -> None:
    """Remove a site that has no slide and taught nothing; raises Forbidden, Conflict."""
    require_sites(user)
    site = hold_site(site)
    if site.slides.exists() or site.adaptations.exists():
        raise Conflict(gettext("This site has slides or teachings, so it cannot be removed."), code="site-used")
    record(user, "site.removed", "site", site.pk, name=site.name)
    site.delete()


@transaction.atomic
def set_site(user: Any, slide: Slide, site: Site | None) -> Slide:
    """Say which site a slide is from (None: not known), also in a signed case: it is no part of what was signed, and analyses
    that were made stay. Raises Forbidden, Missing."""
    require(user, slide.case, "view" if may_manage_sites(user) else "annotate")
    slide = hold_slide(slide, hold)
    before = slide.site
    if before == site:
        return slide
    slide.site = hold_site(site) if site else None
    slide.revision += 1
    slide.save(update_fields=["site", "revision"])
    record(
        user, "slide.site", "slide", slide.pk, accession=slide.case.accession,
        before=before.name if before else "", after=site.name if site else "",
    )  # fmt: skip
    return slide
