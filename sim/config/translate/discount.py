"""From the schema to discount schedules: the default one first, and none that the study's horizon is too short for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.config.check.problems import Findings, Key
from sim.config.schema.config import Config
from sim.config.text.library import nearest
from sim.config.translate.money import Rates, rates_of
from sim.language.evaluate import constant
from sim.model.appraisal import AppraisalSpec
from sim.model.spec import World


def discount_schedules(config: Config, findings: Findings) -> dict[str, Rates]:
    """Translate the discount schedules, the default one first."""
    schedules = {}
    for name, part in config.discount.schedules.items():
        for i, item in enumerate(part.rates):
            value = constant(item.rate.value)
            if value is None or not 0 <= value <= 1:
                findings.add(("discount", "schedules", name, "rates", i, "rate"), "must be a number from 0 to 1")
        schedules[name] = rates_of(part)
        years = [year for year, _ in schedules[name]]
        if years[0] != 0 or len(set(years)) < len(years):
            rule = (
                f"must give one rate from year 0 on and one from each later year, and has {', '.join(map(str, years))}"
            )
            findings.add(("discount", "schedules", name), rule)
    default = config.discount.default
    if default is not None and default not in schedules:
        there = list(schedules) or ["none is given"]
        message = f"must be one of the schedules: {', '.join(there)}{nearest(default, there)}"
        findings.add(("discount", "default"), message)
    return dict(sorted(schedules.items(), key=lambda item: item[0] != default))


def within_horizon(
    schedules: Mapping[str, Rates], config: Config, spec: AppraisalSpec, made: Sequence[World], findings: Findings
) -> dict[str, Rates]:
    """Leave out the schedules that are for longer horizons than the study's; refuse one of them where it is named."""
    if not made:
        return dict(schedules)
    clock = made[0].model.clock
    years = min(spec.horizon_years, clock.steps * clock.step_years)
    least = {name: part.horizon_above for name, part in config.discount.schedules.items() if part.horizon_above}
    absent = {name: above for name, above in least.items() if years <= above}
    named: list[tuple[Key, str]] = [(("discount", "default"), next(iter(schedules), ""))]
    named += [
        (("outcomes", name, "discount"), part.discount)
        for name, part in config.outcomes.items() if isinstance(part.discount, str)
    ]  # fmt: skip
    for path, name in named:
        if name in absent:
            findings.add(
                path,
                f"'{name}' is only for horizons above {absent[name]:g} years, and {years:g} are counted here "
                "('appraisal.horizon', at most the run); name another schedule",
            )
    return {name: rates for name, rates in schedules.items() if name not in absent}
