"""From a checked config to one model: puts the parts together and checks what spans them."""

from __future__ import annotations

from dataclasses import replace

from pydantic import ValidationError

from sim.config.check import spanning as checks
from sim.config.check.draft import MAX_WINDOW, Draft
from sim.config.check.problems import Findings
from sim.config.check.vocabulary import MEMORY, PARAMETER, Checker, ExpressionPlace, Vocabulary, Words
from sim.config.schema.config import Config
from sim.config.text.source import Tree, plain
from sim.config.translate.appraisal import card
from sim.config.translate.chains import chains
from sim.config.translate.effects import effects, with_fires
from sim.config.translate.euler import euler
from sim.config.translate.money import Meters, costs, distributions, outcomes, values
from sim.config.translate.order import order
from sim.config.translate.services import services
from sim.config.translate.units import ages_steps, areas, check_units, clock_of, tables, traits, units
from sim.language.functions import Argument
from sim.model.pathway import states_of
from sim.model.spec import Memory, Model, Parameter, Stock

MAX_OVER = 1_000_000
"""Steps over which a feedback stock may look back: a delayed one keeps a number for each."""


def config_of(tree: Tree, findings: Findings) -> Config | None:
    """Check a tree against the schema; notes every problem and gives None when there are any."""
    try:
        return Config.model_validate(plain(tree))
    except ValidationError as error:
        findings.add_schema(error)
        return None


def model_of(config: Config, tree: Tree, findings: Findings, inert: bool = False) -> Model | None:
    """Translate a config to a model.

    Parameters
    ----------
    config, tree
        The config, checked by the schema, and the tree that it was read from.
    findings
        Where problems are noted.
    inert
        Whether services change no other chain.

    Returns
    -------
        The model, or None when anything is wrong with it.
    """
    before = len(findings.problems)
    check_units(config, findings)
    checks.names(config, findings)
    if len(findings.problems) > before:
        return None
    draft = draft_of(config, findings)
    if not checks.parameters_acyclic(draft):
        return None
    model = _assemble(draft, inert)
    if config.sources == "required":
        checks.sources(tree, findings)
    checks.whole(draft, model)
    return model if len(findings.problems) == before else None


def draft_of(config: Config, findings: Findings) -> Draft:
    """Gather the vocabulary and the clock of a config."""
    names = tuple(config.units)
    words: dict[str, Words] = {}
    for name, chain in config.chains.items():
        unit = chain.of or names[0]
        if unit not in names:
            findings.add(("chains", name, "of"), f"is no unit; there are {', '.join(names)}")
            unit = names[0]
        words[name] = Words(unit, chain.states)
    for name, part in config.services.items():
        taken_as: dict[Argument, bool] = {"queue": part.kind == "discretionary", "team": part.team is not None}
        words[name] = Words(names[0], _pathway(config, name), frozenset(k for k, has in taken_as.items() if has))
    step = config.clock.step.years
    ages = [ages_steps(part.age, step) for part in config.units.values()]
    shared = ages[0] is not None and ages[0][0] == ages[0][1] and len(names) == 1
    vocabulary = Vocabulary(
        units=names,
        chains=words,
        traits=frozenset(config.traits),
        parameters={name: part.value for name, part in config.parameters.items()},
        memories=frozenset(config.remember),
        stocks=frozenset(config.feedback),
        tables={name: part.by for name, part in config.tables.items()},
        areas=tuple(config.units[names[0]].areas) or ("all",),
        age_is_shared=shared,
        aged=frozenset(name for name, age in zip(names, ages, strict=True) if age is not None),
    )
    vocabulary = replace(vocabulary, parameters={n: vocabulary.resolved(e) for n, e in vocabulary.parameters.items()})
    return Draft(config, findings, step, clock_of(config.clock), vocabulary, Checker(vocabulary, findings))


def _pathway(config: Config, service: str) -> tuple[str, ...]:
    """List the states that conditions on a service may name."""
    team = config.services[service].team
    return states_of(team is not None and team.waiting_room is not None)


