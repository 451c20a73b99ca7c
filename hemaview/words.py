"""Words of sentences that every package builds: lists, and phrases that a translation may put otherwise.

Nothing here knows Django: the house that runs it hands in how phrases are translated (`use`); without it they are English.
Packages mark their phrases as apps do, `gettext("… {name} …").format(name=…)`, so that the catalogue holds them;
a module's constants are marked with `gettext_noop` and translated where they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

Gettext = Callable[[str], str]
Ngettext = Callable[[str, str, int], str]


def _as_it_is(phrase: str) -> str:
    return phrase


def _by_number(one: str, many: str, n: int) -> str:
    return one if n == 1 else many


_translated: tuple[Gettext, Ngettext] = (_as_it_is, _by_number)


def use(translate: Gettext, translate_number: Ngettext) -> None:
    """Let phrases be translated so from now on, in this process."""
    global _translated
    _translated = (translate, translate_number)


def gettext(phrase: str) -> str:
    """The phrase in the reader's language."""
    return _translated[0](phrase)


def gettext_noop(phrase: str) -> str:
    """The phrase as it is, marked for the catalogue."""
    return phrase


def ngettext(one: str, many: str, n: int) -> str:
    """The phrase for n things in the reader's language."""
    return _translated[1](one, many, n)


def one_of(choices: Iterable[object]) -> str:
    """a, b or c, of which one is to be chosen; an empty text among them stands last as "" (nothing)."""
    return _listed(choices, gettext("{others} or {last}"))


def all_of(things: Iterable[object]) -> str:
    """a, b and c."""
    return _listed(things, gettext("{others} and {last}"))


def naming(there: Collection[object], some: str, none: str, **values: object) -> str:
    """What a refusal says of those that there are: `some` names them as {there}, of one or of many (`ngettext`), and `none` is
    said where there is none; `values` fill the other places of either."""
    return (some if there else none).format(**values, there=all_of(there))


def _listed(things: Iterable[object], joined: str) -> str:
    texts = list(dict.fromkeys(str(thing) for thing in things))
    texts = [text for text in texts if text] + ([gettext('"" (nothing)')] if "" in texts else [])
    if len(texts) < 2:
        return "".join(texts)
    return joined.format(others=", ".join(texts[:-1]), last=texts[-1])
