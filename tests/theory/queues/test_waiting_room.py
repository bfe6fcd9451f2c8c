"""A waiting room of limited size, case by case, against M/M/c/K and M/M/c/K with patience.

Theory: the number there is a birth-and-death process with births at the rate of arrivals below K = places + room, and
deaths at min(n, c) / help + max(n - c, 0) / patience; arrivals see time averages (PASTA), so that the share turned away
is p_K, which for no room is Erlang's loss formula. Forty areas are so many independent queues, begun empty and looked
at after a warm-up; Student's t over areas at 1e-4 for each of some twenty numbers: a false alarm every 500 runs of all
(seeds are fixed). A room of one chair more is seen.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.engine.counts.layout import layout_of
from sim.engine.counts.record import QUEUE_COUNTS
from sim.engine.solvers.by_day.run import replicate_families
from sim.engine.solvers.families import replicate
from sim.errors import ModelError
from sim.model.spec import Scenario
from tests.places import language
from tests.theory.queues.erlang import erlang_b
from tests.theory.queues.lived import Queue, Seen, live, scenario, tail

ALARM, DAYS, WARM_UP = 1e-4, 400.0, 40.0


def law(queue: Queue) -> np.ndarray:
    """Give the shares of time with each number there, (n,)."""
    assert queue.places is not None
    assert queue.room is not None
    n = np.arange(1, queue.places + queue.room + 1)
    deaths = np.minimum(n, queue.places) / queue.help
    if queue.patience:
        deaths = deaths + np.maximum(n - queue.places, 0) / queue.patience
    weights = np.concatenate([[1.0], np.cumprod(queue.arrivals / deaths)])
    return np.asarray(weights / weights.sum())


def tails(seen: Seen, queue: Queue) -> dict[str, float]:
    """Give the tail of each number that is seen, were it that of the queue."""
    assert queue.places is not None
    p, days = law(queue), DAYS - WARM_UP
    n = np.arange(len(p))
    waiting = float(p @ np.maximum(n - queue.places, 0))
    came = queue.arrivals * days
    found = {
        "waiting": tail(seen.waiting - waiting),
        "helped": tail(seen.helped - p @ np.minimum(n, queue.places)),
        "turned away": tail(seen.turned_away - came * p[-1]),
    }
    if queue.patience:
        found["left"] = tail(seen.left - days * waiting / queue.patience)
    return found


@pytest.mark.parametrize(
    "queue",
    [
        Queue(2.7, 3, room=4),
        Queue(3.6, 3, room=0),
        Queue(3.6, 3, room=2, patience=2.0),
        pytest.param(Queue(12.0, 2, help=0.2, room=3), marks=pytest.mark.slow),
    ],
    ids=["M/M/3/7", "M/M/3/3", "M/M/3/5 with patience", "M/M/2/5, help of a fifth of a step"],
)
def test_the_law_of_a_waiting_room(queue: Queue) -> None:
    seen = live(queue, 1.0, DAYS, WARM_UP)
    assert min(tails(seen, queue).values()) > ALARM
    assert seen.course[:, 0].max() <= queue.room
    wrong = Queue(queue.arrivals, queue.places, queue.help, queue.patience, room=(queue.room or 0) + 1)
    assert min(tails(seen, wrong).values()) < ALARM


def test_no_room_is_erlangs_loss_formula() -> None:
    assert law(Queue(3.6, 3, room=0))[-1] == pytest.approx(erlang_b(3, 3.6), rel=1e-12)


def documented(folder: Path, *sets: str) -> Scenario:
    blocks = re.findall(r"```yaml\n(.*?)```", language(), re.DOTALL)
    path = folder / "room.yaml"
    path.write_text(next(block for block in blocks if "A desk with a waiting room" in block), encoding="utf-8")
    return sim.load(path, list(sets))


def test_who_is_turned_away_is_counted(tmp_path: Path) -> None:
    """As a move, as a state and among those who left: they and those let in and still there are all who came."""
    study = documented(tmp_path, "clock.steps=300", "units.caller.warm_up=0")
    record = replicate_families(study, 0)
    moves, states = [name[2:] for name in layout_of(study).flows], [name[2] for name in layout_of(study).states]
    away = record.flows[0][:, moves.index(("waiting", "turned_away"))].sum()
    assert away > 20
    assert record.stocks[0, -1, states.index("turned_away")] == away
    queue = dict(zip(QUEUE_COUNTS, record.queue[0, 0].tolist(), strict=True))
    assert queue["left"] == away
    assert queue["joined"] == queue["admitted"] + queue["left"] + queue["waiting"]


def test_who_is_turned_away_may_come_again(tmp_path: Path) -> None:
    """With a rate of 100 a year, the ten who find the room full come back and are counted anew."""
    study = documented(
        tmp_path, "clock.steps=300", "units.caller.warm_up=0", "services.desk.refer={rate: 100, again: 1}"
    )
    record = replicate_families(study, 0)
    moves = [name[2:] for name in layout_of(study).flows]
    assert record.flows[0][:, moves.index(("turned_away", "waiting"))].sum() > 0


@pytest.mark.parametrize("queues", ["teams", "open"])
def test_whole_steps_refuse_it(queues: str, tmp_path: Path) -> None:
    with pytest.raises(
        ModelError, match=r"room\.yaml:\d+:\d+: services\.desk\.team\.waiting_room: .*queues: per_family"
    ):
        documented(tmp_path, f"queues={queues}")


def test_expect_and_models_in_python_refuse_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"waiting room"):
        sim.expect(documented(tmp_path))
    model = scenario(Queue(2.0, 1, room=1), 1.0, 5.0, 1, 1)
    with pytest.raises(ModelError, match=r"per_family"):
        replicate(model, 0)


def test_regimes_share_the_room_and_differ_in_its_size(tmp_path: Path) -> None:
    """A larger room turns fewer away, and a regime without one is refused: its people would have no such state."""
    larger = "regimes={small: {}, large: {start: 100, set: {services.desk.team.waiting_room: 40}}}"
    record = replicate_families(documented(tmp_path, "clock.steps=300", larger), 0)
    assert record.queue[1, 0, QUEUE_COUNTS.index("left")] < record.queue[0, 0, QUEUE_COUNTS.index("left")]
    with pytest.raises(ModelError, match="share"):
        documented(tmp_path, "regimes={small: {}, endless: {set: {services.desk.team.waiting_room: null}}}")
