"""Posts that a regime pays for and never opens are refused, with the path that was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.config.loading import load
from sim.errors import ModelError

MODEL = """
title: A service that one regime opens
sources: optional
clock: {step: month, steps: 12}
units: {family: {size: 50}}
parameters: {joined_up: 0, doubled: joined_up * 2}
chains: {need: {states: [no, yes], start: {yes: 0.5}, rates: {no -> yes: 1, yes -> no: 1}}}
services:
  visitor:
    kind: discretionary
    refer: {when: joined_up == 1 and need == yes, rate: 4}
    engaged: 6 months
    team: {workers: 0, caseload: 5}
regimes:
  apart: {}
  also_apart: {start: 2}
  joined: {start: 3, set: {parameters.joined_up: 1, services.visitor.team.workers: 2}}
"""
WORKERS = "services.visitor.team.workers"
MEANT = r'regimes\.joined\.set\."services\.visitor\.team\.workers"'


def study(tmp_path: Path, *sets: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(MODEL, encoding="utf-8")
    load(path, list(sets))


def refused(tmp_path: Path, *sets: str) -> str:
    with pytest.raises(ModelError) as caught:
        study(tmp_path, *sets)
    (problem,) = caught.value.problems
    return str(problem)


def test_posts_where_the_service_is_open(tmp_path: Path) -> None:
    study(tmp_path)
    study(tmp_path, f'regimes.joined.set."{WORKERS}"=60')


def test_posts_of_all_regimes_are_refused_once(tmp_path: Path) -> None:
    message = refused(tmp_path, f"{WORKERS}=60")
    assert "--set" in message
    assert "referred to in regime apart, also_apart" in message
    assert message.endswith('write regimes.joined.set."services.visitor.team.workers"')


@pytest.mark.parametrize(
    ("setting", "key"),
    [("services.visitor.team.funding=[{from: 4, workers: 3}]", "funding"),
     ("services.visitor.team.extra_workers=total(need == yes)", "extra_workers")],
)  # fmt: skip
def test_posts_that_come_later_or_follow_totals(setting: str, key: str, tmp_path: Path) -> None:
    assert f"services.visitor.team.{key}: " in refused(tmp_path, setting)


def test_the_place_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(MODEL.replace("workers: 0", "workers: 3"), encoding="utf-8")
    with pytest.raises(ModelError, match=rf"study\.yaml:13:21: {WORKERS}: given 3; .*{MEANT}"):
        load(path)


def test_no_regime_opens_it(tmp_path: Path) -> None:
    message = refused(tmp_path, "services.visitor.refer.when=doubled == 1 and need == yes", f"{WORKERS}=1")
    assert "in regime apart, also_apart, joined;" in message
    assert message.endswith("give it a referral that can hold, or no posts")


@pytest.mark.parametrize(
    "opened",
    ["services.visitor.start={engaged: 0.1}", "chains.need.fires={no -> yes: ['visitor: waiting']}",
     "services.visitor.refer.when=need == yes"],
)  # fmt: skip
def test_other_ways_in(opened: str, tmp_path: Path) -> None:
    study(tmp_path, f"{WORKERS}=1", opened)


def test_a_regime_may_run_down_the_cases_of_the_baseline(tmp_path: Path) -> None:
    closes = "regimes.joined.set={services.visitor.refer.rate: 0}"
    study(tmp_path, "services.visitor.refer.when=need == yes", closes, f"{WORKERS}=4")


@pytest.mark.parametrize(
    ("rate", "nothing"),
    [("0 * (need == yes)", True), ("(need == yes) * 0 + 0", True), ("0 * total(need == yes)", True),
     ("(need == yes) / 2 * 0", True), ("cycle >= 1000", True), ("total(need == yes)", False),
     ("1 - (need == yes)", False),
     ("cycle >= 1", False)],
)  # fmt: skip
def test_a_referral_that_is_never_above_nothing(rate: str, nothing: bool, tmp_path: Path) -> None:
    opened = ("services.visitor.refer.when=always", f"services.visitor.refer.rate={rate}", f"{WORKERS}=1")
    if nothing:
        assert f"{WORKERS}: " in refused(tmp_path, *opened)
    else:
        study(tmp_path, *opened)
