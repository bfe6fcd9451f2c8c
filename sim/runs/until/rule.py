"""What is to be known closely: a figure of the answer, written ``saved_per_family_helped within 2%``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import xarray as xr

from sim.economics.value.accounts import answers
from sim.economics.value.answer_block import answer_figures
from sim.economics.value.terms import terms_of
from sim.engine.solvers.families import layout
from sim.errors import ModelError, ResultError
from sim.model.compiled.accounts import ACCOUNTS, PROGRAMME, account_plan, why_no_accounts
from sim.model.spec import Scenario
from sim.runs.until.stopping import Precision

FIGURES = ("saved_per_family_helped", "cost_per_family_helped", "break_even_price", "bcr")
"""Those of ``answer`` in summary.json that have an interval in each ledger."""
SHAPE = "write FIGURE within AMOUNT, such as 'saved_per_family_helped within 2%' or 'break_even_price within £200'"
_RULE = re.compile(
    r"\s*(?P<path>\S+)\s+within\s+(?P<pound>£?)\s*(?P<amount>\d[\d,]*(?:\.\d+)?|\.\d+)\s*(?P<share>%?)\s*"
)


@dataclass(frozen=True)
class PrecisionRule:
    """A figure of one account of a world in one ledger, how close it is to be known, and the text that said so."""

    text: str
    world: str
    account: str
    figure: str
    ledger: str
    precision: Precision

    def found(self, ds: xr.Dataset) -> tuple[float, float]:
        """Give the figure of a run, and half of its interval of chance; infinite where that has no end.

        Raises
        ------
        ResultError
            If the figure is no number, since nobody is helped.
        """
        terms = terms_of(ds)
        account: Any = answer_figures(ds, answers(ds, terms), terms)["answer"]
        held: Mapping[str, Any] = account.get(self.world, {}).get(self.account, {}).get(self.figure, {})
        told = held.get(self.ledger, {})
        if told.get("mean") is None:
            raise ResultError(f"{self.figure} of {self.world} ({self.account}) is no number here: nobody is helped")
        mean, chance = float(told["mean"]), told.get("chance", told)
        ends = [chance["low"], chance["high"]]
        return mean, max((math.inf if end is None else abs(end - mean)) for end in ends)


def rule_of(text: str, scenario: Scenario) -> PrecisionRule:
    """Read a rule.

    Parameters
    ----------
    text
        ``[WORLD.][ACCOUNT.]FIGURE[.LEDGER] within AMOUNT``; an amount is pounds, or with % a share of the figure. What
        is left out is the headline's: the first reading of the last regime, the account that leads, its ledger.
    scenario
        Whose answer it is.

    Raises
    ------
    ModelError
        With what is given and what there is, where it is not of that shape or the scenario has no such figure.
    """
    found = _RULE.fullmatch(text)
    if found is None:
        raise ModelError(f"--until: given '{text}'; {SHAPE}")
    amount, is_share = float(found["amount"].replace(",", "")), bool(found["share"])
    if not amount > 0 or (is_share and found["pound"]):
        raise ModelError(f"--until: given '{text}', which is no width above 0; {SHAPE}")
    if scenario.solver == "expect":
        raise ModelError("--until: expected values have no chance in them; use --solver simulate")
    plan = account_plan(scenario)
    if plan is None:
        raise ModelError(f"--until: the run has no answer to hold it to: {why_no_accounts(scenario)}")
    worlds = [world.name for world in scenario.worlds if world.name in plan.services]
    last = scenario.world(worlds[-1]).regime
    lead = next(name for name in worlds if scenario.world(name).regime == last)
    accounts = (*ACCOUNTS, PROGRAMME) if plan.follow_up else (PROGRAMME,)
    ledgers = layout(scenario).ledgers
    before, figure, after = _parted(text, found["path"])
    ledger = scenario.appraisal.ledger if scenario.appraisal.ledger in ledgers else ledgers[0]
    named = {"world": lead, "account": accounts[0], "ledger": ledger}
    for part in before:
        named["world" if part in worlds else "account"] = _known(text, part, (*worlds, *accounts))
    for part in after:
        named["ledger"] = _known(text, part, ledgers)
    share = amount / 100.0 if is_share else amount
    return PrecisionRule(text.strip(), figure=figure, precision=Precision(share, is_share), **named)


def _parted(text: str, path: str) -> tuple[list[str], str, list[str]]:
    """Part a path at its figure: what stands before it, the figure, and what stands after it."""
    parts = path.split(".")
    at = next((i for i, part in enumerate(parts) if part in FIGURES), -1)
    if not (0 <= at <= 2 and len(parts) <= at + 2):
        raise ModelError(
            f"--until: '{text}' names no figure that has an interval; those are {', '.join(FIGURES)}, with [WORLD.]"
            "[ACCOUNT.] before and [.LEDGER] after where it is not the headline's"
        )
    return parts[:at], parts[at], parts[at + 1 :]


def _known(text: str, part: str, known: Sequence[str]) -> str:
    """Give a part of the path, if it is one of those that there are."""
    if part not in known:
        raise ModelError(f"--until: '{text}' names '{part}'; there is {', '.join(known)}")
    return part
