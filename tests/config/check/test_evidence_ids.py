"""Check that published figures in configs agree with the register and with the database they come from.

The theory is bookkeeping: an id resolves, shares sum to one, a price equals the line it cites, and the level
of cost added up by hand in docs/evidence.md follows from the configs. Nothing here runs the simulation.
"""

import csv
import itertools
import re
import runpy
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.places import ROOT

CONFIGS = ROOT / "configs"
COSTS = CONFIGS / "costs"
AREAS = CONFIGS / "model" / "areas.yaml"
EVIDENCE = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
UNITS_PER_YEAR = {"gbp": 1.0, "gbp/year": 1.0, "gbp/month": 12.0, "gbp/week": 365.25 / 7}
POST_COST = re.compile(r"^(\S+): ([\d.]+) gbp (?:an hour x (\d+) hours a year|a year) / 12 months$")


@cache
def read(path: Path) -> Any:
    """Load one YAML file with YAML 1.2 rules, as the program does."""
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def study_files() -> list[Path]:
    """All configs except textbook and test models, whose sources are publications of their own."""
    return [p for p in sorted(CONFIGS.rglob("*.yaml")) if "\nsources: optional" not in p.read_text(encoding="utf-8")]


def nodes(tree: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Walk every mapping of a tree with its key path."""
    if isinstance(tree, dict):
        yield path, tree
        for key, value in tree.items():
            yield from nodes(value, f"{path}.{key}")
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from nodes(value, f"{path}[{number}]")


def registered_ids() -> list[str]:
    """Ids of the register: the text after the anchor in the first cell of a table row."""
    return re.findall(r'^\| <a id="[^"]+"></a>(.+?) \|', EVIDENCE, re.MULTILINE)


def cost_lines() -> list[dict[str, Any]]:
    """All cost lines of configs/costs."""
    return [line for path in sorted(COSTS.glob("*.yaml")) for line in read(path).get("costs", [])]


def extract() -> dict[str, dict[str, str]]:
    """Read the database lines that the cost files use, by code."""
    with (COSTS / "gmca_v1.4_extract.csv").open(encoding="utf-8", newline="") as handle:
        return {row["code"]: row for row in csv.DictReader(handle)}


def yearly_price(line: dict[str, Any], price_year: str) -> float:
    """Price of a year in a state (or of one event) after `times`, in pounds of the given price year."""
    index = read(COSTS / "deflators.yaml")["deflators"]["values"]
    price = line["price"]
    times = line.get("times", {}).get("value", 1)
    per_year = UNITS_PER_YEAR[price["unit"]]
    return float(price["value"] * per_year * times * index[price_year] / index[price["price_year"]])


def hand_build_up() -> list[list[str]]:
    """Rows of the table of section 8: file, line, ledger, price, two amounts, two costs."""
    section = EVIDENCE[EVIDENCE.index("## 8. ") :]
    tables = [row for row in section.splitlines() if row.startswith("|")]
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in tables]
    return [row for row in rows if len(row) == 8 and row[2] in {"wide", "narrow, wide", "with_unitemised"}]


def test_ids_of_the_register_are_unique() -> None:
    ids = registered_ids()
    assert len(ids) == len(set(ids)) > 100


@pytest.mark.parametrize("path", study_files(), ids=lambda p: str(p.relative_to(CONFIGS)))
def test_every_source_resolves_or_is_an_assumption_with_a_reason(path: Path) -> None:
    known = set(registered_ids())
    for where, node in nodes(read(path)):
        if not isinstance(node.get("source"), str):
            continue
        if node["source"] == "calibration":  # found from targets, each of which has a source
            assert path.parent.name == "calibrated", f"{path.name}{where}: calibration is a source of calibrated layers"
            continue
        if node["source"] == "assumption":
            assert str(node.get("why", "")).strip(), f"{path.name}{where}: an assumption needs `why`"
        else:
            assert node["source"] in known, f"{path.name}{where}: {node['source']} is not in docs/evidence.md"


def test_register_points_at_nothing_outside_the_repository() -> None:
    for word in ("shared/", "/work/", "[OWN]", "[CALC]", "[U]", "[P:"):
        assert word not in EVIDENCE


def test_cost_lines_have_unique_names_and_one_trigger() -> None:
    lines = cost_lines()
    names = [line["name"] for line in lines]
    assert len(names) == len(set(names))
    for line in lines:
        assert len({"while", "on", "per"} & set(line)) == 1, line["name"]
        assert line["ledger"] in (["narrow", "wide"], ["wide"], ["with_unitemised"]), line["name"]


def test_crisis_is_priced_by_what_nobody_has_itemised_alone() -> None:
    """The hub has no unit cost: all that it leads to has; no line that is not itemised follows an open case."""
    for line in cost_lines():
        trigger = line.get("while") or line.get("on") or line["per"]
        assert ("crisis" in trigger) == (line["name"] == "unitemised cost of crisis")
        if line["ledger"] == ["with_unitemised"]:
            assert "care" not in trigger


def test_payers_are_known_agencies_and_sum_to_one() -> None:
    agencies = read(COSTS / "agencies.yaml")["agencies"]
    for line in cost_lines():
        assert set(line["payers"]) <= set(agencies), line["name"]
        assert sum(line["payers"].values()) == pytest.approx(1.0, abs=1e-12), line["name"]
    paying = {agency for line in cost_lines() for agency in line["payers"]}
    assert paying == set(agencies)


def test_ranges_hold_their_values() -> None:
    for line in cost_lines():
        for key in ("price", "times"):
            if key in line:
                number = line[key]
                assert number["low"] <= number["value"] <= number["high"], f"{line['name']}.{key}"


def test_transfers_are_annually_managed_and_resources_are_not() -> None:
    for line in cost_lines():
        assert (line["kind"] == "transfer") == (line["control"] == "AME"), line["name"]


def test_database_prices_equal_the_extract() -> None:
    rows = extract()
    used = set()
    for line in cost_lines():
        price = line["price"]
        if not price["source"].startswith("G "):
            continue
        row = rows[price["source"][2:]]
        used.add(row["code"])
        assert price["price_year"] == row["orig_year"], line["name"]
        if "per" in line:
            found = POST_COST.match(price["locator"])
            assert found is not None, f"{line['name']}: the locator must show the post cost"
            code, original, hours = found.groups()
            assert (code, float(original)) == (row["code"], float(row["fiscal_orig"])), line["name"]
            assert price["value"] == pytest.approx(float(original) * float(hours or 1) / 12, abs=0.5)
        else:
            assert price["value"] == float(row["fiscal_orig"]), line["name"]
    assert used == set(rows), "the extract holds only the lines that are used"


def test_prices_quoted_in_the_register_equal_the_extract() -> None:
    for code, row in extract().items():
        found = re.search(rf"</a>G {re.escape(code)} \|.*\| ([\d,.]+) \| (\S+) \| ([\d,.]+) \|", EVIDENCE)
        assert found is not None, code
        original, year, recent = found.groups()
        assert float(original.replace(",", "")) == pytest.approx(float(row["fiscal_orig"]), abs=0.005), code
        assert year == row["orig_year"], code
        assert float(recent.replace(",", "")) == pytest.approx(float(row["fiscal_2015_16"]), abs=0.005), code


def test_deflators_reproduce_the_published_2015_16_prices() -> None:
    # The extract rounds to the penny, the index has two decimals: 0.01% of a price, a penny for small ones.
    index = read(COSTS / "deflators.yaml")["deflators"]["values"]
    for code, row in extract().items():
        price = float(row["fiscal_orig"]) * index["2015/16"] / index[row["orig_year"]]
        assert price == pytest.approx(float(row["fiscal_2015_16"]), rel=1e-4, abs=0.011), code


def test_no_code_is_priced_beside_its_own_sub_line() -> None:
    codes = {line["price"]["source"][2:] for line in cost_lines() if line["price"]["source"].startswith("G ")}
    for parent, child in itertools.permutations(codes, 2):
        # A dot is needed: SS18.10 is a sibling of SS18.1, not its part.
        assert not child.startswith(f"{parent}."), f"{child} is part of {parent}"
    assert not codes & {"CR2.0", "SS5.0", "E&S1.0", "E&S2.0", "CR8.0", "E&E1.0"}


def test_one_member_of_an_overlap_group_is_priced_in_a_ledger() -> None:
    seen: set[tuple[str, str]] = set()
    for line in cost_lines():
        for ledger in line["ledger"] if "overlaps" in line else []:
            assert (line["overlaps"], ledger) not in seen, line["name"]
            seen.add((line["overlaps"], ledger))


def test_hand_build_up_follows_from_the_configs() -> None:
    lines = {line["name"]: line for line in cost_lines()}
    rows = hand_build_up()
    assert {row[1] for row in rows} == set(lines)
    totals = {(ledger, column): 0.0 for ledger in ("narrow", "wide", "with_unitemised") for column in (0, 1)}
    for _, name, ledgers, price, *cells in rows:
        assert ledgers == ", ".join(lines[name]["ledger"]), name
        computed = yearly_price(lines[name], "2012/13")
        assert computed == pytest.approx(float(price.replace(",", "")), abs=0.51), name
        for column, amount in enumerate(cells[:2]):
            for ledger in lines[name]["ledger"]:
                totals[ledger, column] += computed * float(amount)
    stated = re.search(r"\*\*all, 2012/13 prices\*\* \|(.*)\|", EVIDENCE)
    assert stated is not None
    printed = [float(cell.strip(" *").replace(",", "")) for cell in stated.group(1).split("|")]
    expected = [totals[key] for key in (("narrow", 0), ("narrow", 1), ("wide", 0), ("wide", 1))]
    # Amounts are printed with four significant digits.
    assert printed == pytest.approx(expected, rel=1e-3)
    entrants_narrow, average_narrow, _, average_wide = expected
    stated = re.search(r"with what is not itemised, 2012/13 prices \| \| \| ([\d,]+) \| ([\d,]+) \|", EVIDENCE)
    assert stated is not None
    whole = [totals["wide", column] + totals["with_unitemised", column] for column in (0, 1)]
    assert [float(cell.replace(",", "")) for cell in stated.groups()] == pytest.approx(whole, rel=1e-3)
    average_wide = whole[1]
    assert 23_000 <= entrants_narrow <= 29_000
    assert 8_000 <= average_narrow < entrants_narrow
    assert 60_000 <= average_wide <= 83_000


def test_areas_sum_to_the_families_and_carry_sources() -> None:
    areas = read(AREAS)["units"]["family"]["areas"]
    named = {name: area for name, area in areas.items() if not name.startswith("synthetic_")}
    sizes = [area["value"] if isinstance(area, dict) else area for area in areas.values()]
    assert len(areas) == 152
    assert sum(sizes) == 120_000
    assert all(isinstance(size, int) and size > 0 for size in sizes)
    assert all(area["source"] in registered_ids() for area in named.values())


def test_areas_file_is_reproduced_by_its_documented_program(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "areas.md").read_text(encoding="utf-8")
    block = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert block is not None
    script = tmp_path / "areas_program.py"
    script.write_text(block.group(1), encoding="utf-8")
    program = runpy.run_path(str(script))
    assert program["areas_file"]() == AREAS.read_text(encoding="utf-8")
