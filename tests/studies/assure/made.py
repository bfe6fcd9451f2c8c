"""A finished run made by hand, with everything that an assurance pack can hold, of known numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.config.schema.assurance import AssurancePart
from sim.config.views.evidence import DataFile, EvidenceRow
from sim.config.views.register import RegisterEntry
from sim.intervals import Estimate
from sim.report.extras import Extras
from sim.results.folder.beside import Answer, Bridge, CheckLine, Contrast, Reproduced, Station
from sim.studies.assure.finished import FinishedRun
from tests.report.page.made import summary

TARGETS, PROGRAM, SOURCE = "t" * 64, "p" * 64, "s" * 64
PEOPLE = {"commissioner": "A", "analyst": "B", "assurer": "C", "approver": "D"}
ASKED = AssurancePart(
    purpose="What is saved?", decision="whether to fund it", not_for=("ranking <councils>",), review_by="2027-03-31",
    **PEOPLE,
)  # fmt: skip


def entry(path: str, **told: Any) -> RegisterEntry:
    """A figure of the register."""
    held = {"written": "1", "number": 1.0, "low": None, "high": None, "unit": "share", "source": "assumption",
            "locator": "", "quality": "", "why": "judged", "price_year": "", "distribution": None, "origin": "x.yaml"}
    return RegisterEntry(path=path, **{**held, **told})


REGISTER = (
    entry("parameters.kept.value", written="0.5", low=0.2, high=0.8),
    entry("parameters.bare.value"),
    entry("costs.post.price.value", source="D6", quality="green", why="", written="5214", unit="gbp"),
    entry("costs.care.price.value", source="Z9", quality="red", why=""),
    entry("chains.need.rates.a -> b.value", source="D6", quality="", why=""),
)
MOVES = (
    {"services": ("key_worker (team.caseload)",)}, {}, {"costs": ("post",)}, {"costs": ("care",)}, {"chains": ("x",)},
)  # fmt: skip
DRAWN = {"input": "parameters.kept", "low": 0.25, "high": 0.75, "at_low": 6000.0, "at_high": 8000.0}


def told() -> dict[str, Any]:
    """A summary whose inputs were drawn, with where one of them takes the price."""
    held = summary("inputs")
    lead = held["answer"]["one/found"]["one_episode"]
    lead["break_even_price"]["narrow"]["chance"] = {"mean": 7000.0, "low": 6950.0, "high": 7050.0}
    lead["doubt"] |= {"turns_on": {"narrow": [DRAWN]}, "beside": {"dose_capped": {"break_even": {"narrow": 6500.0}}}}
    held["appraisal"]["terms"] |= {"price_year": "2015/16", "schedule": "green_book", "base_year": "2012/13"}
    return {**held, "replications": 10, "steps": 60, "step": "month"}


def contrast(ratio: float) -> Contrast:
    return Contrast(1.0, 1.0, ratio, None, None, 0.0, None, None)


def controls() -> tuple[Answer, ...]:
    """Two outcomes where help changes nothing: the evaluator is off by 0.01 and by 0.04."""
    found = (("attending", 0.99), ("in care", 1.04))
    return tuple(Answer(q, "no_effect", contrast(0.7), contrast(off), contrast(1.0)) for q, off in found)


def bridge() -> Bridge:
    stations = (Station("start", Estimate(1.0), Estimate(2.0), Estimate(0.5)),
                Station("end", Estimate(3.0), Estimate(2.0), Estimate(1.5)))  # fmt: skip
    return Bridge("one", "today", "narrow", "2015/16", 2, stations, stations, 1.51, "F8", "the rest")


CHECKS = (
    CheckLine("1. one", "5", "4 to 6", "within", "", "a", 5.0, "C13"),
    CheckLine("2. two", "9", "to 8", "outside", "since it is so", "b", 9.0, "C2"),
    CheckLine("3. three", "1", "to 2", "within", "", "c", 1.0, "assumption"),
)


def target(kind: str, *, inside: bool) -> dict[str, Any]:
    return {"kind": kind, "published": 0.5, "unit": "share", "mean": 0.6, "low": 0.4, "high": 0.8, "inside": inside,
            "source": "B3"}  # fmt: skip


CALIBRATION = {
    "targets_sha256": TARGETS,
    "targets": {"worried": target("fit", inside=True), "in_need": target("fit", inside=False)},
}
BACKTEST = {**CALIBRATION, "targets": {"later": target("held_out", inside=True), "known": target("fit", inside=True)}}


def verified(**changed: Any) -> dict[str, Any]:
    """What a run of the tests found: seven passed, one skipped, in two files of two kinds."""
    file = {"failed": 0, "skipped": 0, "seconds": 1.0, "figures": {}}
    return {
        "made": "2026-11-30T00:00:00+00:00", "program_sha256": PROGRAM, "source_sha256": SOURCE, "selected": "",
        "commit": "c" * 40, "platform": "here", "static": {"types": True},
        "versions": {"python": "3.11.1", "numpy": "2", "scipy": "1", "simpy": "4"},
        "kinds": {
            "Published models and closed forms": [
                {**file, "file": "tests/a.py", "says": "Models are right.", "passed": 5,
                 "figures": {"largest gap": 2e-13}},
            ],
            "Queues": [{**file, "file": "tests/b.py", "says": "Queues are.", "passed": 2, "skipped": 1}],
        }, **changed,
    }  # fmt: skip


REPRODUCED = Reproduced("same", 0.0, 15, 16, 10, 10, (), "c" * 40, "there", "3.12.0", "2026-12-01T00:00:00+00:00")
CHANGES = """# Changelog

## 1.1

### Results

| study | figure | was | is | why |
|---|---|---|---|---|
| `other` | price | £1 | £2 | a mend |
| `mine`, `more` | price | £3 | £4 | another |

## 1.0

| not | a | table | of | results |
|---|---|---|---|---|
| a | b | c | d | e |
"""


def run(**changed: Any) -> FinishedRun:
    """A finished run that lacks nothing."""
    record = {
        "name": "mine", "config": "title: x", "origins": {}, "seed": 1, "replications": 10, "commit": "c" * 40,
        "uncommitted": False, "program_sha256": PROGRAM, "source_sha256": SOURCE, "config_sha256": "f" * 64,
        "inputs": {"configs/mine.yaml": "1" * 64}, "versions": {"python": "3.11.1", "numpy": "2"}, "platform": "here",
        "time": "2026-11-29T00:00:00+00:00",
    }  # fmt: skip
    whole: dict[str, Any] = {
        "folder": Path("results"), "summary": told(), "run": record, "part": ASKED, "register": REGISTER,
        "moves": MOVES, "sums": {"results.nc": "2" * 64, "summary.json": "3" * 64},
        "extras": Extras(CHECKS, None, controls(), bridge()),
        "reproduced": REPRODUCED, "calibrated": {"of": "a calibration", "method": "posterior", "targets": TARGETS},
        "calibration": CALIBRATION, "backtest": BACKTEST, "verified": verified(),
        "evidence": {"D6": EvidenceRow("D6", "cost of help", "£5,214", "DCLG Mar 2015", "[read]", "2015")},
        "files": (DataFile("costs/a.csv", "4" * 64, "CC BY 4.0", "a: from there"),), "changes": CHANGES,
    }  # fmt: skip
    return FinishedRun(**{**whole, **changed})
