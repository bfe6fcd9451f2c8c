"""Value of information: what it is worth to know more before deciding, from draws of net benefit.

All functions take ``samples`` (draw, option): the net benefit of each option under each draw of the parameters, in
pounds. The decision maker is taken to be neutral to risk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.arrays import FloatArray, finite

KNOTS = 5
"""Interior knots of the spline in one parameter; more follow noise, fewer miss a bend."""
FOLDS = 10
EXACT = 1e-9


@dataclass(frozen=True)
class InformationValue:
    """A value of information in pounds, with the standard error that the number of draws leaves."""

    value: float
    standard_error: float


def expected_loss(samples: FloatArray) -> FloatArray:
    """Give what each option is expected to lose against the best one under each draw, (option,).

    The loss of the best option is the expected value of perfect information (Eckermann and Willan 2008).
    """
    samples = _checked(samples)
    return np.asarray((samples.max(axis=1, keepdims=True) - samples).mean(axis=0))


def evpi(samples: FloatArray) -> InformationValue:
    """Give the expected value of perfect information: E[max over options] - max over options of E.

    Source: Raiffa and Schlaifer 1961, "Applied Statistical Decision Theory"; Briggs, Claxton and Sculpher 2006, ch. 6.

    Raises
    ------
    ValueError
        If there are fewer than two draws or options, or a number is not finite.
    """
    samples = _checked(samples)
    loss = samples.max(axis=1) - samples[:, int(np.argmax(samples.mean(axis=0)))]
    return _mean(loss)


def evppi(samples: FloatArray, inputs: FloatArray) -> InformationValue:
    """Give the expected value of perfect information about one parameter or a group of them.

    The expected net benefit given the parameters is found by regression on the draws (Strong, Oakley and Brennan
    2014, Medical Decision Making 34:311): a natural cubic spline in each parameter and, for groups, products of pairs.
    A group is worth no less than any part of it, which regression alone does not guarantee: the value given is the
    largest over the group and its single parameters.

    Parameters
    ----------
    samples
        Net benefit, (draw, option).
    inputs
        The parameters' draws, (draw,) or (draw, parameter).

    Returns
    -------
        The value and its standard error (spread of the mean over draws of the fitted gain, given the fit).

    Raises
    ------
    ValueError
        If the fit would have more terms than a tenth of the draws, shapes differ, or a number is not finite.
    """
    samples = _checked(samples)
    inputs = finite("inputs", inputs)
    inputs = inputs[:, None] if inputs.ndim == 1 else inputs
    if inputs.shape[0] != samples.shape[0]:
        raise ValueError(
            f"inputs have {inputs.shape[0]} draws and samples {samples.shape[0]}; they must be the same draws"
        )
    groups = [[i] for i in range(inputs.shape[1])] + ([list(range(inputs.shape[1]))] if inputs.shape[1] > 1 else [])
    found = [_gain(samples, fitted(samples, inputs[:, group])) for group in groups]
    return max(found, key=lambda value: value.value)


def evppi_table(
    samples: FloatArray, inputs: Mapping[str, FloatArray], groups: Mapping[str, Sequence[str]] | None = None
) -> dict[str, InformationValue]:
    """Give EVPPI of every parameter and every named group; a group is worth no less than any group within it."""
    columns = {name: finite(f"draws of {name}", draws) for name, draws in inputs.items()}
    members = {name: (name,) for name in columns} | {name: tuple(of) for name, of in (groups or {}).items()}
    found = {name: evppi(samples, np.stack([columns[one] for one in of], axis=1)) for name, of in members.items()}
    return {
        name: max((found[other] for other, some in members.items() if set(some) <= set(of)), key=lambda v: v.value)
        for name, of in members.items()
    }


def evsi(samples: FloatArray, inputs: FloatArray, families: int, prior_families: float) -> InformationValue:
    """Give the expected value of a trial of so many families about one parameter.

    Gaussian approximation (Jalal and Alarid-Escudero 2018, Medical Decision Making 38:174): the expected net benefit
    given the data spreads around its mean sqrt(n / (n + n0)) times as far as given the parameter itself.

    Parameters
    ----------
    samples, inputs
        As for ``evppi``; ``inputs`` of shape (draw,).
    families
        Families in the trial, n.
    prior_families
        How many families the present knowledge is worth, n0: variance between families / variance of the parameter.

    Raises
    ------
    ValueError
        If a number of families is negative, or ``prior_families`` is 0.
    """
    if not (families >= 0 and 0 < prior_families < np.inf):
        raise ValueError(f"families = {families}, prior_families = {prior_families}; give >= 0 and > 0")
    samples, inputs = _checked(samples), finite("inputs", inputs)
    fit = fitted(samples, inputs.reshape(len(samples), -1))
    shrink = np.sqrt(families / (families + prior_families))
    mean = fit.mean(axis=0)
    return _gain(samples, mean + shrink * (fit - mean))


def fitted(samples: FloatArray, inputs: FloatArray) -> FloatArray:
    """Fit net benefit by splines in each parameter and products of pairs, (draw, option).

    Raises
    ------
    ValueError
        If there are more terms than a tenth of the draws, or a number is not finite.
    """
    samples, inputs = finite("samples", samples), finite("inputs", inputs)
    design = np.concatenate([np.ones((len(inputs), 1)), *_terms(inputs)], axis=1)
    if design.shape[1] * FOLDS > len(design):
        raise ValueError(
            f"{design.shape[1]} terms for {len(design)} draws would follow the noise; "
            f"give at least {design.shape[1] * FOLDS} draws, or a smaller group"
        )
    # Differences to the first option: what all options share cancels, and with it most of the noise.
    increments = samples - samples[:, :1]
    coefficients, *_ = np.linalg.lstsq(design, increments, rcond=EXACT)
    return np.asarray(design @ coefficients)


def terms_of_fit(parameters: int) -> int:
    """Give the most terms that a fit in so many parameters has: a constant, a spline each, and products of pairs."""
    return 1 + parameters * (KNOTS + 1) + parameters * (parameters - 1) // 2


def _terms(inputs: FloatArray) -> list[FloatArray]:
    """Give the columns of each parameter's spline, then the products of pairs of parameters."""
    spread = inputs.std(axis=0)
    scaled = (inputs - inputs.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    columns = [_spline(x) for x in scaled.T]
    pairs = [
        (scaled[:, i] * scaled[:, j])[:, None] for i in range(scaled.shape[1]) for j in range(i)
    ]  # fmt: skip
    return columns + pairs


def _spline(x: FloatArray) -> FloatArray:
    """Give the columns of a natural cubic spline without its constant (Hastie, Tibshirani and Friedman 2009, 5.2.1)."""
    distinct = np.unique(x)
    if len(distinct) <= KNOTS + 2:
        return np.asarray((x[:, None] == distinct[None, 1:]).astype(np.float64))
    knots = np.unique(np.quantile(x, np.linspace(0.0, 1.0, KNOTS + 2)))
    cubes = np.maximum(x[:, None] - knots, 0.0) ** 3
    d = (cubes[:, :-1] - cubes[:, -1:]) / (knots[-1] - knots[:-1])
    return np.concatenate([x[:, None], d[:, :-1] - d[:, -1:]], axis=1)


def _gain(samples: FloatArray, fit: FloatArray) -> InformationValue:
    """Give the mean gain of deciding by the fit, over deciding once."""
    best = int(np.argmax(fit.mean(axis=0)))
    return _mean(fit.max(axis=1) - fit[:, best])


def _mean(values: FloatArray) -> InformationValue:
    """Give a mean and its standard error."""
    return InformationValue(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))


def _checked(samples: FloatArray) -> FloatArray:
    """Refuse what is not a table of draws by options."""
    samples = finite("samples", samples)
    if samples.ndim != 2 or min(samples.shape) < 2:
        raise ValueError(f"samples have shape {samples.shape}; give (draw, option) with at least two of each")
    return samples
