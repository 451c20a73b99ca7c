"""What must hold of sites, the laboratory, phrases, protocols and models of its own after two writes met."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apps.accounts import stores
from apps.analysis.models import Adaptation, Job, ModelUpload, ModelVersion, Protocol
from apps.audit.models import Record
from apps.laboratory.models import Laboratory, Phrase
from apps.slides.models import Site, Slide
from tests.races.arena import Arena


def house_broken(arena: Arena, lines: list[Record]) -> list[str]:
    """Each invariant that does not hold, in words."""
    return [
        *_sites(arena, lines),
        *_laboratory(lines),
        *_phrases(lines),
        *_protocols(arena, lines),
        *_models(arena, lines),
    ]


def _chain(what: str, now: dict[str, Any], changes: Iterable[tuple[dict[str, Any], dict[str, Any]]]) -> list[str]:
    """Each old value is the new one before it; `now` ends as the last ones."""
    broken = []
    for old, new in changes:
        broken += [f"{what}: {k} was {now[k]!r}, the line says {v!r}" for k, v in old.items() if now[k] != v]
        now |= new
    return broken


def _details(lines: list[Record], action: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [(line.detail["before"], line.detail["after"]) for line in lines if line.action == action]


def _single(lines: list[Record], action: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [({"it": old}, {"it": new}) for old, new in _details(lines, action)]


def _sites(arena: Arena, lines: list[Record]) -> list[str]:
    slide, net = {"it": ""}, {"it": arena.taught[0].number}
    broken = _chain("slide.site", slide, _single(lines, "slide.site"))
    broken += _chain("site.switched", net, _single(lines, "site.switched"))
    row = Slide.objects.select_related("site").filter(pk=arena.film_slide.pk).first()
    site = row.site.name if row and row.site else ""
    if row and site != slide["it"]:
        broken.append(f"the slide is of {site!r}, the lines end at {slide['it']!r}")
    force = Adaptation.objects.filter(site=arena.site, in_force=True).values_list("number", flat=True)
    if list(force) != ([net["it"]] if net["it"] else []):
        broken.append(f"teachings {list(force)} are in force, the lines end at {net['it']}")
    names = [name.casefold() for name in Site.objects.values_list("name", flat=True)]
    if len(names) != len(set(names)):
        broken.append(f"sites of one name: {names}")
    return broken


def _laboratory(lines: list[Record]) -> list[str]:
    row = Laboratory.objects.filter(pk=1).first() or Laboratory()
    now = {"name": "", "address": "", "phone": ""}
    broken = _chain("laboratory.changed", now, _details(lines, "laboratory.changed"))
    broken += [f"{k} is {getattr(row, k)!r}, the lines end at {v!r}" for k, v in now.items() if getattr(row, k) != v]
    logos = _single(lines, "laboratory.logo")
    if logos:
        logo = dict(logos[0][0])
        broken += _chain("laboratory.logo", logo, logos)
        if row.logo != logo["it"]:
            broken.append(f"the logo is {row.logo}, the lines end at {logo['it']}")
    if row.logo and not stores.laboratory().exists(row.logo):
        broken.append("the logo's file is not there")
    return broken


def _phrases(lines: list[Record]) -> list[str]:
    texts: dict[str, dict[str, Any]] = {}
    broken, gone = [], set()
    for line in lines:
        if not line.action.startswith("phrase."):
            continue
        if line.object_id in gone:
            broken.append(f"{line.action} of a phrase that was removed")
        now = texts.setdefault(line.object_id, {})
        if line.action == "phrase.removed":
            gone.add(line.object_id)
            broken += _chain(
                "phrase.removed", dict(now), [({k: line.detail[k] for k in now.keys() & {"text", "code"}}, {})]
            )
        elif line.action == "phrase.created":
            now |= {"code": line.detail["code"], "text": line.detail["text"]}
        else:
            old = {k: v for k, v in line.detail["before"].items() if k in now}
            broken += _chain("phrase.changed", now, [(old, line.detail["after"])])
    for pk, now in texts.items():
        row = Phrase.objects.filter(pk=pk).first()
        if (row is None) != (pk in gone):
            broken.append(f"phrase {pk} is {'not ' if row is None else ''}there, its lines say otherwise")
        elif row is not None and any(getattr(row, k) != v for k, v in now.items()):
            broken.append(f"phrase {row.code} says {row.text!r}, the lines end at {now}")
    return broken


def _protocols(arena: Arena, lines: list[Record]) -> list[str]:
    name = arena.job.protocol.name
    versions = list(Protocol.objects.filter(name=name).order_by("version"))
    changed = [line for line in lines if line.action == "protocol.changed"]
    broken = []
    if [v.version for v in versions] != list(range(1, 2 + len(changed))):
        broken.append(f"versions {[v.version for v in versions]} after {len(changed)} changes")
    title = {"title": arena.job.protocol.title}
    broken += _chain("protocol.changed", title, [(line.detail["before"], line.detail["after"]) for line in changed])
    if versions[-1].title != title["title"]:
        broken.append(f"the protocol is {versions[-1].title}, the lines end at {title['title']}")
    retired = [line for line in lines if line.action == "protocol.retired"]
    if retired and any(v.enabled for v in versions):
        broken.append("a version of a retired protocol can be ordered")
    for line in retired:
        late = [at for at in lines if at.action == "job.requested" and at.pk > line.pk]
        late = [at for at in late if Job.objects.filter(pk=at.object_id, protocol__name=name).exists()]
        if late:
            broken.append("a retired protocol was ordered")
    return broken


def _models(arena: Arena, lines: list[Record]) -> list[str]:
    active = ModelUpload.objects.filter(state__in=ModelUpload.ACTIVE)
    names = [(row.name, row.version) for row in active]
    broken = [f"uploads of one model: {names}"] if len(names) != len(set(names)) else []
    files, wanted = set(stores.models().names("incoming/")), {row.blob for row in active}
    if files != wanted:
        broken.append(f"files of uploads {sorted(files)}, rows of {sorted(wanted)}")
    for model, first in zip(arena.own, (False, True), strict=True):
        on = first
        for line in lines:
            if line.object_type == "model" and line.object_id == str(model.pk):
                if (line.action == "model.enabled") == on:
                    broken.append(f"{line.action} of a model that was so already")
                on = line.action == "model.enabled"
        if ModelVersion.objects.get(pk=model.pk).enabled != on:
            broken.append(f"model {model.version} is not as its lines end")
    return broken
