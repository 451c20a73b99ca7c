"""Fire pairs of writes at once and print what was broken as JSON.

    DJANGO_SETTINGS_MODULE=tests.races.settings HEMAVIEW_VAR=FOLDER python -m tests.races.fire --tries 2

DATABASE_URL chooses the database. Exit status 0 where every invariant held. Options after the word `then` are another round in
the same house, with an answer of its own, a line below the first.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import threading
import time
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from apps.accounts.errors import Refusal  # noqa: E402
from apps.audit.models import Record  # noqa: E402
from apps.audit.services import verify  # noqa: E402
from apps.reports import render  # noqa: E402
from tests.races.arena import REVIEW, STATES, Arena  # noqa: E402
from tests.races.invariants import broken  # noqa: E402
from tests.races.write import Write  # noqa: E402
from tests.races.writes import WRITES, pairs  # noqa: E402

SIGNING_S = 0.06
"""About what a signature takes: the other write comes anywhere within."""


def main() -> int:
    rounds = [list(words) for then, words in itertools.groupby(sys.argv[1:], "then".__eq__) if not then] or [[]]
    orders = [options(words) for words in rounds]
    call_command("migrate", verbosity=0)
    arena = Arena.build(Path(settings.VAR_DIR))
    results = [fire(arena, each) for each in orders]
    return 0 if all(results) else 1


def options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=2, help="of each pair")
    parser.add_argument(
        "--slow-tries", type=int, help="of each pair of which one runs a child process or prints a page"
    )
    parser.add_argument(
        "--every", type=int, default=1, help="of all pairs each so many-th alone, and each write with itself"
    )
    parser.add_argument(
        "--only", nargs="*", choices=[w.name for w in WRITES], help="pairs with one of these writes alone"
    )
    parser.add_argument("--strangers", action="store_true", help="pairs of writes about different things, too")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no try after so many")
    parser.add_argument("--pages", action="store_true", help="print the PDF of every signature, too")
    return parser.parse_args(words)


def fire(arena: Arena, order: argparse.Namespace) -> bool:
    """One round; whether every invariant held."""
    printed = render.pdf
    if not order.pages:
        render.pdf = lambda page: b"%PDF-"  # no page is printed: several times as many tries
    choice = [
        pair
        for place, pair in enumerate(pairs(order.strangers))
        if (place % order.every == 0 or pair[0] is pair[1])
        and (not order.only or {w.name for w in pair} & set(order.only))
    ]
    broken_pairs, began = [], time.monotonic()
    counts: dict[str, dict[str, int]] = {}
    # Round by round, so that time that runs out leaves no pair without a try while another had its hundredth.
    for number, pair in itertools.product(range(max(order.tries, order.slow_tries or 0)), choice):
        slow = any(w.slow for w in pair) and order.slow_tries is not None
        if number >= (order.slow_tries if slow else order.tries):
            continue
        if time.monotonic() - began > order.seconds:
            break
        outcomes, wrong = one_try(arena, pair)
        words = "+".join("ok" if o is None else o for o in outcomes)
        tally = counts.setdefault(" × ".join(w.name for w in pair), {})
        tally[words] = tally.get(words, 0) + 1
        broken_pairs += [{"pair": [w.name for w in pair], "outcomes": outcomes, "broken": text} for text in wrong]
    verdict = verify()
    if not verdict.ok:
        broken_pairs.append({"pair": [], "outcomes": [], "broken": verdict.message})
    each = [sum(tally.values()) for tally in counts.values()]
    json.dump(
        {
            "database": connection.vendor, "pairs": len(counts), "left_out": len(choice) - len(counts),
            "tries": sum(each), "fewest_tries": min(each, default=0), "broken": broken_pairs, "outcomes": counts,
            "seconds": round(time.monotonic() - began, 1),
        },
        sys.stdout,
    )  # fmt: skip
    print(flush=True)
    render.pdf = printed
    return not broken_pairs


def one_try(arena: Arena, pair: tuple[Write, Write]) -> tuple[list[str | None], list[str]]:
    """Bring the arena back, let both go at once; the codes of what was refused (None: done), and what was broken."""
    state = next((w.state for w in pair if w.state in STATES), REVIEW)
    arena.reset(state)
    shots = [w.aim(arena, side) for side, w in enumerate(pair)]
    begin = arena.case()
    last_line = Record.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    outcomes: list[str | None] = ["never ran", "never ran"]
    gate = threading.Barrier(2)
    spread = SIGNING_S if any(w.slow for w in pair) else 0.002
    pauses = [arena.random.uniform(0, spread) if not w.slow else arena.random.uniform(0, 0.02) for w in pair]

    def go(side: int) -> None:
        try:
            connection.ensure_connection()
            gate.wait()
            time.sleep(pauses[side])
            shots[side]()
            outcomes[side] = None
        except Refusal as refusal:
            outcomes[side] = refusal.code
        except Exception as error:
            outcomes[side] = f"!{type(error).__name__}: {error}"
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(side,)) for side in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes, broken(arena, pair, outcomes, begin, arena.lines_after(last_line))


if __name__ == "__main__":
    sys.exit(main())
