"""Ledgers that hold the same cost lines agree to the penny in every account: one of them is told, and why.

Files for scripts keep all of them; what people read (page, workbook, terminal) is made from what ``told_once`` gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr

from sim.exhibits.sentences import sentence
from sim.report.page.wording import ledger_words
from sim.results.costs import ledgers_alike
from sim.results.summary import Summary

ALIKE = "ledgers_alike"


def told_once(ds: xr.Dataset, summary: Summary) -> tuple[xr.Dataset, Summary]:
    """Give a run and its summary without ledgers that hold the lines of another one, which is told in their place."""
    alike = ledgers_alike(ds)
    if not alike:
        return ds, summary
    kept = [str(name) for name in ds["ledger"].values if str(name) not in alike]
    return ds.sel(ledger=kept), {**ledgers_once(summary, alike), ALIKE: alike}


def ledgers_once(summary: Summary, alike: Mapping[str, str] | None = None) -> Summary:
    """Leave out of a summary what stands under a ledger beside the one that it is alike; ``alike`` if not its own."""
    same: Mapping[str, str] = summary.get(ALIKE, {}) if alike is None else alike
    found: Summary = _without(summary, same) if same else summary
    return found


def _without(value: Any, alike: Mapping[str, str]) -> Any:
    """Take ledgers out of nested figures where the one that they are alike stands beside them."""
    if isinstance(value, dict):
        return {k: _without(v, alike) for k, v in value.items() if alike.get(k) not in value}
    return [_without(one, alike) for one in value] if isinstance(value, list) else value


def same_ledgers(summary: Summary) -> str:
    """Say why a ledger is not told, in a sentence; nothing where all are."""
    said = [
        f"the {ledger_words(name)} holds the same cost lines as the {ledger_words(other)} here, so that both agree to "
        "the penny and one is shown"
        for name, other in summary.get(ALIKE, {}).items()
    ]  # fmt: skip
    return " ".join(map(sentence, said))
