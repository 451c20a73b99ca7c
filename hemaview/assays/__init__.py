"""What each examination means: one folder each, and nothing else in the house knows it.

A folder holds `assay.toml` (title, specimens, finder, targets, settings, what must be seen), `classes.toml`, `rules.toml`
(counting rules), `protocols.toml` (what a laboratory can order), `codes.toml` (terminology) and `counts.py`, whose `count`
makes a result of a tally. An installed package brings one by the entry point `hemaview.assays`, which names such a folder.
"""

from hemaview.assays.assay import Assay, AssayError, Order, Target
from hemaview.assays.mustsee import MustSee, must_see_reasons
from hemaview.assays.registry import assay, assays
from hemaview.assays.rules import Rules, rules_from
from hemaview.assays.settings import Setting

__all__ = [
    "Assay",
    "AssayError",
    "MustSee",
    "Order",
    "Rules",
    "Setting",
    "Target",
    "assay",
    "assays",
    "must_see_reasons",
    "rules_from",
]
