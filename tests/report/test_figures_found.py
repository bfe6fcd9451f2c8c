"""Figures register themselves: a file in the folder is all that a new one takes."""

from pathlib import Path

import pytest
import xarray as xr

import sim.report
from sim.economics.summary import summarise
from sim.exhibits.exhibit import Exhibit
from sim.report import figures as folder
from sim.report.extras import Extras
from sim.report.figures import figures, modules, plots
from sim.report.gallery import draw_all
from sim.report.html import TITLES, WITHIN, write_report
from sim.results.dataset import to_dataset
from sim.results.folder.beside import BRIDGE, CHECKS, EVALUATED, FAMILIES
from sim.results.folder.run_record import run_record
from tests import synthetic

PUBLIC = [
    "plot_areas_saved", "plot_break_even_surface", "plot_bridge", "plot_budget", "plot_cash_tornado", "plot_children",
    "plot_cost_by_agency", "plot_difference",
    "plot_displacement", "plot_evaluated", "plot_evidence",
    "plot_family_costs", "plot_flows", "plot_frontier", "plot_gains", "plot_ladder", "plot_left", "plot_model",
    "plot_naive",
    "plot_net_benefit", "plot_npsv", "plot_paired", "plot_payers", "plot_price_chances", "plot_price_tornado",
    "plot_queues", "plot_settings", "plot_shares",
    "plot_state_bands", "plot_states", "plot_swings", "plot_tiers", "plot_waits", "plot_worth",
]  # fmt: skip
NEW = """
import xarray as xr
from matplotlib.axes import Axes

from sim.exhibits.exhibit import Exhibit
from sim.exhibits.style import WIDE, Canvas, new_axes
from sim.table import Table


def plot_rows(ds: xr.Dataset, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    ax = new_axes(canvas=canvas) if ax is None else ax
    ax.plot(ds.attrs["rows"], 0, "o")
    return ax


FIGURE = Exhibit(
    "rows", "How many there are", "A dot.", plot_rows, lambda ds: Table("Rows", ("rows",), (("1",),)),
    section="families", order=25,
)
"""


@pytest.fixture
def dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Add a folder to that of the figures, as if what is dropped into it were dropped there."""
    place = tmp_path / "figures"
    place.mkdir()
    monkeypatch.setattr(folder, "__path__", [*folder.__path__, str(place)])
    return place


def test_a_new_figure_is_one_file(dropped: Path, tmp_path: Path) -> None:
    """It is public, drawn in its place, and in the report with its caption and table; nothing else is edited."""
    (dropped / "number_of_rows.py").write_text(NEW, encoding="utf-8")
    scenario = synthetic.scenario()
    ds: xr.Dataset = to_dataset(scenario, synthetic.layout(scenario), synthetic.records(scenario))
    assert "plot_rows" in sim.report.__all__
    assert sim.report.plot_rows(ds).lines
    drawn = draw_all(ds, tmp_path / "figures")
    names = [item.name for item in drawn]
    assert names[names.index("rows") - 1 : names.index("rows") + 2] == ["states", "rows", "bands"]
    assert (tmp_path / "figures" / "rows.png").is_file()
    write_report(tmp_path / "report.html", ds, summarise(ds), run_record(scenario), drawn)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert '<figure id="rows"' in page
    assert "<figcaption>A dot." in page


def test_two_figures_in_one_place_are_refused(dropped: Path) -> None:
    (dropped / "other_rows.py").write_text(NEW.replace("order=25", "order=20"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"other_rows and .*states have the same place in the report, order=20"):
        figures()


def test_every_figure_has_a_place_a_section_and_a_source_that_is_read() -> None:
    known = {"", BRIDGE, CHECKS, EVALUATED, FAMILIES}
    orders = [figure.order for figure in figures()]
    assert orders == sorted(set(orders))
    assert orders[0] > 0
    for figure in figures():
        assert isinstance(figure, Exhibit)
        assert figure.section in {"answer", *TITLES, *WITHIN}
        assert figure.source in known
    assert Extras().kept_in("") == []


def test_public_figures_are_those_that_were_promised() -> None:
    """Found by the text of the files, each resolves to a function of its name in the file that was named."""
    assert sorted(sim.report.__all__) == PUBLIC
    assert dir(sim.report) == PUBLIC
    for name in PUBLIC:
        assert getattr(sim.report, name).__name__ == name
    for name, module in plots().items():
        assert getattr(sim.report, name).__module__ == module


def test_every_topic_holds_figures() -> None:
    topics = {spec.name.removeprefix("sim.report.figures.").split(".")[0] for spec in modules()}
    assert topics == {"areas", "states", "waits", "money", "evidence"}
