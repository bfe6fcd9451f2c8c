"""Every example under a command's help, and every hint in a message, does what it says.

Quick ones run as they stand; the others at a size of their own, in ``SMALLER``, which must name each of them.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from sim.cli import add_installed, app
from sim.cli.check import check
from sim.cli.new import new
from sim.config.loading import load
from sim.config.text import library
from sim.config.views.starter import overlay
from sim.console.progress import Progress
from sim.exhibits.terminal import PAGE
from tests.places import ROOT

add_installed(app)
COMMANDS = {c.name: c for c in typer.main.get_command(app).commands.values()}  # type: ignore[attr-defined]
EXAMPLES = [line for c in COMMANDS.values() for line in (c.epilog or "").split("\n\n")[1:]]
QUICK = {"list", "new", "schema", "check", "show", "explain"}
"""Commands whose examples take a second or two as they stand."""
FEW, TWO = "--set units.family.size=300", "--set replications=2"
SMALLER = {
    "families run national": f"{FEW} --replications 1",
    "families run national --size tenth": f"{FEW} --replications 1",
    "families run national --size tenth --until 'saved_per_family_helped within 2%'":
    f"{FEW} --set effect_set=[measured] --set clock.steps=30 --at-least 10 --at-most 10",
    "families app": "", "families app results/national": "", "families app demo --no-browser": "",
    "families run demo --out results/mine --replications 20 --workers 2": f"{FEW} --replications 2",
    "families run demo --set parameters.kw_caseload.value=8 --out results/caseload_8": f"{FEW} {TWO}",
    "families run demo --json --quiet --force > summary.json": f"{FEW} {TWO}",
    "families report results/demo": "",
    "families export results/demo": "",
    "families export results/demo --out tables --force": "",
    "families compare results/demo results/caseload_8": "",
    "families compare results/demo results/caseload_8 --html comparison.html": "",
    "families fit-effects phase_two --share 0.1 --dry-run --replications 2": "--share 0.02 --only measured_face_value",
    "families sanity national --replications 1": "--set units.family.size=600",
    "families agree demo --replications 4": "--set units.family.size=600",
    "families uncertainty national --draws 1000 --workers 2": f"{FEW} --set replications=1 --draws 2 --solver simulate",
    "families uncertainty demo --draws 20 --solver simulate": f"{FEW} --set replications=1",
    "families uncertainty demo --draws 100 --surface parameters.aftercare_share,parameters.kw_caseload":
    f"{FEW} --set replications=1 --draws 3 --solver simulate",
    "families uncertainty telecare --solver simulate --draws 100 "
    "--surface 'costs.kits watched.price=0..15,services.kit.consent'":
    "--set units.person.size=200 --set replications=1 --set clock.steps=30 --draws 80",
    "families uncertainty national --keep --draws 500 --workers 2": f"{FEW} --draws 2 --set effect_set=[no_effect]",
    "families switching telecare integrated/trial --of 'costs.kits watched.price.value' --low 0 --high 15": TWO,
    "families gains demo --out gains.csv": FEW,
    "families fees demo --out fees.csv": FEW,
    "families funds demo": f"{FEW} {TWO}",
    "families funds demo --set appraisal.pooled_budget.by=gain --out funds": f"{FEW} {TWO}",
    "families shapley demo --over agencies --replications 1": f"{FEW} --set units.family.warm_up=0",
    "families optimise demo integrated --lever posts:keyworker=10:30:10 --solver expect": "--solver simulate "
    f"{FEW} --replications 1",
    "families bridge phase_two --replications 2": f"{FEW} --set clock.steps=40",
    "families bridge phase_two --out results/bridge": f"{FEW} --set clock.steps=40 --replications 1",
    "families assure results/demo": "", "families assure results/demo --check": "",
    "families assure results/demo --set 'assurance.analyst=A. Analyst' --set 'assurance.assurer=A. Reviewer'": "",
    "families reproduce results/demo": "", "families reproduce results/demo/run.json --replications 1 --keep": "",
    "families best-use national": "",
    "families best-use tenth --share 1 --replications 4 --dry-run": "",
    "families calibrate configs/calibration/national.yaml --workers 2": "",
    "families evaluate evaluation/designs --replications 2": f"{FEW} --rule random --outcome in_crisis",
    "families evaluate demo --set clock.steps=48 --outcome in_crisis --rule random --replications 2": FEW,
    "families evaluate evaluation/few_helped --controls --replications 16": f"{FEW} --replications 1",
    "families new here --authority Leicestershire": "",
    "families authorities": "", "families authorities Leicestershire": "",
    "families authorities --out authorities": "", "families authorities --fit --out fitted": "",
    "families import --sample sample": "",
    "families import --header sample/header.csv --episodes sample/episodes.csv --authority Leicestershire": "",
    "families import --census sample/census.xml --authority Leicestershire": "",
    "families import --census sample/census.xml --header sample/header.csv --episodes sample/episodes.csv "
    "--authority Leicestershire": "",
    "families backtest": "", "families backtest --out backtest": "",
}
LONG = {
    "run": "Drawing figures", "report": "Drawing figures", "uncertainty": "Draws", "optimise": "Settings",
    "bridge": "Run 1 of",
    "shapley": "Coalitions", "switching": "Run 1 of at most 12", "evaluate": "replications", "agree": "Replications",
    "fit-effects": "Sweep 1", "gains": "Following families", "fees": "Following families", "funds": "Replications",
    "sanity": "Running the checks", "backtest": "Fitting to 2016 to 2019",
}  # fmt: skip
"""A stage that each long command names."""
POWERS = re.compile(r"\d[eE][+-]?\d")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of its own, as a user does."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def words_of(example: str, more: str = "") -> list[str]:
    """Give the arguments of an example without the shell's redirection."""
    _, *words = shlex.split(example.partition(">")[0])
    return [*words, *shlex.split(more)]


