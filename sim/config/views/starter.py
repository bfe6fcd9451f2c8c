"""The commented config that ``families new`` writes: small, complete and ready to run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from sim.config.loading import tree_of
from sim.config.views.register import RegisterEntry, entries

STARTER = """\
# {name}: a small model to grow from.
# Check it with `families check {name}.yaml`, run it with `families run {name}.yaml`.
title: {title}
sources: optional            # a study of real families says `required`: then every number names its source
replications: 20             # simulated repetitions; each has its own random numbers
seed: 1

clock: {{start: 2011-04, step: month, steps: 60}}
count: half_cycle            # start | end | half_cycle | simpson

units:                       # whose rows there are
  family: {{size: 2000, areas: {{north: 0.5, south: 0.5}}}}

traits:                      # what is fixed in each family
  frailty: {{gamma: {{variance: 0.5}}, classes: 5}}

parameters:                  # named numbers and expressions; a regime may set them
  worsening: {{value: 0.4, unit: 1/year}}
  helped: {{value: 0.6, unit: ratio}}

chains:                      # states from best to worst; rates a year compete
  need:
    states: [absent, present]
    start: {{present: 0.3}}
    rates: {{absent -> present: 0.2 * frailty, present -> absent: 0.3}}
  crisis:
    states: [stable, strained, crisis]
    start: {{strained: 0.3, crisis: 0.1}}
    rates:
      stable -> strained: 0.3 * frailty
      strained -> stable: 0.5
      strained -> crisis: worsening
      crisis -> strained: 1.5

services:                    # help: a pathway, and a team as its gate
  keyworker:
    kind: discretionary      # statutory services do not queue
    refer: {{when: crisis == crisis, rate: 4}}
    patience: {{mean: 6 months}}
    engaged: {{mean: 9 months, stages: 3}}
    team: {{workers: {{north: 4, south: 2}}, caseload: 6, turnover: 0.15, hire: 4 months, meeting: month}}
    priority: [crisis desc, wait desc]

effects:                     # the only way in which one chain touches another
  - {{name: need hurts, on: crisis.worsen, when: need == present, times: 1.8}}
  - {{name: key worker, on: crisis.worsen, when: keyworker == engaged, times: helped}}

costs:                       # a count x a price, shared among payers
  - name: key workers
    per: keyworker.worker
    price: {{value: 3800, unit: gbp/month}}
    payers: {{council: 1}}

outcomes: {{crisis_months: {{discount: 0}}}}
values:
  - {{while: crisis == crisis, crisis_months: 1}}

regimes:                     # overlays on the one model; the first is the baseline
  today: {{}}
  more_workers:
    start: 2012-04
    set: {{services.keyworker.team.workers: {{north: 8, south: 4}}}}
"""


def starter(name: str) -> str:
    """Give the text of a starter config.

    Parameters
    ----------
    name
        The name of the model, as it will stand in the comments and the title.

    Returns
    -------
        YAML text that loads.
    """
    return STARTER.format(name=name, title=_title(name))


def _title(name: str) -> str:
    """Make a title of a name."""
    return name.replace("_", " ").replace("-", " ").strip().capitalize() or "My model"


OVERLAY = """\
# {name}: {base} with changes of its own.
# Check it with `families check {name}.yaml`, run it with `families run {name}.yaml`.
# As it stands it changes nothing. Below is every figure of {base} that has a range, with what it has now: take the '#'
# in front of a line away and write your own. The comment says the unit, the range, and where the figure comes from.
extends: {base}
title: {title}

set:
"""
FIRST = ("parameters", "services", "costs")
"""Sections whose figures people turn most; others come after them."""
_PLAIN = re.compile(r"[A-Za-z_][\w.]*")


def overlay(name: str, base: str) -> str:
    """Give the text of a config that lies on another, with the levers of that one commented out.

    Parameters
    ----------
    name
        The name of the new config, as it will stand in the comments and the title.
    base
        The config that it extends, as for ``load``.

    Returns
    -------
        YAML text that loads to what ``base`` is.

    Raises
    ------
    ModelError
        When ``base`` cannot be read.
    """
    place = {section: i for i, section in enumerate(FIRST)}
    levers = [one for one in entries(tree_of(base)) if one.is_uncertain]
    levers.sort(key=lambda one: place.get(_section(one), len(place)))
    head = OVERLAY.format(name=name, base=base, title=_title(name))
    return head + "\n".join(_levers(levers)) + "\n"


def _section(one: RegisterEntry) -> str:
    """Give the section of a figure."""
    return one.path.partition(".")[0]


def _levers(levers: list[RegisterEntry]) -> Iterator[str]:
    """Write a line for each lever, under a heading for each section."""
    section = ""
    for one in levers:
        if _section(one) != section:
            section = _section(one)
            yield f"  # ---- {section}"
        key = one.path if _PLAIN.fullmatch(one.path) else json.dumps(one.path, ensure_ascii=False)
        told = (one.unit, f"{one.low:.6g} to {one.high:.6g}", f"source {one.source}" if one.source else "no source")
        yield f"  # {key}: {one.written}   # {', '.join(word for word in told if word)}"
