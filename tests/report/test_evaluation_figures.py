"""The picture of three ways of looking: what is drawn is what was found, and what cannot be said is not drawn."""

import math

import pytest

from sim.report.extras import Extras, by_set, read_extras
from sim.report.figures.evidence.evaluated import WAYS, evaluated_table, plot_evaluated, ratio_text
from sim.report.gallery import draw_extras
from sim.results.folder.beside import EVALUATED, Answer, Contrast
from sim.results.folder.files import write_json


def contrast(ratio: float, spread: float | None = 0.1) -> Contrast:
    ends = (None, None) if spread is None else (ratio * (1 - spread), ratio * (1 + spread))
    return Contrast(0.1 * ratio, 0.1, ratio, *ends, 0.1 * ratio - 0.1, None, None)


def answers(effect_set: str = "measured") -> list[Answer]:
    none = Contrast(math.nan, 0.0, math.nan, None, None, math.nan, None, None)
    return [
        Answer("children looked after, months 19-24", effect_set, contrast(1.2), contrast(0.7), contrast(0.61, 0.0)),
        Answer("any custody of a juvenile, 24 months", effect_set, contrast(0.8, None), none, contrast(0.0, None)),
    ]


def test_each_way_stands_at_its_ratio_with_its_interval() -> None:
    ax = plot_evaluated(answers())
    drawn = [line for line in ax.get_lines() if len(line.get_xdata())]
    points = [float(line.get_xdata()[0]) for line in drawn if len(line.get_xdata()) == 1]
    assert points == [1.2, 0.7, 0.61, 0.8]  # what is not a number or 0 has no place on a logarithmic axis
    spans = [tuple(line.get_xdata()) for line in drawn if len(line.get_xdata()) == 2 and line.get_linewidth() == 2.0]
    assert spans[0] == pytest.approx((1.08, 1.32))
    assert len(spans) == 3  # the fourth has no interval
    low, high = ax.get_xlim()
    assert low < 0.61
    assert high > 1.32
    assert low * high == pytest.approx(1.0)  # as far to either side of no effect
    assert "(measured)" in ax.get_xlabel()
    assert [text.get_text() for text in ax.figure.legends[0].get_texts()] == [label for _, label, _, _ in WAYS]


def test_one_evidence_set_at_a_time() -> None:
    with pytest.raises(ValueError, match="under measured, no_effect; draw one"):
        plot_evaluated([*answers(), *answers("no_effect")])
    with pytest.raises(ValueError, match="under no evidence set"):
        plot_evaluated([])
    assert [len(group) for group in by_set([*answers(), *answers("no_effect")])] == [2, 2]
    assert by_set([]) == []


def test_noise_is_not_drawn_as_a_difference() -> None:
    """Ratios within 1% of 1 do not fill the axis."""
    one = Answer("custody", "no_effect", contrast(1.01, 0.001), contrast(0.99, 0.001), contrast(1.0, 0.0))
    low, high = plot_evaluated([one]).get_xlim()
    assert high > 1.3
    assert low < 1 / 1.3


def test_the_table_has_every_number_behind_it() -> None:
    table = evaluated_table(answers())
    assert len(table.rows) == 6
    assert table.rows[0][1:] == ("before and after", "12.00%", "10.00%", "1.20 (1.08 to 1.32)")
    assert table.rows[4][2:] == ("–", "0.00%", "–")
    assert ratio_text(contrast(0.8, None)) == "0.80"


def test_a_report_shows_what_stands_in_its_folder(tmp_path) -> None:
    both = [*answers(), *answers("no_effect")]
    write_json(tmp_path / EVALUATED, [one.to_dict() for one in both])
    extras = read_extras(tmp_path)
    assert [one.effect_set for one in extras.answers] == ["measured"] * 2 + ["no_effect"] * 2
    drawn = draw_extras(Extras(answers=extras.answers), tmp_path / "figures")
    assert [item.name for item in drawn] == ["evaluated_measured", "evaluated_no_effect"]
    assert all(item.section == "naive" and item.table is not None for item in drawn)
    assert "month 24" in drawn[0].caption
    assert (tmp_path / "figures" / "evaluated_no_effect.svg").is_file()
