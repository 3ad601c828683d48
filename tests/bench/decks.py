"""How long a deck of three takes: out of the whole catalog, for a couple with tastes and dates behind them."""

from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from zoneinfo import ZoneInfo

from service.content import load_content
from service.core.decks import Past, deal
from service.core.ideas import Occasion
from service.core.interval import Interval
from service.core.tastes import Taste
from tests.bench.figures import Figure

DECKS = 1_000
# Saturday after lunch in June: nearly everything suits
START = datetime(2026, 6, 6, 13, tzinfo=UTC)
ZONES = (ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Lisbon"))


def measure_decks() -> dict[str, Figure]:
    """Deal one deck after another, each for another couple."""
    ideas = load_content().ideas
    occasion = Occasion(Interval(START, START + timedelta(hours=4)), ZONES)
    names = list(ideas)
    tastes = {
        "a": Taste(loved=frozenset(names[::5])),
        "b": Taste(vetoed=frozenset(names[::9]), less=frozenset({"move"})),
    }
    past = [Past(name, START - timedelta(weeks=week)) for week, name in enumerate(names[1::3])]
    taken = []
    for seed in range(DECKS):
        start = perf_counter()
        deck = deal(ideas.values(), occasion=occasion, tastes=tastes, past=past, seed=f"{seed}", now=START)
        taken.append((perf_counter() - start) * 1000)
        if len(deck) < 3:
            raise RuntimeError("the benchmark found no three ideas, so it measured something else")
    return {"deck_ms": Figure(round(median(taken), 3), "ms", f"limit 2 ms, three of {len(ideas)} ideas")}
