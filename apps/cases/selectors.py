"""Who may see and do what with which case. Every read of a case, slide, job or report begins here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, Max, Q, QuerySet
from django.utils.translation import gettext
from guardian.shortcuts import get_group_perms, get_objects_for_user, get_user_perms, get_users_with_perms

from apps.accounts.errors import Forbidden, Missing
from apps.accounts.models import User
from apps.accounts.roles import RIGHT_DENIED, RIGHTS
from apps.cases.models import Case

hidden_words: list[Callable[[Any], Iterable[int]]] = []
"""Each gives the keys of cases whose comment and conclusion a person may not read yet; the rooms above this one add theirs."""


def words_hidden_from(user: Any) -> frozenset[int]:
    """Keys of the cases whose comment and conclusion this person may not read yet, such as those that they read blind."""
    return frozenset(key for hidden in hidden_words for key in hidden(user))


def cases_for(user: Any, right: str = "view") -> QuerySet[Case]:
    """The cases on which the person holds the right, by role or by name; every other right needs the right to view."""
    cases = Case.objects.filter(_where_allowed(user, right))
    return cases if right == "view" else cases.filter(_where_allowed(user, "view"))


def with_rights(user: Any, cases: QuerySet[Case]) -> QuerySet[Case]:
    """Cases that the person may view, each with `may_<right>` for every right; no query more than the cases' own."""
    flags = {f"may_{r}": ExpressionWrapper(_where_allowed(user, r), output_field=BooleanField()) for r in RIGHTS}
    return cases.annotate(**flags)


def _where_allowed(user: Any, right: str) -> Q:
    """Of cases: those on which the person holds the right, by role or by name."""
    if not user.is_authenticated or not user.is_active:
        return Q(pk__in=[])
    if user.is_superuser:
        return Q(pk__isnull=False)
    by_name = get_objects_for_user(
        user, f"cases.{right}_case", klass=Case, accept_global_perms=False, with_superuser=False
    ).values("pk")
    allowed = Q(pk__in=by_name)
    if user.has_perm(f"cases.{right}_case"):
        allowed |= Q(restricted=False)
    return allowed


def restricted_from(user: Any) -> QuerySet[Any]:
    """Accession numbers of the restricted cases that the person may not see."""
    return Case.objects.filter(restricted=True).exclude(pk__in=cases_for(user).values("pk")).values("accession")


def rights_of(user: Any, case: Case) -> frozenset[str]:
    """The person's rights on the case; every other right needs the right to view."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    if user.is_superuser:
        return frozenset(RIGHTS)
    by_name = {name.removesuffix("_case") for name in _own_permissions(user, case)}
    by_role = set() if case.restricted else {right for right in RIGHTS if user.has_perm(f"cases.{right}_case")}
    rights = (by_name | by_role) & set(RIGHTS)
    return frozenset(rights) if "view" in rights else frozenset()


def rights_in(case: Case) -> frozenset[str]:
    """The rights that `with_rights` found."""
    return frozenset(right for right in RIGHTS if getattr(case, f"may_{right}"))


def case_for(user: Any, accession: str, right: str = "view") -> Case:
    """The case, if the person holds the right on it.

    Raises Missing where they may not even see it (nobody learns that it exists), Forbidden where they may see it only.
    """
    # PostgreSQL refuses to look for a NUL.
    case = None if "\0" in accession else Case.objects.select_related("reader").filter(accession=accession).first()
    if case is None:
        raise Missing(gettext("There is no case {accession}, or you may not see it.").format(accession=accession))
    require(user, case, right)
    return case


def require(user: Any, case: Case, right: str) -> None:
    """Raise Missing or Forbidden unless the person holds the right on the case."""
    rights = rights_of(user, case)
    if "view" not in rights:
        raise Missing(gettext("There is no case {accession}, or you may not see it.").format(accession=case.accession))
    if right not in rights:
        raise Forbidden(
            gettext("You may view this case but not {meaning}.").format(meaning=gettext(RIGHT_DENIED[right]))
        )


def require_any(user: Any, case: Case, *rights: str) -> None:
    """Raise Missing or Forbidden unless the person holds one of the rights on the case; Forbidden tells of the first."""
    if not rights_of(user, case) & set(rights):
        require(user, case, rights[0])


@dataclass(frozen=True)
class Overview:
    """What heads a list of cases."""

    states: dict[str, int]
    """How many of all cases that are not archived are in each state."""
    n_rows: int
    """How many the list shows."""
    exact: str
    """The accession number that a search names exactly; "" where it names none."""
    n_archived: int
    """How many are in the archive."""


def overview(cases: QuerySet[Case], matches: QuerySet[Case], search: str) -> Overview:
    """Counted of all `cases` and of the `matches` among them, in one query; states of those that are not archived."""
    among = Count("pk", filter=Q(pk__in=matches.order_by().values("pk")))
    accession = Max("accession", filter=Q(accession__iexact=search))
    archived = Q(archived_at__isnull=False)
    listed = Count("pk", filter=~archived)
    by_state = list(
        cases.order_by()
        .values("state")
        .annotate(n=listed, n_archived=Count("pk", filter=archived), among=among, exact=accession)
    )
    states = {state: 0 for state, _ in Case.State.choices} | {row["state"]: row["n"] for row in by_state}
    exact = next((row["exact"] for row in by_state if row["exact"]), "")
    n_archived = sum(row["n_archived"] for row in by_state)
    return Overview(states, sum(row["among"] for row in by_state), exact, n_archived)


def reviewers_of(case: Case) -> list[User]:
    """People who may review the case, by role or by name, in alphabetical order."""
    by_name: Any = get_users_with_perms(case, only_with_perms_in=["review_case"], with_group_users=True)
    people = User.objects.filter(is_active=True, pk__in=by_name.values("pk"))
    if not case.restricted:
        backend = "django.contrib.auth.backends.ModelBackend"
        people |= User.objects.with_perm("cases.review_case", backend=backend, include_superusers=False)
    return sorted(people.distinct(), key=lambda person: person.display_name.lower())


def _own_permissions(user: Any, case: Case) -> set[str]:
    """Permissions given on this very case, to the person or to one of their roles."""
    # django-guardian's names of permissions: its types say otherwise
    mine: Iterable[Any] = get_user_perms(user, case)
    of_roles: Iterable[Any] = get_group_perms(user, case)
    return set(mine) | set(of_roles)
