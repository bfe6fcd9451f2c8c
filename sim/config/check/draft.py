"""What all translators share: the checked config, its clock and vocabulary, and where to note problems."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sim.config.check.problems import Findings, Key, origin_of
from sim.config.check.vocabulary import Checker, ExpressionPlace, Vocabulary
from sim.config.schema.base import Figure
from sim.config.schema.config import Config
from sim.config.schema.phrases import Duration
from sim.language.evaluate import Expression, constant
from sim.model.spec import Clock, Quantity

_WHOLE = 1e-6
_HALF_A_MONTH = 1 / 24 + 1e-9
MAX_WINDOW = 64
"""Steps that a memory can look back: a bit for each in one word."""


def is_near_a_step(years: Fraction | float, step: Fraction) -> bool:
    """Say whether a time is a whole number of steps, give or take half a month: to be rounded without harm."""
    steps = float(years) / float(step)
    return abs(steps - round(steps)) * float(step) <= _HALF_A_MONTH


@dataclass(frozen=True)
class Draft:
    """A config on its way to a model."""

    config: Config
    findings: Findings
    step: Fraction
    clock: Clock
    words: Vocabulary
    checker: Checker

    @property
    def optional(self) -> bool:
        """Whether sources are optional, as in textbook models."""
        return self.config.sources == "optional"

    def expression(self, path: Key, expression: Expression, place: ExpressionPlace, offset: int = 0) -> Expression:
        """Check an expression and give it back with its names resolved; ``offset`` is its start within the text."""
        return self.checker.check(expression, path, place, offset)

    def constant(self, expression: Expression) -> float | None:
        """Give the value of an expression of constant parameters, else None."""
        return constant(expression, self.words.constants)

    def quantity(self, figure: Figure) -> Quantity:
        """Give a figure with its provenance; its value is that of its expression with constant parameters, else 0."""
        return Quantity(
            self.constant(figure.value) or 0.0, figure.unit, figure.low, figure.high, figure.price_year,
            figure.source, figure.locator, figure.quality, figure.why, figure.status,
        )  # fmt: skip

    def within(
        self, path: Key, expression: Expression, place: ExpressionPlace, high: float = float("inf")
    ) -> Expression:
        """Check an expression whose value is at least 0 and at most ``high``."""
        result = self.expression(path, expression, place)
        self.bounded(path, result, place.what, 0.0, high)
        return result

    def bounded(
        self, path: Key, expression: Expression, what: str, low: float = 0.0, high: float = float("inf")
    ) -> None:
        """Note a constant outside its bounds."""
        value = self.constant(expression)
        if value is not None and not low <= value <= high:
            rule = f"at least {low:g}" if high == float("inf") else f"from {low:g} to {high:g}"
            is_text = expression.root.kind != "number"
            self.findings.add(
                self.findings.value_path(path),
                f"{what} must be {rule}" + (f", and this is {value:.12g}" if is_text else ""),
            )

    def whole_steps(self, path: Key, length: Duration, at_least: int = 0, at_most: int = 1_000_000) -> int:
        """Give a duration that must be a whole number of steps."""
        steps = length.steps(self.step)
        if abs(steps - round(steps)) > _WHOLE or not at_least <= round(steps) <= at_most:
            self.findings.add(
                path, f"is {steps:g} steps; it must be a whole number of steps from {at_least} to {at_most:,}"
            )
            return at_least
        return round(steps)

    def point(self, path: Key, value: int | tuple[int, int], *, begins: bool = False) -> int:
        """Turn a date or a number of steps into a point from 0 to the last, or where something begins one before it."""
        clock = self.clock
        if isinstance(value, tuple):
            if clock.start is None:
                self.findings.add(path, "a date needs 'clock.start'; give that, or a number of steps")
                return 0
            months = (value[0] - clock.start[0]) * 12 + value[1] - clock.start[1]
            exact = Fraction(months, 12) / self.step
            point = round(exact)
            if abs(exact - point) > _WHOLE:
                self.findings.add(path, f"is {float(exact):g} steps after the start; it must fall on a step")
        else:
            point = value
        if not 0 <= point <= clock.steps:
            within = f"from step 0 to {clock.steps}{self._set_at()}"
            self.findings.add(path, f"is step {point}; it must lie within the clock, {within}")
            return 0
        if begins and point == clock.steps:
            rule = f"there is no step after it; the last that has one is step {clock.steps - 1}"
            self.findings.add(path, f"is step {point}, where the clock ends, and {rule}")
            return 0
        return point

    def _set_at(self) -> str:
        """Say where the number of steps was set, since another layer may have set it."""
        return f" (clock.steps: {origin_of(self.findings.tree, ('clock', 'steps'))})"

    def plain_number(self, path: Key, figure: Figure, what: str) -> float:
        """Give the value of a figure that must be one number (or an expression of constant parameters)."""
        self.expression(path, figure.value, ExpressionPlace(None, what))
        value = self.constant(figure.value)
        if value is None:
            self.findings.add(path, f"{what} must be a number, or an expression of constant parameters")
            return 0.0
        if not 0 <= value < float("inf"):
            self.findings.add(path, f"{what} must be at least 0")
        return value
