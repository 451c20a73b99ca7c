"""Bells for teachings."""

from __future__ import annotations

import contextlib

from celery import shared_task
from kombu.exceptions import OperationalError

from apps.analysis import adaptations

BELL_S = 60.0
"""A bell that nobody has heard by then ends; the sweep rings anew."""


@shared_task
def learn_site(adaptation_id: str) -> None:
    from apps.teaching.learning import learn  # the models' libraries stay out of the web process

    learn(adaptation_id)


@shared_task
def sweep() -> None:
    for adaptation_id in adaptations.TEACHINGS.unheld():
        ring(adaptation_id)


def ring(adaptation_id: str) -> None:
    """Wake a worker; a broker that is down is no error, the sweep rings again."""
    with contextlib.suppress(OSError, OperationalError):
        learn_site.apply_async((adaptation_id,), expires=BELL_S)
