"""Names in the library stay: whoever typed or extended one finds the same file again. No theory: a promise to users.

A name may be added; one that is listed here is never taken away or given to another file.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.config.loading import tree_of
from sim.config.text.library import find, names
from sim.config.text.source import read
from sim.places import installed_configs

ROOM = {
    "": "sanity",
    "appraisal": "answer appraisal card doubt funds income_weight optimism_bias payment_by_results published "
    "spending_reviews",
    "areas_2025": "alone begin fitted flows",
    "assurance": "intended_use",
    "calibrated": "national",
    "calibration": "national observed",
    "costs": """agencies benefits cashability children deflators deflators_2026 discount discount_2026 health housing
        justice services universal""",
    "costs_2025": "observed placements prices uprated",
    "evaluation": "designs few_helped",
    "evidence_sets": "access_only claimed_bound measured measured_as_key_worker measured_face_value no_effect "
    "today_claimed today_measured",
    "model": "areas children effects england families family_support_as_key_worker needs population services",
    "model/loops": "burn_out crowding_out invest_to_save",
    "model/today": "appraisal areas care costs england population services today_alike",
    "model/today/regimes": "edge_of_care family_group_decisions family_help separate",
    "model/regimes": """best_use best_use_as_key_worker best_use_tenth integrated one_assessment one_queue phase_two
        several_needs siloed siloed_same_money smaller_caseloads""",
    "scenarios": """advocate as_key_worker calibrated care_at_home childrens_mental_health community_budgets demo
        drinkers_and_drug_users edge_of_care family_intervention housing_providers into_work ladder leicestershire life
        local_integrated_services loops national national_2025_prices neighbourhood_budgets october_2011 one_area
        phase_two phase_two_as_key_worker sceptic short_sentences telecare tenth today troubled_families whole_place""",
    "targets": "children claims entry levels programme",
    "textbook": """absorbing annuity annuity_end annuity_half_cycle annuity_monthly annuity_simpson annuity_weights
        competing competing_yearly coupled dynamics_cooling_cup dynamics_epidemic dynamics_supply_line erlang
        family_children hip_replacement hiv hiv_half_cycle lifetable one_child queue_delay queue_patience
        queue_stroke_unit regular scales sick_sicker sick_sicker_age sojourn sojourn_memory stationary_start""",
}
NAMES = [f"{room}/{name}".lstrip("/") for room, held in ROOM.items() for name in held.split()]
BARE = {name.rsplit("/", 1)[-1]: name for name in reversed(NAMES)}
"""What a bare name finds: the first room that has it, in the order above, but for those below."""
BARE |= {name: f"scenarios/{name}" for name in ("edge_of_care", "national", "phase_two")}
EXTENDED = {
    "scenarios/advocate": ["scenarios/national"],
    "scenarios/loops": ["scenarios/national", "model/loops/crowding_out", "model/loops/burn_out",
                        "model/loops/invest_to_save"],
    "scenarios/neighbourhood_budgets": ["scenarios/whole_place"],
    "scenarios/national_2025_prices": ["scenarios/national", "costs_2025/prices"],
    "costs_2025/prices": ["costs/deflators_2026", "costs/discount_2026", "costs_2025/observed", "costs_2025/uprated"],
    "scenarios/calibrated": ["scenarios/national", "calibrated/national"],
    "scenarios/demo": ["model/families", "model/regimes/siloed", "model/regimes/integrated"],
    "scenarios/telecare": ["costs/deflators"],
    "model/england": ["model/families", "model/areas"],
    "calibration/observed": ["model/families", "model/regimes/siloed"],
    "evaluation/designs": ["model/families", "model/regimes/siloed", "model/regimes/integrated"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask from a folder that has no library of its own."""
    monkeypatch.chdir(tmp_path)


def name_of(path: Path | None) -> str:
    assert path is not None
    return path.resolve().relative_to(installed_configs()).with_suffix("").as_posix()


def extended(path: Path) -> list[str]:
    """Name the files that a config extends."""
    asked = read(path).mapping.get("extends")
    items = (asked.items or (asked,)) if asked is not None else ()
    return [name_of(find(str(item.value), path.parent)) for item in items]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_finds_its_file_with_and_without_suffix(name: str) -> None:
    assert name_of(find(name)) == name
    assert name_of(find(f"{name}.yaml")) == name
    assert name in names()


@pytest.mark.parametrize("name", BARE)
def test_a_bare_name_finds_one_file(name: str) -> None:
    assert name_of(find(name)) == BARE[name]
    assert find(name, Path("nowhere")) == find(name)


def test_all_that_the_library_extends_is_in_it() -> None:
    found = {name: extended(installed_configs() / f"{name}.yaml") for name in NAMES}
    assert {name: found[name] for name in EXTENDED} == EXTENDED
    assert {below for listed in found.values() for below in listed} <= set(NAMES)


def test_a_config_of_ones_own_extends_any_of_them(tmp_path: Path) -> None:
    """Each by its name, as a user would write it; a file beside the config comes before the library."""
    own = tmp_path / "own.yaml"
    for name in ("demo", "textbook/hiv", "evidence_sets/measured.yaml", "costs/deflators", "model/loops/burn_out.yaml"):
        own.write_text(f"extends: {name}\ntitle: My own\n", encoding="utf-8")
        assert extended(own) == [BARE.get(name, name.removesuffix(".yaml"))]
        assert tree_of(own).mapping["title"].value == "My own"
    (tmp_path / "demo.yaml").write_text("title: Another\n", encoding="utf-8")
    assert find("demo.yaml", tmp_path) == tmp_path / "demo.yaml"
