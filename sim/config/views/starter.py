"""The commented config that ``families new`` writes: small, complete and ready to run."""

from __future__ import annotations

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
    title = name.replace("_", " ").replace("-", " ").strip().capitalize() or "My model"
    return STARTER.format(name=name, title=title)
