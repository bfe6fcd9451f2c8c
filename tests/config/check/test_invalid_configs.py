"""Bad configs are refused in words: where it stands, what was given, what is allowed, and the nearest name.

Each file of tests/config/invalid makes one mistake and says in its first line what is expected:
``# expect | line:column | key | part of the message``; an empty part is not compared. No theory: a promise to users.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from sim.config import load
from sim.errors import ModelError, Problem
from tests.places import INVALID

FOLDER = INVALID
FILES = sorted(FOLDER.glob("*.yaml"))
SECONDS = 5.0
"""Generous, for a machine that is busy; a refusal takes some hundredths of a second."""


def expected(path: Path) -> tuple[str, str, str]:
    """Read the place, key and message that a file expects."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    _, place, key, fragment = (part.strip() for part in first.split("|", 3))
    return place, key, fragment


def matching(problems: tuple[Problem, ...], path: Path) -> list[Problem]:
    """List the problems that are as expected."""
    place, key, fragment = expected(path)
    return [
        problem
        for problem in problems
        if fragment in problem.message
        and (not key or problem.key == key)
        and f"{path.name}:{place}" in problem.where
        and (not place or problem.where.endswith(f":{place}"))
    ]


def refusal(path: Path, *sets: str) -> tuple[Problem, ...]:
    """Load a config that must be refused."""
    with pytest.raises(ModelError) as caught:
        load(path, sets)
    return caught.value.problems


def test_there_are_more_than_sixty() -> None:
    assert len(FILES) > 60


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_refused_with_its_place(path: Path) -> None:
    begin = time.perf_counter()
    problems = refusal(path)
    assert matching(problems, path), "\n".join(map(str, problems))
    assert time.perf_counter() - begin < SECONDS


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_refused_through_extends_naming_the_right_file(path: Path, tmp_path: Path) -> None:
    above = tmp_path / "above.yaml"
    above.write_text(f"extends: {path.resolve()}\ntitle: A layer that is right\n", encoding="utf-8")
    problems = refusal(above)
    assert matching(problems, path), "\n".join(map(str, problems))


SETTINGS = [
    ("clock.steps=abc", "clock.steps", "given 'abc'; must be a whole number"),
    ("clock.steps=1e308", "clock.steps", "must be at most 1,000,000"),
    ("clock.step=1e-300 year", "clock.step", "must be from 1e-06 to 1,000 years"),
    ("clock.step=1e300 year", "clock.step", "must be from 1e-06 to 1,000 years"),
    ("clock.first=1e308", "clock.first", "must be at most 1,000,000"),
    ("clock.start=2012-02-29", "clock.start", "a year and month without a day"),
    ("clock.start=2011", "clock.start", "a year and month without a day"),
    ("regimes.more.start=2012-04-30", "regimes.more.start", "a year and month without a day"),
    ("regimes.more.start=24", "regimes.more.start", "where the clock ends, and there is no step after it"),
    ("regimes.more.start=2013-04", "regimes.more.start", "where the clock ends, and there is no step after it"),
    ("regimes.more.start=25", "regimes.more.start", "must lie within the clock"),
    ("regimes.more.start=-1", "regimes.more.start", "must lie within the clock"),
    ("regimes.more.start=2011-03", "regimes.more.start", "must lie within the clock"),
    ("price_year=2012/15", "price_year", "must be one financial year, April to March, such as 2012/13"),
    ("costs.away.price.price_year=2012", "costs.0.price.price_year", "must be one financial year"),
    ("deflators={2012/15: 1}", "deflators.2012/15", "must be one financial year"),
    ('name="a\\0b"', "name", "is not text"),
    ('title="a\\e[31m"', "title", "is not text"),
    ("name=.", "name", "names the results folder"),
    ("name=..", "name", "names the results folder"),
    ("name=.hidden", "name", "names the results folder"),
    ("name=a/b", "name", "names the results folder"),
    ("name=a\\b", "name", "names the results folder"),
    ("name='a '", "name", "names the results folder"),
    ("units.family.warm_up=1e308", "units.family.warm_up", "must be a duration from 0 to 1,000,000,000"),
    ("units.family.warm_up=1e6 years", "units.family.warm_up", "from 0 to 1,000,000"),
    ("units.family.arrive={poisson: 1e308 / day}", "units.family.arrive.poisson", "from 0 to 1,000,000,000"),
    ("services.keyworker.engaged.stages=1e308", "services.keyworker.engaged.stages", "must be at most 50"),
    ("services.keyworker.team.workers.north=1e308", "services.keyworker.team.workers.north", "at most 1,000,000"),
    ("services.keyworker.team.caseload=1e308", "services.keyworker.team.caseload", "at most 1"),
    ("services.keyworker.team.caseload=cycle + 1", "services.keyworker.team.caseload", "constant parameters"),
    ("feedback.late={delay: total(acute), over: 1e9}", "feedback.late.over", "must be at most 1,000,000"),
    ("chains.care.ages=[0, 1e308]", "chains.care.ages.1", "must be at most"),
    ("uncertainty.draws=1e308", "uncertainty.draws", "must be at most 1,000,000"),
    ("clock.stps=3", "clock.stps", "'stps' is no key here"),
    ("services.keyworker.of=child", "services.keyworker.of", "'of' is no key here"),
    ("chains.need.label=x", "chains.need.label", "'label' is no key here"),
    ("clock.steps", "", "write --set section.name.key=value"),
    ("=3", "", "write --set section.name.key=value"),
    ("clock.steps=[1", "clock.steps", "not YAML"),
    ("clock.steps=.nan", "clock.steps", "a number must be finite"),
    ("parameters.worsening.value=worsning", "parameters.worsening.value", "did you mean 'worsening'"),
    ("parameters.worsening.low=0.9", "parameters.worsening.low", "must be low <= value <= high"),
    ("effects.need hurts.times=-1", "effects.0.times", "at least 0"),
    ("effects.ned hurts.times=1", "effects.ned hurts.times", "did you mean 'need hurts'?"),
    ("chains.need.states.0.x=1", "chains.need.states.0.x", "cannot be set"),
    ("services.keyworker.team.workers.north=-1", "services.keyworker.team.workers.north", "at least 0"),
    ("regimes.more.set.clock.steps=3", "regimes.more.set.clock", "cannot differ between worlds"),
    ("seed=true", "seed", "must be a whole number"),
    ("units.family.size=1e9", "units.family.size", "this study needs"),
    ("units.family.size=1e308", "units.family.size", "must be at most 1,000,000,000"),
]


