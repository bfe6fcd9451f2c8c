"""The levers of a study, one function each; leaves out moving them: see ``position``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sim.app.levers.lever import (
    AS_IT_IS,
    BEHAVIOUR,
    BELIEVE,
    COST,
    COUNT,
    DO,
    PRICES,
    SHOWN,
    STUDY,
    WHERE,
    Settings,
    StudyLever,
    Value,
    choice,
    in_regime,
    number,
    of_figure,
)
from sim.app.levers.study import OpenStudy, place
from sim.app.levers.texts import TEXTS
from sim.config.text.source import Tree, plain

DOSES = {
    "as_measured": "as measured, whatever the caseload", "in_proportion": "in proportion to hours with each family",
    "in_proportion_capped": "in proportion, and no stronger than measured",
}  # fmt: skip
"""Readings of a dose (configs/model/services.yaml), in words."""


def levers(study: OpenStudy) -> tuple[StudyLever, ...]:
    """Give the levers of a study in their order: those whose figure it has."""
    makers = (_reading, _effect, _lasting, _dose, _caseload, _posts, _post_price, _care_price, _against, _horizon,
              _discount, _ledger, _bias, _cash_lag, _cash_unit, _area, _prices)  # fmt: skip
    return tuple(lever for lever in (make(study) for make in makers) if lever is not None)


def _reading(study: OpenStudy) -> StudyLever | None:
    """Make the lever of the reading of the evidence."""

    def settings(value: Value) -> Settings:
        return {"effect_set": [value, *(name for name in study.readings if name != value)]}

    return choice(
        "reading", "Reading of the evidence", BELIEVE, BEHAVIOUR, study.readings[0],
        {name: study.titles.reading(name) for name in study.readings},
        TEXTS["reading"],
        settings, "the evidence sets of the library (docs/evidence.md)",
    )  # fmt: skip


def _effect(study: OpenStudy) -> StudyLever | None:
    """Make the lever of how strong the key worker's own effects are."""
    parameters = study.tree.mapping.get("parameters")
    dose = parameters.mapping.get("kw_dose") if parameters is not None else None
    if dose is None:
        return None
    written = plain(dose.mapping.get("value", dose))

    def settings(value: Value) -> Settings:
        return {in_regime(study, "parameters.kw_dose.value"): f"{number(value)} / 100 * ({written})"}

    return StudyLever(
        "effect", "Strength of the effect", BELIEVE, BEHAVIOUR, "% of the reading's", 100.0, None, None, (0, 150), 5,
        {}, True, "what the chosen reading says; no interval was published",
        TEXTS["effect"],
        settings,
    )  # fmt: skip


def _lasting(study: OpenStudy) -> StudyLever | None:
    """Make the lever of how long effects last."""
    return of_figure(
        study, "lasting", "How long it lasts after help ends", BELIEVE, BEHAVIOUR,
        f"services.{study.helper}.aftercare.mean", (1, 48), 1,
        TEXTS["lasting"], in_the_regime=True,
    )  # fmt: skip


def _caseload(study: OpenStudy) -> StudyLever | None:
    """Make the lever of families per key worker."""
    team = study.tree.mapping["services"].mapping[study.helper].mapping.get("team")
    held = team.mapping.get("caseload") if team is not None else None
    own = f"services.{study.helper}.team.caseload.value"
    path = f"parameters.{held.value}.value" if held is not None and isinstance(held.value, str) else own
    return of_figure(
        study, "caseload", "Families for each key worker", DO, BEHAVIOUR, path, (3, 20), 0.5,
        TEXTS["caseload"], "families",
        in_the_regime=True,
    )  # fmt: skip


def _dose(study: OpenStudy) -> StudyLever | None:
    """Make the lever of how strong help is in a design with another caseload than the one that was measured."""
    parameters = study.tree.mapping.get("parameters")
    held = parameters.mapping.get("dose") if parameters is not None else None
    if held is None or not isinstance(held.value, str) or held.value not in DOSES:
        return None
    return choice(
        "dose", "Strength at another caseload", BELIEVE, BEHAVIOUR, held.value, DOSES,
        TEXTS["dose"],
        lambda value: {in_regime(study, "parameters.dose"): value}, "an assumption: nobody has measured it",
    )  # fmt: skip


def _posts(study: OpenStudy) -> StudyLever | None:
    """Make the lever of how many key workers there are, their build-up in proportion."""
    regimes = study.tree.mapping["regimes"].mapping
    held = regimes[study.regime].mapping.get("set")
    team = f"services.{study.helper}.team"
    if held is None or f"{team}.workers" not in held.mapping:
        return None
    first = plain(held.mapping[f"{team}.workers"])
    funding = held.mapping.get(f"{team}.funding")
    later = [dict(plain(item)) for item in funding.items] if funding is not None else []
    last = float((later[-1]["workers"] if later else first)["total"]) * study.of_all

    def settings(value: Value) -> Settings:
        share = float(value) / last

        def scaled(level: Mapping[str, float]) -> dict[str, float]:
            return {key: posts * share for key, posts in level.items()}

        found: Settings = {in_regime(study, f"{team}.workers"): scaled(first)}
        if later:
            steps = [{"from": str(one["from"]), "workers": scaled(one["workers"])} for one in later]
            found[in_regime(study, f"{team}.funding")] = steps
        return found

    return StudyLever(
        "posts", "Key workers in post", DO, BEHAVIOUR, "posts", last, None, None, (last / 4, last * 2), last / 100, {},
        True, "the posts of the study once they are filled; they are built up in the same proportions",
        TEXTS["posts"],
        settings,
    )  # fmt: skip


