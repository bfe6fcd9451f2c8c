"""From the schema to the model: services, their teams and priorities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.config.check.draft import Draft
from sim.config.check.problems import Key
from sim.config.check.vocabulary import ExpressionPlace
from sim.config.schema.base import Figure
from sim.config.schema.phrases import Duration
from sim.config.schema.services import MOST_POSTS, ServicePart, TeamPart
from sim.config.text.library import nearest
from sim.config.translate.chains import start_shares
from sim.config.translate.durations import length_of, mean_steps
from sim.config.translate.opening import opening, referred_where_open, staffed_where_open
from sim.language.evaluate import Expression
from sim.model.pathway import STATES, helps
from sim.model.services import ServiceDescription, service_chain
from sim.model.spec import Areas, Chain, Service, Team

_DISCRETIONARY_ONLY = (
    "identify", "assess", "offer", "consent", "refused_for", "patience", "dropout", "aftercare", "team",
)  # fmt: skip


def services(draft: Draft, areas: Areas) -> list[Chain]:
    """Translate the services to the chains of their pathways."""
    return [_service(draft, name, part, areas) for name, part in draft.config.services.items()]


def _service(draft: Draft, name: str, part: ServicePart, areas: Areas) -> Chain:
    """Translate one service."""
    path: Key = ("services", name)
    unit = draft.words.chains[name].unit
    _check_kind(draft, path, part)
    opens = opening(draft, path, part, areas)
    service = Service(
        name=name,
        kind=part.kind,
        agency=part.agency,
        team=staffed_where_open(_team(draft, (*path, "team"), part.team, areas), opens) if part.team else None,
        priority=_priority(draft, path, part),
        brokers=_brokers(draft, path, name, part),
        contact_hours_month=draft.plain_number((*path, "contact_hours"), part.contact_hours, "contact_hours")
        if part.contact_hours
        else 0.0,
    )
    stages, length = part.engaged.stages if part.engaged else 1, length_of(draft, (*path, "engaged"), part.engaged)
    for state in filter(helps, part.start if length is not None else ()):
        rule = "help would have lasted already, and its length is not known; begin earlier, with units' 'warm_up'"
        draft.findings.add((*path, "start", state), rule, of_key=True)
    when = draft.expression((*path, "refer", "when"), part.refer.when, ExpressionPlace(unit, "a condition"))
    description = ServiceDescription(
        service=service,
        unit=unit,
        refer_when=referred_where_open(when, opens, draft.clock.step_years),
        refer_rate=draft.within((*path, "refer", "rate"), part.refer.rate.value, ExpressionPlace(unit, "a rate"))
        if part.refer.rate
        else None,
        again=draft.within((*path, "refer", "again"), part.refer.again.value, ExpressionPlace(unit, "a rate")),
        identify_steps=mean_steps(draft, (*path, "identify"), part.identify) or None,
        assess_steps=mean_steps(draft, (*path, "assess"), part.assess) or None,
        offer_steps=mean_steps(draft, (*path, "offer"), part.offer) or None,
        consent=draft.within((*path, "consent"), part.consent.value, ExpressionPlace(unit, "a share"), 1.0)
        if part.consent
        else None,
        refused_steps=mean_steps(draft, (*path, "refused_for"), part.refused_for),
        patience_steps=mean_steps(draft, (*path, "patience"), part.patience),
        engaged_steps=None if length else mean_steps(draft, (*path, "engaged"), part.engaged, stages),
        stages=stages,
        dropout_rate=draft.within((*path, "dropout", "rate"), part.dropout.rate.value, ExpressionPlace(unit, "a rate"))
        if part.dropout
        else None,
        aftercare_steps=mean_steps(draft, (*path, "aftercare"), part.aftercare) or None,
        respond_steps=mean_steps(draft, (*path, "respond"), part.respond) or None,
        length=length,
        start=start_shares(draft, path, part.start, STATES),
    )
    return service_chain(description, draft.clock.step_years)


def _check_kind(draft: Draft, path: Key, part: ServicePart) -> None:
    """Check that a service has the keys of its kind."""
    if part.kind == "statutory":
        for key in _DISCRETIONARY_ONLY:
            if getattr(part, key) is not None:
                draft.findings.add(
                    (*path, key),
                    "belongs to discretionary services; a statutory one answers by law and does not queue",
                    of_key=True,
                )
    elif part.respond is not None:
        draft.findings.add(
            (*path, "respond"),
            "belongs to statutory services; a discretionary one has identify, assess and offer",
            of_key=True,
        )
    if part.agency and draft.config.agencies and part.agency not in draft.config.agencies:
        listed = list(draft.config.agencies)
        draft.findings.add(
            (*path, "agency"), f"must be one of the agencies: {', '.join(listed)}{nearest(part.agency, listed)}"
        )


def _team(draft: Draft, path: Key, part: TeamPart, areas: Areas) -> Team:
    """Translate a team."""
    steps, parts = _optional_steps, _shared(draft, path, part.shared, areas)
    funding = tuple(
        (
            draft.point((*path, "funding", i, "from"), item.start),
            _workers(draft, (*path, "funding", i, "workers"), item.workers, areas, parts),
        )
        for i, item in enumerate(part.funding)
    )
    meeting = Duration(1) if part.meeting is None else part.meeting
    return Team(
        workers=_workers(draft, (*path, "workers"), part.workers, areas, parts),
        caseload=_caseload(draft, (*path, "caseload"), part.caseload),
        turnover_per_year=part.turnover,
        hire_steps=steps(draft, part.hire),
        training_steps=steps(draft, part.training),
        absence=part.absence,
        meeting_steps=draft.whole_steps((*path, "meeting"), meeting, 1),
        funding=tuple(sorted(funding, key=lambda item: item[0])),
        turnover_times=_driven(draft, path, "turnover_times", part.turnover_times),
        time_left=_driven(draft, path, "time_left", part.time_left),
        extra_workers=_driven(draft, path, "extra_workers", part.extra_workers),
        waiting_room=_waiting_room(draft, path, part),
    )


def _caseload(draft: Draft, path: Key, figure: Figure) -> float:
    """Give the cases of a worker: above 0, so that a post makes places and its hours can be shared."""
    before = len(draft.findings.problems)
    value = draft.plain_number(path, figure, "the caseload")
    if len(draft.findings.problems) == before and not 0 < value <= MOST_POSTS:
        is_text = "" if figure.number() is not None else f", and this is {value:.12g}"
        draft.findings.add(path, f"must be above 0 and at most {MOST_POSTS:,}{is_text}")
    return value


def _waiting_room(draft: Draft, path: Key, part: TeamPart) -> int | None:
    """Give the waiting room, where time is continuous: at meetings nobody arrives while others wait."""
    if part.waiting_room is not None and draft.config.queues != "per_family":
        rule = "needs 'queues: per_family': who comes is turned away at once, and time goes in whole steps here"
        draft.findings.add((*path, "waiting_room"), f"{rule}; use that, or patience", of_key=True)
    return part.waiting_room


def _driven(draft: Draft, path: Key, key: str, figure: Figure | None) -> Expression | None:
    """Translate what a team reads each step."""
    if figure is None:
        return None
    return draft.within((*path, key), figure.value, ExpressionPlace(None, f"a team's {key}", steps=True))


def _optional_steps(draft: Draft, length: Duration | None) -> float:
    """Give a duration in steps, 0 when there is none."""
    return length.steps(draft.step) if length is not None else 0.0


def _shared(draft: Draft, path: Key, table: str | None, areas: Areas) -> tuple[float, ...]:
    """Give the part of each area in a number of posts: by a table, else by size."""
    if table is None:
        return areas.weights
    by_area = {name: part.values for name, part in draft.config.tables.items() if part.values is not None}
    if not draft.findings.known((*path, "shared"), table, "table by area", by_area):
        return areas.weights
    parts = tuple(by_area[table].get(area, 0.0) for area in areas.names)
    if min(parts) < 0 or not sum(parts) > 0:
        draft.findings.add((*path, "shared"), f"'{table}' must be at least 0 everywhere, and above 0 somewhere")
        return areas.weights
    return parts


def _workers(
    draft: Draft, path: Key, workers: Mapping[str, float], areas: Areas, parts: Sequence[float]
) -> dict[str, float]:
    """Give the posts of each area; ``total`` is shared among areas in proportion to ``parts``."""
    if "total" in workers and "total" not in areas.names:
        if len(workers) > 1:
            draft.findings.add(path, "give either a total, shared among areas, or a number for each area")
        whole = sum(parts)
        return {name: workers["total"] * part / whole for name, part in zip(areas.names, parts, strict=True)}
    for name in workers:
        draft.findings.known((*path, name), name, "area", areas.names, of_key=True)
    return {name: workers.get(name, 0.0) for name in areas.names}


def _priority(draft: Draft, path: Key, part: ServicePart) -> tuple[tuple[str, bool], ...]:
    """Check the names of a priority list."""
    words = draft.words
    known = [*words.chains, *sorted(words.traits), *sorted(words.memories), "age", "area", "wait"]
    for i, (name, _) in enumerate(part.priority):
        if name not in known:
            draft.findings.add(
                (*path, "priority", i),
                f"must be 'name desc' or 'name asc' with one of {', '.join(known)}{nearest(name, known)}",
            )
        elif name == "wait" and i < len(part.priority) - 1:
            draft.findings.add((*path, "priority", i), "'wait' must stand last: it leaves nothing to decide")
    return part.priority


def _brokers(draft: Draft, path: Key, own: str, part: ServicePart) -> dict[str, float]:
    """Check the services that a service brokers."""
    others = [name for name, service in draft.config.services.items() if name != own and service.team is not None]
    for name in part.brokers:
        draft.findings.known((*path, "brokers", name), name, "other service with a team", others, of_key=True)
    return dict(part.brokers)
