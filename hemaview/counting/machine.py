"""What a film's cells are likely to be, where a machine named them and its errors on other films are known.

A machine that calls one lymphocyte in ten a blast finds blasts on every film, and what it leaves unidentified is something. How
it errs is measured on labelled films; the film's own shares are drawn from all that would make the machine call what it called
(label shift with the errors known: Saerens et al. 2002, Lipton et al. 2018; here as draws, Tanner & Wong 1987). Laboratories
differ in how a machine errs on their films, so each draw takes the errors of one measured film.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemaview.counting.intervals import Interval

DRAWS, STEPS = 300, 40
"""How many times errors and shares are drawn, and how many steps of exchange between shares and cells go before."""
OF_ALL_FILMS = 4.0
"""A measured film's own errors of a class stand beside the errors of all films as if those were so many cells."""
ENOUGH = 5
"""A film tells the errors of classes of which it has so many cells. Each class is drawn from a film of its own: what hides one
class on a film need not hide another."""
EVERYWHERE = 0.02
"""So much of a cell is added to each way to name a class: what was never measured is not impossible."""


@dataclass(frozen=True)
class MachineErrors:
    """How a machine named the labelled cells of some films."""

    classes: tuple[str, ...]
    """What the cells are (rows)."""
    calls: tuple[str, ...]
    """What the machine called them (columns)."""
    films: tuple[tuple[tuple[int, int, int], ...], ...]
    """Of each film (class, call, cells) where there are any."""

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> MachineErrors:
        """As `as_json` wrote it; raises KeyError, TypeError or ValueError."""
        films = tuple(
            tuple((int(i), int(j), int(n)) for i, j, n in (cell.split() for cell in film.split(", ")))
            for film in raw["films"]
        )
        return cls(tuple(map(str, raw["classes"])), tuple(map(str, raw["calls"])), films)

    def as_json(self) -> dict[str, Any]:
        """With each film as text, `class call cells` with commas between: many short lines would hide the rest of a card."""
        films = [", ".join(f"{i} {j} {n}" for i, j, n in film) for film in self.films]
        return {"classes": list(self.classes), "calls": list(self.calls), "films": films}

    def tables(self) -> NDArray[np.float64]:
        """Cells (films, classes, calls)."""
        tables = np.zeros((len(self.films), len(self.classes), len(self.calls)))
        for table, film in zip(tables, self.films, strict=True):
            for i, j, n in film:
                table[i, j] = n
        return tables


def with_machine_errors(
    errors: MachineErrors, calls: Mapping[str, int], confirmed: Mapping[str, int], groups: Mapping[str, Sequence[str]]
) -> dict[str, Interval]:
    """Percent of each of `groups` (name to classes) among them all, as it is likely to be: the median and a 95 % interval that
    holds the machine's errors and the chance of the count.

    `calls`: cells that only a machine named, by its call; `confirmed`: cells that a person confirmed or named, which are as
    they are. Nothing where no cell is named by a machine alone, or where one is called what was never measured.
    """
    own = {key: int(n) for key, n in calls.items() if n > 0}
    if not own or set(own) - set(errors.calls) or not errors.films:
        return {}
    certain = {key: int(n) for key, n in confirmed.items() if n > 0}
    classes_of = tuple((name, tuple(classes)) for name, classes in groups.items())
    return dict(_shares(errors, tuple(sorted(own.items())), tuple(sorted(certain.items())), classes_of))


@lru_cache(maxsize=512)
def _shares(
    errors: MachineErrors,
    calls: tuple[tuple[str, int], ...],
    confirmed: tuple[tuple[str, int], ...],
    groups: tuple[tuple[str, tuple[str, ...]], ...],
) -> tuple[tuple[str, Interval], ...]:
    rng = np.random.default_rng(0)
    cells = _cells(_drawn_errors(errors, rng), {errors.calls.index(key): n for key, n in calls}, rng)
    sums = np.stack(
        [
            cells[:, [errors.classes.index(c) for c in classes if c in errors.classes]].sum(axis=1)
            + sum(n for key, n in confirmed if key in classes)
            for _, classes in groups
        ],
        axis=1,
    )
    share = 100 * sums / np.maximum(sums.sum(axis=1, keepdims=True), 1e-9)
    low, value, high = np.percentile(share, (2.5, 50, 97.5), axis=0)
    return tuple(
        (name, Interval(float(v), float(a), float(b)))
        for (name, _), v, a, b in zip(groups, value, low, high, strict=True)
    )


def _drawn_errors(errors: MachineErrors, rng: np.random.Generator) -> NDArray[np.float64]:
    """Probabilities (DRAWS, classes, calls) of each call: of one measured film, within the chance of its few cells."""
    films = errors.tables()
    every = films.sum(axis=0) + EVERYWHERE
    usual = every / every.sum(axis=1, keepdims=True)
    film_errors = np.empty((DRAWS, *every.shape))
    for row in range(len(every)):
        large_films = np.flatnonzero(films[:, row].sum(axis=1) >= ENOUGH)
        film_errors[:, row] = films[rng.choice(large_films, DRAWS), row] if len(large_films) else 0
    likely = rng.gamma(film_errors + OF_ALL_FILMS * usual)
    return np.asarray(likely / np.maximum(likely.sum(axis=2, keepdims=True), 1e-12))


def _cells(
    likely: NDArray[np.float64], cells_by_call: Mapping[int, int], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Cells (draws, classes) that may have made the machine call so many (`cells_by_call`: column of a call to cells), by its
    errors `likely` (draws, classes, calls)."""
    draws, n, _ = likely.shape
    before = 1 / n  # cells of each class, the objective prior where a table has many (Berger, Bernardo & Sun 2015)
    share = rng.dirichlet(np.ones(n), draws)
    for _ in range(STEPS):
        cells = np.zeros_like(share)
        for column, count in cells_by_call.items():
            of = share * likely[:, :, column] + 1e-12
            cells += rng.multinomial(count, of / of.sum(axis=1, keepdims=True))
        share = np.maximum(rng.gamma(cells + before), 1e-12)
        share /= share.sum(axis=1, keepdims=True)
    return cells
