"""Names in CSV files are never read as missing: by pandas with its defaults, which take more words so than R does."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pandas as pd
import pytest
import xarray as xr

from sim.cli.run import command as run
from sim.config import load
from sim.config.schema.readers import MISSING_WORDS
from sim.errors import ModelError
from sim.model.spec import AS_WRITTEN
from sim.report.extras import read_extras
from sim.results.facts import facts_of
from sim.results.folder.store import read_results
from sim.results.worlds import of_world, world_names

WITHOUT_SETS = """
title: Two regimes and no effect set
sources: optional
replications: 2
clock: {step: month, steps: 12, start: 2011-04}
units: {family: {size: 60, areas: {north: 0.5, south: 0.5}}}
chains: {drink: {states: [none, heavy], start: {heavy: 0.5}, rates: {none -> heavy: 0.5, heavy -> none: 1}}}
services:
  clinic:
    kind: discretionary
    refer: {when: drink == heavy, rate: 4}
    engaged: {mean: 3 months}
    team: {workers: {total: 2}, caseload: 5}
effects: [{name: helps, on: drink.improve, when: clinic == engaged, times: 2}]
costs: [{name: heavy, while: drink == heavy, price: 1000, payers: {council: 1}}]
outcomes: {months_heavy: {discount: 0}}
values: [{while: drink == heavy, months_heavy: 1}]
regimes: {usual: {}, more: {set: {services.clinic.team.workers: {total: 4}}}}
"""
NAMES = (
    "regime", "effect_set", "against", "ledger", "agency", "line", "area", "service", "account", "chain", "state",
    "outcome", "what", "tier", "kind", "control",
)  # fmt: skip
"""Columns in which a name stands in every row of a table that has them, but for agencies of what nobody pays."""
EMPTY = {("areas.csv", "agency"), ("summary.csv", "against"), ("summary.csv", "ledger")}


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "plain.yaml"
    path.write_text(WITHOUT_SETS, encoding="utf-8")
    return path


def test_pandas_finds_every_name(plain: Path, tmp_path: Path) -> None:
    run(str(plain), tmp_path / "out", workers=1, quiet=True)
    files = sorted((tmp_path / "out").glob("*.csv"))
    assert {"ledger.csv", "areas.csv", "waits.csv", "ledger_monthly.csv"} <= {file.name for file in files}
    for file in files:
        table = pd.read_csv(file)
        for column in [name for name in NAMES if name in table.columns and (file.name, name) not in EMPTY]:
            assert not table[column].isna().any(), f"{file.name}: {column}"
        if "effect_set" in table.columns and len(table):
            assert set(table["effect_set"]) == {AS_WRITTEN}
            assert table.groupby("effect_set").size().sum() == len(table)


def test_every_default_of_pandas_is_a_word_that_no_name_may_be() -> None:
    from pandas._libs.parsers import STR_NA_VALUES

    assert {word.lower() for word in STR_NA_VALUES} - {""} <= MISSING_WORDS


@pytest.mark.parametrize("word", ["NA", "na", "N/A", "n/a", "NaN", "nan", "None", "null", "NULL"])
@pytest.mark.parametrize(
    "setting",
    [
        "regimes.'{}'={{title: x}}", "units.family.areas.'{}'=0", "agencies.'{}'=x",
        "costs=[{{name: '{}', per: family, price: 1}}]",
        "costs.heavy.payers={{'{}': 1}}", "effect_sets.'{}'={{title: x}}", "parameters.'{}'=1",
        "chains.'{}'={{states: [a, b]}}", "chains.new={{states: [a, '{}']}}",
        "services.'{}'={{kind: statutory, refer: {{when: always, rate: 1}}, respond: 1 month}}",
    ],
)  # fmt: skip
def test_such_words_are_refused_as_names(setting: str, word: str, plain: Path) -> None:
    with pytest.raises(ModelError) as caught:
        load(plain, [setting.format(word)])
    said = "\n".join(map(str, caught.value.problems))
    assert "for a missing value" in said or "must be a name" in said or "is not in 'units.family.areas'" in said


@pytest.mark.parametrize("setting", ["effect_set=null", 'effect_set="null"', "effect_set=as_written"])
def test_the_old_name_of_no_set_is_still_understood(setting: str, plain: Path) -> None:
    assert [world.effect_set for world in load(plain, [setting]).worlds] == [AS_WRITTEN, AS_WRITTEN]


def test_no_effect_set_may_have_the_name(plain: Path) -> None:
    with pytest.raises(ModelError, match="choose another name"):
        load(plain, ["effect_sets.as_written={title: mine}"])


def test_results_of_before_are_read_with_the_name_of_now(tmp_path: Path) -> None:
    archive = Path(__file__).with_name("folder") / "finished_before.tar.xz"
    with tarfile.open(archive) as file:
        file.extractall(tmp_path, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    folder = tmp_path / "finished_before"
    with xr.open_dataset(folder / "results.nc", engine="netcdf4") as before:
        assert before["effect_set"].values.tolist() == ["null"]
    ds, _, _ = read_results(folder)
    assert ds["effect_set"].values.tolist() == [AS_WRITTEN]
    assert {world.effect_set for world in facts_of(ds).worlds} == {AS_WRITTEN}
    assert all(of_world(ds, world, "cost").size for world in world_names(ds))
    assert read_extras(folder) is not None