def _post_price(study: OpenStudy) -> StudyLever | None:
    """Make the lever of what a post costs, at the prices in which the study writes it."""
    posts = [line for line in _lines(study) if str(plain(line.mapping.get("per", line))) == f"{study.helper}.worker"]
    if not posts:
        return None
    path = f"costs.{posts[0].mapping['name'].value}.price.value"
    return of_figure(
        study, "post_price", "Price of a post", COST, PRICES, path, (1500, 9000), 25,
        TEXTS["post_price"], "£ a month",
    )  # fmt: skip


def _care_price(study: OpenStudy) -> StudyLever | None:
    """Make the lever of what one year in care less saves."""
    return of_figure(
        study, "care_price", "A year in care: what one child less saves", COST, PRICES,
        "costs.children looked after.times.value", (0.25, 1.25), 0.05,
        TEXTS["care_price"], "of the average price",
    )  # fmt: skip


def _against(study: OpenStudy) -> StudyLever | None:
    """Make the lever of what the regime is held against."""
    names = (study.baseline, *study.others)
    return choice(
        "against", "Held against", COUNT, SHOWN, study.baseline, {name: study.titles.regime(name) for name in names},
        TEXTS["against"],
        lambda value: {}, "the regimes of the study",
    )  # fmt: skip


def _horizon(study: OpenStudy) -> StudyLever | None:
    """Make the lever of the years counted."""
    return of_figure(
        study, "horizon", "Years counted", COUNT, PRICES, "appraisal.horizon.value", (1, 9), 1,
        TEXTS["horizon"],
    )  # fmt: skip


def _discount(study: OpenStudy) -> StudyLever | None:
    """Make the lever of the discount schedule."""
    held = study.tree.mapping.get("discount")
    if held is None or "default" not in held.mapping or "schedules" not in held.mapping:
        return None
    schedules = held.mapping["schedules"].mapping
    named = {name: _title_of(one, name) for name, one in schedules.items()}
    return choice(
        "discount", "Discounting", COUNT, PRICES, str(held.mapping["default"].value), named,
        TEXTS["discount"],
        lambda value: {"discount.default": value}, "the schedules of the study (configs/costs/discount.yaml)",
    )  # fmt: skip


def _title_of(tree: Tree, name: str) -> str:
    """Give the title of something, or its name."""
    return str(plain(tree.mapping["title"])) if "title" in tree.mapping else name


def _ledger(study: OpenStudy) -> StudyLever | None:
    """Make the lever of the ledger."""
    held = study.tree.mapping.get("appraisal")
    ledgers = list(dict.fromkeys(str(name.value) for line in _lines(study) for name in _ledgers_of(line)))
    if held is None or "ledger" not in held.mapping:
        return None
    return choice(
        "ledger", "Ledger", COUNT, PRICES, str(held.mapping["ledger"].value),
        {name: name.replace("_", " ") for name in ledgers},
        TEXTS["ledger"],
        lambda value: {"appraisal.ledger": value}, "the cost lines of the study",
    )  # fmt: skip


def _lines(study: OpenStudy) -> tuple[Tree, ...]:
    """Give the cost lines."""
    held = study.tree.mapping.get("costs")
    return held.items if held is not None else ()


def _ledgers_of(line: Tree) -> tuple[Tree, ...]:
    """Give the ledgers of a cost line."""
    held = line.mapping.get("ledger")
    return (held.items or (held,)) if held is not None else ()


def _bias(study: OpenStudy) -> StudyLever | None:
    """Make the switch of optimism bias."""
    held = study.tree.mapping.get("appraisal")
    bias = held.mapping.get("optimism_bias") if held is not None else None
    if bias is None or "apply" not in bias.mapping:
        return None
    default = "on" if bias.mapping["apply"].value else "off"
    return choice(
        "bias", "Optimism bias", COUNT, PRICES, default, {"off": "off", "on": "on"},
        TEXTS["bias"],
        lambda value: {"appraisal.optimism_bias.apply": value == "on"}, "an assumption (configs/appraisal)",
    )  # fmt: skip


def _cash_lag(study: OpenStudy) -> StudyLever | None:
    """Make the lever of how long a saving takes to be cash."""
    return of_figure(
        study, "cash_lag", "Months until a care place is closed", COUNT, PRICES,
        "appraisal.cashability.care_placements.lag.value", (0, 36), 1,
        TEXTS["cash_lag"],
    )  # fmt: skip


def _cash_unit(study: OpenStudy) -> StudyLever | None:
    """Make the lever of how many places are closed together."""
    lever = of_figure(
        study, "cash_unit", "Care places closed together", COUNT, PRICES,
        "appraisal.cashability.care_placements.capacity.value", (1, 12), 1,
        TEXTS["cash_unit"],
    )  # fmt: skip
    return None if lever is None else replace(lever, unit="")


def _area(study: OpenStudy) -> StudyLever | None:
    """Make the lever of the area: all of them, or one that is a real place."""
    named = {name: place(name) for name in sorted(study.areas)}
    return choice(
        "area", "Area", WHERE, STUDY, AS_IT_IS, {AS_IT_IS: "all areas", **named},
        TEXTS["area"],
        lambda value: {"areas_taken": [value]}, "the areas of the study that are real places",
    )  # fmt: skip


def _prices(study: OpenStudy) -> StudyLever | None:
    """Make the lever of the prices, and of the time whose levels hold; a layer or a study, and no setting."""
    own = "as the study has them" if study.stands_at else f"{study.price_year}, as the study has them"
    return choice(
        "prices", "Prices and levels", WHERE, STUDY, AS_IT_IS, {AS_IT_IS: own, **study.prices},
        TEXTS["prices"],
        lambda value: {}, "configs/costs_2025 (docs/evidence.md, section 12)",
    )  # fmt: skip