@pytest.mark.parametrize(("setting", "key", "fragment"), SETTINGS)
def test_refused_from_the_command_line(setting: str, key: str, fragment: str, valid: Path) -> None:
    problems = refusal(valid, setting)
    found = [p for p in problems if fragment in p.message and p.where.startswith("--set")]
    assert found, "\n".join(map(str, problems))
    assert key in [p.key for p in found]
    assert not [
        p for p in problems if f"did you mean '{p.key}'" in p.message
    ]  # what was written is no better name for it


def test_all_problems_at_once(valid: Path) -> None:
    problems = refusal(valid, "clock.steps=0", "seed=-1", "parameters.worsening.low=9")
    assert {p.key for p in problems} == {"clock.steps", "seed", "parameters.worsening.low"}


RAW = {
    "utf16": ("title: x".encode("utf-16"), "UTF-16"),
    "not_utf8": (b"title: caf\xe9\n", "not UTF-8"),
    "nul": (b"title: a\x00b\n", "is not text"),
    "empty": (b"", "a config is a mapping"),
    "list": (b"- 1\n- 2\n", "a config is a mapping"),
    "two_documents": (b"title: a\n---\ntitle: b\n", "a second document"),
    "deep": (b"title: " + b"[" * 500 + b"]" * 500 + b"\n", "nested more than"),
    "very_deep": (b"title: " + b"[" * 200_000, "nested more than"),
    "huge": (b"# " + b"x" * 2_000_000, "more than"),
    "unknown_alias": (b"title: *nothing\n", "not there"),
    "alias_of_itself": (b"title: &a [*a]\n", "not finished"),
    "alias_bomb": (
        b"a: &a [1,1,1,1,1,1,1,1,1,1]\n"
        + b"".join(b"%c: &%c [" % (c, c) + b",".join([b"*%c" % (c - 1)] * 10) + b"]\n" for c in range(98, 107)),
        "makes more than",
    ),
    "key_is_a_list": (b"? [a, b]\n: 1\n", "a key must be plain text"),
}


@pytest.mark.parametrize("name", RAW)
def test_refused_bytes(name: str, tmp_path: Path) -> None:
    raw, fragment = RAW[name]
    path = tmp_path / f"{name}.yaml"
    path.write_bytes(raw)
    begin = time.perf_counter()
    with pytest.raises(ModelError, match=fragment) as caught:
        load(path)
    assert caught.value.problems[0].where.split(":")[0].endswith(path.name)
    assert time.perf_counter() - begin < SECONDS


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="which is a folder"):
        load(tmp_path)
    with pytest.raises(ModelError, match="no such file or library name"):
        load(tmp_path / "nothing.yaml")


def test_a_ring_of_files_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("extends: b.yaml\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("extends: a.yaml\n", encoding="utf-8")
    problems = refusal(tmp_path / "a.yaml")
    assert problems[0].message.endswith("in a ring: a.yaml -> b.yaml -> a.yaml")
    assert problems[0].where.endswith("b.yaml:1:10")


def test_a_tower_of_files_is_refused(tmp_path: Path) -> None:
    for i in range(50):
        (tmp_path / f"{i}.yaml").write_text(f"extends: {i + 1}.yaml\n", encoding="utf-8")
    (tmp_path / "50.yaml").write_text("title: x\n", encoding="utf-8")
    assert "files deep" in refusal(tmp_path / "0.yaml")[0].message