def is_quick(example: str) -> bool:
    """Whether an example runs as it stands."""
    words = words_of(example)
    return words[0] in QUICK and "--authority" not in words  # a place is fitted first


def read(output: str) -> str:
    """Hold what a terminal shows to its width and to numbers without powers of ten."""
    assert not POWERS.search(output), POWERS.search(output)
    too_long = [line for line in output.splitlines() if len(line) > PAGE and " " in line[:PAGE].strip()]
    assert not too_long, too_long[:3]
    return output


@pytest.mark.parametrize("example", [one for one in EXAMPLES if is_quick(one)])
def test_a_quick_example_runs_as_it_stands(example: str, folder: Path) -> None:
    (folder / "study.yaml").write_text(Path(ROOT / "tests" / "configs" / "valid.yaml").read_text(encoding="utf-8"))
    result = CliRunner().invoke(app, words_of(example))
    assert result.exit_code == 0, result.output
    assert result.output


def test_every_other_example_has_a_size_of_its_own() -> None:
    assert set(SMALLER) == {one for one in EXAMPLES if not is_quick(one)}


@pytest.mark.slow
@pytest.mark.parametrize("example", SMALLER)
def test_an_example_runs_small(example: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it prints fits the terminal; a long command names its stages."""
    stages: list[str] = []
    begin = Progress.stage
    monkeypatch.setattr(
        Progress, "stage", lambda self, name, total=None: (stages.append(name), begin(self, name, total))
    )  # fmt: skip
    command = words_of(example)[0]
    if command == "calibrate":  # hours, whatever its size: it is read, and the calibration of a small model is tested
        from calibration.study import study

        assert study(str(ROOT / words_of(example)[1]), []).targets
        return
    if command == "best-use":  # minutes, whatever its size: it is read, and a search of a small model is tested
        assert load(words_of(example)[1]).found["best_use"].money_of == "integrated"
        return
    if "--fit" in example:  # ten minutes, whatever its size: every fit is a test of its own
        return
    if command == "app":  # it serves until it is stopped: its words are read, and tests/app open it
        assert CliRunner().invoke(app, [*words_of(example), "--help"]).exit_code == 0
        return
    for needed, sets in (("demo", []), ("caseload_8", ["--set", "parameters.kw_caseload.value=8"])):
        if f"results/{needed}" in example and command != "run":
            made = ["run", "demo", *shlex.split(f"{FEW} {TWO}"), *sets, "--out", f"results/{needed}", "--quiet"]
            assert CliRunner().invoke(app, made).exit_code == 0
    if " sample/" in example:
        assert CliRunner().invoke(app, ["import", "--sample", "sample"]).exit_code == 0
    if "--keep" in example:  # what is kept goes to the library of the working folder
        (folder / "configs").mkdir()
    result = CliRunner().invoke(app, words_of(example, SMALLER[example]))
    assert result.exit_code in ({0, 1} if command == "agree" else {0}), result.output
    if "--json" not in example and command not in ("compare",):
        read(result.stdout)
    if command in LONG and "--quiet" not in example:
        assert any(LONG[command] in stage for stage in stages), stages
    if command == "switching":
        assert "It is zero at" in result.output


HINT = re.compile(r"families ([a-z][a-z-]+)((?: (?:DIR|CONFIG|--[a-z-]+))+)")


def hints() -> Iterator[tuple[Path, str, list[str]]]:
    """Give every `families COMMAND --option` in a text of the program."""
    for path in sorted([*(ROOT / "sim").rglob("*.py"), *(ROOT / "calibration").rglob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for match in HINT.finditer(node.value):
                    yield path, match.group(1), match.group(2).split()


def test_every_hint_names_a_command_and_options_that_it_has() -> None:
    found = list(hints())
    assert len(found) >= 6
    for path, name, words in found:
        assert name in COMMANDS, f"{path}: families {name}"
        options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, f"{path}: {name} {words}"


@pytest.mark.parametrize("more", [[], ["--from", "demo"]])
def test_what_new_says_to_try_works(more: list[str], folder: Path) -> None:
    said = CliRunner().invoke(app, ["new", "mystudy", *more]).output
    assert said.startswith("Wrote mystudy.yaml; try: ")
    tried = CliRunner().invoke(app, words_of(said.partition("try: ")[2].strip()))
    assert tried.exit_code == 0, tried.output
    assert "nothing wrong was found" in tried.output
    assert not POWERS.search(tried.output)


def test_a_config_that_lies_on_another_is_that_one_and_each_lever_may_be_turned(folder: Path) -> None:
    """As written it changes nothing; with every lever at what it is, all numbers are the same."""
    path = new("ours", base="demo")
    base, ours = load("demo"), load(path)
    assert ours.worlds == base.worlds
    text = path.read_text(encoding="utf-8")
    levers = re.findall(r"^  # (?!----)(.+)$", text, re.MULTILINE)
    assert len(levers) > 100
    assert all(re.search(r"   # .*[\d.]+ to [\d.]+, (source .+|no source)$", lever) for lever in levers)
    assert any(lever.startswith("parameters.kw_face_share.value: ") for lever in levers)
    turned = folder / "turned.yaml"
    turned.write_text(re.sub(r"^  # (?!----)", "  ", text, flags=re.MULTILINE), encoding="utf-8")
    for mine, its in zip(load(turned).worlds, base.worlds, strict=True):
        assert mine.model.chains == its.model.chains
        assert mine.model.effects == its.model.effects
        assert {k: p.expression for k, p in mine.model.parameters.items()} == {
            k: p.expression for k, p in its.model.parameters.items()
        }
        assert [c.price for c in mine.model.costs] == [c.price for c in its.model.costs]


LEVER = re.compile(r"^  # (?!----)(.+?): .+   # .*?([\d.]+) to ([\d.]+), (?:source .+|no source)$", re.MULTILINE)


@pytest.fixture(scope="module")
def national() -> str:
    """Give what ``families new ours --from national`` writes."""
    return overlay("ours", "national")


def test_an_overlay_of_the_nation_passes_the_check_as_written(national: str, folder: Path) -> None:
    Path("ours.yaml").write_text(national, encoding="utf-8")
    assert "nothing wrong was found" in check("ours.yaml")
    assert len(LEVER.findall(national)) == len(re.findall(r"^  # (?!----)", national, re.MULTILINE)) > 200


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_lever_may_be_turned_to_either_end(national: str, folder: Path, data: st.DataObject) -> None:
    """Without its '#', and with the low or the high end of its range in place of its value."""
    found = data.draw(st.sampled_from(list(LEVER.finditer(national))))
    line = found.group(0).replace("  # ", "  ", 1)
    head, _, rest = line.partition(f"{found.group(1)}: ")
    value, remark = rest.split("   # ", 1)
    end = data.draw(st.sampled_from([value, found.group(2), found.group(3)]))
    unit = f" {remark.split(',')[0]}" if end != value and re.search(r"\d [a-z]", value) else ""
    text = national.replace(found.group(0), f"{head}{found.group(1)}: {end}{unit}   # {remark}")
    Path("turned.yaml").write_text(text, encoding="utf-8")
    load("turned.yaml")  # raises with all that is wrong


def test_families_alone_says_what_to_type_first() -> None:
    said = CliRunner().invoke(app, [])
    assert said.exit_code == 0
    typed = re.findall(r"^  (families .+?)   ", read(said.output), re.MULTILINE)
    assert [shlex.split(line)[1] for line in typed] == ["run", "new", "explain"]
    for line in typed:
        name, *words = shlex.split(line)[1:]
        COMMANDS[name].make_context(name, words)


def test_nothing_to_lie_on_is_refused(folder: Path) -> None:
    result = CliRunner().invoke(app, ["new", "mine", "--from", "natoinal"])
    assert result.exit_code == 2
    assert "did you mean 'national'?" in result.output
    assert not list(folder.iterdir())
    assert "extends: hiv" in overlay("mine", "hiv")


def test_a_config_that_is_not_there_is_answered_with_studies_each_once() -> None:
    said = library.not_found("natoinal")
    listed = said.partition("the library has ")[2].partition(" and ")[0].split(", ")
    assert len(set(listed)) == len(listed) == library.MOST_NAMED
    assert set(listed) <= {*library.names("scenarios"), *library.names("textbook")}
    assert "did you mean 'national'?" in said
    assert library.not_found("measurd", "evidence_sets").endswith("did you mean 'measured'?")


def test_of_many_words_the_nearest_are_listed() -> None:
    moves = [f"s{i} -> s{i + 1}" for i in range(3000)]
    listed = library.some(moves, "s1234 -> s1236")
    assert listed.startswith("3,000, the nearest ")
    assert all(near in listed for near in ("s1234 -> s1235", "s1235 -> s1236"))
    assert listed.count("->") == library.MOST_NAMED
    assert library.some(["a -> b", "b -> a"], "a -> c") == "a -> b, b -> a"
    assert library.some([], "a -> c") == "none"
