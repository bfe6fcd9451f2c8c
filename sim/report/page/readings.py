"""What a run says under each reading of the evidence: what help saves, up to which price it pays, the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim.exhibits.numbers import MINUS, NEXT_TO_NOTHING, pounds
from sim.report.page.wording import years_words
from sim.results.summary import Summary

ACCOUNTS = {"one_episode": "one episode of help", "all_help": "all help", "programme": "whole programme"}
"""From the one that leads to the one that there always is."""
Figures = Mapping[str, Any]


@dataclass(frozen=True)
class ReadingFigures:
    """The account of a regime under one reading of the evidence that leads, and all of its accounts."""

    world: str
    account: str
    accounts: Mapping[str, Figures]
    ledgers: tuple[str, ...]
    """Those that count in its differences: what nobody has itemised does under a claim that is tested alone."""

    @property
    def regime(self) -> str:
        """Name the regime."""
        return regime_of(self.world)

    @property
    def effect_set(self) -> str:
        """Name the reading; nothing where the run has one."""
        return set_of(self.world)

    @property
    def figures(self) -> Figures:
        """Give the account that leads."""
        return self.accounts[self.account]

    @property
    def changes_nothing(self) -> bool:
        """Whether no family fares differently in anything that is counted."""
        return all(abs(saved["mean"]) < NEXT_TO_NOTHING for saved in self.figures["saved_per_family_helped"].values())

    @property
    def is_of_inputs(self) -> bool:
        """Whether intervals are those of the inputs."""
        return bool(self.figures["interval"] == "inputs")

    def saved(self, ledger: str) -> Figures:
        """Give what each family helped saves."""
        return _of(self.figures["saved_per_family_helped"], ledger)

    def cost(self, ledger: str) -> Figures:
        """Give what each family helped costs: posts, places in other services, assessments, setting up."""
        return _of(self.figures["cost_per_family_helped"], ledger)

    def price(self, ledger: str) -> Figures:
        """Give the price of posts at which nothing is gained or lost."""
        return _of(self.figures["break_even_price"], ledger)

    def net(self, ledger: str) -> float:
        """Give what is saved less what is spent, a family helped."""
        return float(self.saved(ledger)["mean"] - self.cost(ledger)["mean"])

    def cannot_be_told(self, ledger: str) -> bool:
        """Whether the interval holds both that it pays and that it does not."""
        ratio = _of(self.figures["bcr"], ledger)
        return ratio["low"] is not None and ratio["high"] is not None and ratio["low"] < 1.0 < ratio["high"]

    def verdict(self, ledger: str) -> str:
        """Say whether help pays for itself."""
        if self.changes_nothing:
            return "saves nothing"
        if self.cannot_be_told(ledger):
            return "may or may not pay for itself"
        return "pays for itself" if self.net(ledger) >= 0 else "costs more than it saves"

    @property
    def time(self) -> str:
        """Say for how long families are followed."""
        return years_words(self.figures["months"])


def regime_of(world: str) -> str:
    """Name the regime of a world."""
    return world.rpartition("/")[0] or world


def set_of(world: str) -> str:
    """Name the reading of a world; nothing where the run has one."""
    regime, _, name = world.rpartition("/")
    return name if regime else ""


def _of(figures: Figures, ledger: str) -> Figures:
    found: Figures = figures[ledger]
    return found


def readings(summary: Summary) -> list[ReadingFigures]:
    """List the readings of the last regime that has accounts, in the order of the run."""
    made = []
    for world, accounts in (summary.get("answer") or {}).items():
        there = {name: accounts[name] for name in ACCOUNTS if _is_known(accounts.get(name))}
        if there:
            held = summary["differences"].get(world, {}).get("cost_per_family_year")
            ledgers = held or there[next(iter(there))]["saved_per_family_helped"]
            made.append(ReadingFigures(world, next(iter(there)), there, tuple(ledgers)))
    return [one for one in made if one.regime == made[-1].regime]


def _is_known(account: Any) -> bool:
    """Whether there is such an account, with families to say something of."""
    return isinstance(account, dict) and all(
        one["mean"] is not None for one in account["saved_per_family_helped"].values()
    )


def headline_ledger(summary: Summary) -> str:
    """Name the ledger of the headline."""
    return str(summary["appraisal"]["terms"]["ledger"])


def span(estimate: Figures) -> str:
    """Write the ends of an interval in pounds; nothing where there is none."""
    if estimate["low"] is None or estimate["high"] is None:
        return ""
    return f"{pounds(estimate['low'])} to {pounds(estimate['high'])}".replace(MINUS, f"{MINUS}\N{WORD JOINER}")
