"""What is said of peers: exact expectations against other ways to them, ratios and tables from made-up measurements.

A Markov reward's mean is the sum of discounted expected prices over the powers of the matrix; its variance follows from
all paths of a short run. A fluid queue that is never full lets everybody in.
"""

from __future__ import annotations

from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest

from benchmarks.peers import job, table
from benchmarks.peers.__main__ import plan, write_between
from benchmarks.peers.forms import numpy_lean, ours, ours_queue_monthly
from benchmarks.peers.listing import ENVIRONMENTS, FORMS, HERE, QUEUE_FORMS, REGIMES, REPLICATIONS, SHRINKING, TOO_LARGE
from benchmarks.peers.queue_job import MONTHS, fluid_admitted
from benchmarks.textbook import PRICES, matrix, textbook


def test_moments_of_cost_agree_with_all_paths() -> None:
    """Three months: every path of eight states, weighed by its chance."""
    p, discount = matrix(), job.discounts(3)
    costs, chances = [], []
    for path in product(range(8), repeat=3):
        whole = (0, *path)
        chances.append(np.prod([p[a, b] for a, b in pairwise(whole)]))
        costs.append(sum(PRICES[s] * d for s, d in zip(whole, discount, strict=True)))
    mean = np.average(costs, weights=chances)
    variance = np.average((np.array(costs) - mean) ** 2, weights=chances)
    assert job.cost_moments(3) == pytest.approx((mean, variance), rel=1e-10)


def test_shares_are_powers_of_the_matrix() -> None:
    assert np.allclose(job.expected_shares(5)[5], np.linalg.matrix_power(matrix(), 5)[0], rtol=0, atol=1e-15)


def test_a_wrong_form_is_found_out() -> None:
    """The right chances stay within 5 standard deviations in 700 cells; those of the month after do not."""
    counts, cost = numpy_lean.run(20_000, 24, 3)
    assert job.worst_z(counts) < 5
    assert abs(job.cost_z(counts, cost)) < 4
    assert job.cost_of(counts) == pytest.approx(cost)
    wrong = counts.copy()
    wrong[12] = wrong[13]
    assert job.worst_z(wrong) > 6
    assert abs(job.cost_z(counts, 1.05 * cost)) > 6


def test_the_textbook_charges_what_counts_cost() -> None:
    counts, cost = textbook(n=500, steps=12)
    assert job.cost_of(counts) == pytest.approx(cost, rel=1e-12)


def test_our_forms_do_the_jobs() -> None:
    """Through the public API: as many people in all at each month, and chances within 5 standard deviations."""
    counts, cost = ours.counted(4_000, 12, 0, replications=3, regimes=2)
    assert (counts.sum(axis=1) == 12_000).all()
    assert job.worst_z(counts) < 5
    assert abs(job.cost_z(counts, cost)) < 4
    found = ours_queue_monthly.run(6_000, 475, MONTHS, 0)
    assert found.joined - found.admitted == found.waiting
    # Chance is 1.3%, months some 1%, and who asks in a month comes at its end: one month of 36 less.
    assert found.admitted == pytest.approx(fluid_admitted(6_000, 475) * (MONTHS - 1) / MONTHS, rel=0.05)


def test_fluid_queue() -> None:
    """Without a limit all are let in; with one, as many as leave once places are full, whatever more ask."""
    assert fluid_admitted(1_000, 1_000) == 1_000
    assert 0 < fluid_admitted(100_000, 10) - fluid_admitted(50_000, 10) < 1
    assert fluid_admitted(50_000, 10) == pytest.approx(10 + 10 / 3 * MONTHS, rel=1e-3)


def made_up() -> dict[str, list[dict[str, object]]]:
    """Give two rounds in which every form takes a second (and 2), and three regimes three."""
    counts, cost = textbook(n=2_000, steps=6)
    report = {"base_mb": 10.0, "peak_mb": 30.0, "counts": counts.tolist(), "cost": cost}
    measured: dict[str, list[dict[str, object]]] = {
        form.name: [report | {"cpu": t * (3 if form.name == REGIMES else 1)} for t in (1.0, 2.0)] for form in FORMS
    }
    queue = {"cpu": 2.0, "joined": 100.0, "admitted": 90.0}
    for form in QUEUE_FORMS:
        for k in SHRINKING:
            if (form.name, k) not in TOO_LARGE:
                measured[f"{form.name}/{k}"] = [queue]
    return measured


def test_ratios_are_taken_within_rounds() -> None:
    """Both rounds give 1 here, though the second takes twice as long; each further regime costs one, not three."""
    measured = made_up()
    rates = table.all_rates(measured)
    assert rates["ours_further"] == pytest.approx(rates[REPLICATIONS])
    text = table.job_table(measured)
    assert "| this program, one replication | this checkout | 120,000 x 120 | 1 (1–1) | 1 (1–1) | 20 |" in text
    assert "each further regime" in text
    assert "neworder 1.4.3" in text
    assert "not run" in table.queue_table(measured)
    with pytest.raises(ValueError, match="every round"):
        table.ratio([1.0], [1.0, 2.0])


def test_the_figure_is_drawn(tmp_path: Path) -> None:
    table.draw(made_up(), tmp_path / "peers.svg")
    text = (tmp_path / "peers.svg").read_text(encoding="utf-8")
    table.draw(made_up(), tmp_path / "again.svg")
    assert text == (tmp_path / "again.svg").read_text(encoding="utf-8")


def test_a_page_is_written_between_its_comments(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- x -->\nold\n<!-- end of x -->\nafter\n", encoding="utf-8")
    for _ in range(2):
        write_between(page, "x", "new")
        assert page.read_text(encoding="utf-8") == "before\n<!-- x -->\nnew\n<!-- end of x -->\nafter\n"
    with pytest.raises(ValueError, match="needs one"):
        write_between(page, "y", "new")


def test_every_form_has_a_file_and_an_environment_with_versions() -> None:
    folder = Path(job.__file__).parent / "forms"
    for form in (*FORMS, *QUEUE_FORMS):
        assert (folder / f"{form.name}.py").is_file()
        assert form.environment == HERE or all("==" in wanted for wanted in ENVIRONMENTS[form.environment])
    assert {path.stem for path in folder.glob("*.py")} == {"__init__", *(form.name for form in (*FORMS, *QUEUE_FORMS))}
    with pytest.raises(SystemExit, match="no form nonsense"):
        plan(["nonsense"])