def _assemble(draft: Draft, inert: bool) -> Model:
    """Translate every section."""
    config, places = draft.config, areas(draft)
    parameters = _parameters(draft)
    made = {chain.name: chain for chain in [*chains(draft), *services(draft, places)]}
    made = with_fires(draft, made)
    touched = effects(draft, made)
    if config.clock.integration == "euler":
        made, touched = euler(draft, made, touched)
    meters = Meters(draft, made)
    lines, worth = costs(draft, meters), values(draft, meters)
    numbers, counted = card(draft, meters), distributions(draft, meters)
    return Model(
        clock=draft.clock,
        units=units(draft),
        areas=places,
        chains=tuple(made.values()),
        order=order(draft, made),
        traits=traits(config),
        tables=tables(draft, places),
        parameters=parameters,
        effects=touched,
        memories=_memories(draft),
        stocks=_stocks(draft),
        meters=tuple(meters.made.values()),
        costs=lines,
        outcomes=outcomes(draft),
        values=worth,
        card=numbers,
        distributions=counted,
        count=_count(draft),
        queues=config.queues,
        services_inert=inert,
    )


def _parameters(draft: Draft) -> dict[str, Parameter]:
    """Translate the parameters; each may read a row, and is checked again where it is used."""
    result = {}
    for name, part in draft.config.parameters.items():
        path = ("parameters", name)
        before = len(draft.findings.problems)
        unit = draft.words.unit_of(part.value)
        expression = draft.expression(path, part.value, ExpressionPlace(unit, PARAMETER))
        if len(draft.findings.problems) == before and not draft.words.row_reads(expression):
            value = draft.constant(expression)
            if value is not None and value - value != 0:
                draft.findings.add(path, f"comes to {value}; a parameter must be a finite number")
        result[name] = Parameter(name, expression, draft.quantity(part))
    return result


def _memories(draft: Draft) -> tuple[Memory, ...]:
    """Translate what is remembered."""
    result = []
    for name, part in draft.config.remember.items():
        when = draft.expression(("remember", name, "when"), part.when, ExpressionPlace(draft.words.root, MEMORY))
        result.append(Memory(name, when, draft.whole_steps(("remember", name, "window"), part.window, 1, MAX_WINDOW)))
    return tuple(result)


def _stocks(draft: Draft) -> tuple[Stock, ...]:
    """Translate the feedback stocks."""
    result = []
    for name, part in draft.config.feedback.items():
        path, place = ("feedback", name), ExpressionPlace(None, "a stock", steps=True)
        checked = draft.expression((*path, part.kind), getattr(part, part.kind), place)
        over = 1.0 if part.over is None else part.over.steps(draft.step)
        if over <= 0:
            draft.findings.add((*path, "over"), "must be above 0")
        elif over > MAX_OVER:
            draft.findings.add((*path, "over"), f"is {over:g} steps; it must be at most {MAX_OVER:,}")
        elif part.over is not None and part.kind in ("average", "delay"):
            draft.whole_steps((*path, "over"), part.over, 1)
        elif over < 1:
            draft.findings.add((*path, "over"), f"is {over:.3g} steps; a level follows in a step at least")
        start = (
            None
            if part.start is None
            else draft.expression((*path, "start"), part.start.value, ExpressionPlace(None, "the start of a stock"))
        )
        result.append(Stock(name, "level" if part.kind == "flow" else part.kind, checked, over, start))
    return tuple(result)


def _count(draft: Draft) -> str | tuple[float, ...]:
    """Check the counting rule against the clock."""
    rule, steps = draft.config.count, draft.clock.steps
    if isinstance(rule, tuple) and len(rule) != steps + 1:
        draft.findings.add(("count",), f"has {len(rule)} weights; it must have steps + 1 = {steps + 1}")
    if rule == "simpson" and steps % 2:
        draft.findings.add(("count",), f"needs an even number of steps, and there are {steps}")
    return rule
