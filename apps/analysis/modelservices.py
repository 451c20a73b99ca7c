"""Writes about what is installed: the models, and the protocols that come with HemaView and run on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db import transaction

from apps.analysis.models import Algorithm, ModelVersion, Protocol, ProtocolModel
from apps.audit.services import record
from hemaview.assays import Order, assay, assays

Cards = Iterable[Mapping[str, Any]]
"""Of each installed model {name, version, sha256, title, task, summary, source, card, text}."""


@transaction.atomic
def sync_models(cards: Cards) -> list[str]:
    """Make rows for the installed models and the protocols that they can run; what was added, in words.

    Where a protocol's models are no longer installed it gets a new version, because the old one could not be run again.
    """
    sentences: list[str] = []
    installed: dict[str, ModelVersion] = {}
    for c in cards:
        if ModelVersion.objects.filter(algorithm__name=c["name"]).exclude(weights="").exists():
            sentences.append(f"left out: model {c['name']}, for a model of the laboratory's own has its name")
            continue
        algorithm, _ = Algorithm.objects.update_or_create(
            name=c["name"],
            defaults={"title": c["title"], "task": c["task"], "summary": c["summary"], "source": c["source"]},
        )
        row, is_new = ModelVersion.objects.update_or_create(
            algorithm=algorithm,
            version=c["version"],
            defaults={"sha256": c["sha256"], "card": c["card"], "card_text": c["text"]},
        )
        installed[c["name"]] = row
        if is_new:
            sentences.append(f"model {row}")
            record(
                "system", "model.installed", "model", row.pk, name=c["name"], version=c["version"], sha256=c["sha256"]
            )
    for order in orders():
        if not set(order.models.values()) <= set(installed):
            continue
        current = _newest(order)
        in_use = set(current.models.values_list("model_id", flat=True)) if current else set()
        own = set(ModelVersion.objects.exclude(weights="").values_list("pk", flat=True))  # they are where they were
        if current is None or not in_use <= own | {m.pk for m in installed.values()}:
            sentences.append(f"protocol {_new_version(order, installed, current, 'protocol.created')}")
    return sentences


def protocols_behind(cards: Cards) -> list[str]:
    """The protocols that `renew_protocols` would make a new version of, each with what is not as it would make it."""
    return [f"{current.name} {current.version} ({', '.join(what)})" for _, current, what in _behind(_installed(cards))]


@transaction.atomic
def renew_protocols(cards: Cards) -> list[str]:
    """Give each protocol that is not as HemaView ships it now a new version that is; what was made, in words.

    Its models are the shipped ones; the laboratory's own title, settings and demand for two readers stay, and its thresholds
    where their model does. Older
    versions are left as they are, for the cases that used them. A protocol that is switched off is left alone, and so is
    one that would get a model which is switched off.
    """
    installed = _installed(cards)
    return [
        f"protocol {_new_version(order, installed, current, 'protocol.renewed', before=current.version, changed=what)}"
        for order, current, what in _behind(installed)
    ]


def orders() -> list[Order]:
    """The protocols that come with the installed assays."""
    return [order for assay in assays().values() for order in assay.orders]


def _installed(cards: Cards) -> dict[str, ModelVersion]:
    """The rows of the installed models by name, those that `sync_models` has made."""
    versions = {c["name"]: c["version"] for c in cards}
    rows = ModelVersion.objects.filter(algorithm__name__in=versions).select_related("algorithm")
    return {m.algorithm.name: m for m in rows if m.version == versions[m.algorithm.name]}


def _newest(order: Order) -> Protocol | None:
    return Protocol.objects.filter(name=order.name).order_by("-version").first()


def _behind(installed: Mapping[str, ModelVersion]) -> Iterator[tuple[Order, Protocol, list[str]]]:
    for order in orders():
        models = [installed.get(name) for name in order.models.values()]
        current = _newest(order)
        if current is None or not all(m is not None and m.enabled for m in models):
            continue
        what = _differences(order, current, installed)
        if what and Protocol.objects.filter(name=order.name, enabled=True).exists():
            yield order, current, what


def _differences(order: Order, current: Protocol, installed: Mapping[str, ModelVersion]) -> list[str]:
    """The roles whose model is another, and what else is not as it would be made now."""
    there = {m.role: m.model_id for m in current.models.all()}
    wanted = {role: installed[name].pk for role, name in order.models.items()}
    return [
        *sorted(role for role in {*there, *wanted} if there.get(role) != wanted.get(role)),
        *(name for name in ("specimen", "assay") if getattr(current, name) != getattr(order, name)),
        *(["finder"] if current.finder_key != order.finder else []),
        *(["settings"] if current.settings != _settings(order, installed, current) else []),
    ]


def _new_version(
    order: Order, installed: Mapping[str, ModelVersion], current: Protocol | None, action: str, **detail: Any
) -> Protocol:
    """Make a protocol, or its next version, on the installed models."""
    versions = Protocol.objects.filter(name=order.name)
    protocol = Protocol.objects.create(
        name=order.name,
        version=current.version + 1 if current else 1,
        title=current.title if current else order.title,
        specimen=order.specimen,
        assay=order.assay,
        finder=order.finder,
        rules=current.rules if current and current.assay == order.assay else {},
        second_reader=bool(current and current.second_reader),
        enabled=not versions.exists() or versions.filter(enabled=True).exists(),  # what is switched off stays so
        settings=_settings(order, installed, current),
    )
    thresholds = {(m.role, m.model_id): m.threshold for m in current.models.all()} if current else {}
    for role, name in order.models.items():
        model = installed[name]
        ProtocolModel.objects.create(
            protocol=protocol, role=role, model=model, threshold=thresholds.get((role, model.pk))
        )
    record("system", action, "protocol", protocol.pk, name=protocol.name, version=protocol.version, **detail)
    return protocol


def _settings(order: Order, installed: Mapping[str, ModelVersion], current: Protocol | None) -> dict[str, Any]:
    """The laboratory's own settings over the shipped ones, as far as the assay still knows them; a tolerance and a calibration
    go with the models, and are refused where none of them solves equations, or is calibrated so."""
    from hemaview.methods.registry import METHODS  # the networks behind it take seconds to import

    own = dict(current.settings) if current and isinstance(current.settings, dict) else {}
    if not any(METHODS[name].solve_to for name in order.models.values()):
        own.pop("tolerance", None)
    if not any(own.get("calibrated_on") in installed[name].calibrations for name in order.models.values()):
        own.pop("calibrated_on", None)
    examination = assay(order.assay)
    own = {k: v for k, v in own.items() if not examination.wrong_settings({k: v})}
    return {**order.settings, **own}
