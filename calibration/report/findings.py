"""What each picture of a calibration shows, in a sentence with its numbers."""

from __future__ import annotations

import numpy as np
import xarray as xr

from calibration.report.posterior import facts_of_calibration
from sim.exhibits.sentences import listed, sentence
from sim.exhibits.style import words


def contraction_finding(ds: xr.Dataset) -> str:
    """Say how many parameters the figures inform, and which most."""
    contraction, names = ds["contraction"].values, ds["parameter"].values
    quiet = len(facts_of_calibration(ds).uninformed)
    most = int(np.argmax(contraction))
    first = f"{words(str(names[most]))}, of whose variance they take away {contraction[most]:.0%}"
    return sentence(f"the figures inform {len(names) - quiet} of {len(names)} parameters, most of all {first}")


def fit_finding(ds: xr.Dataset) -> str:
    """Say how many fitted and held-out figures lie within what the model gives them."""
    kinds, hits = ds["target_kind"].values, ds["is_hit"].values.astype(bool)
    parts = [f"{hits[kinds == kind].sum()} of {(kinds == kind).sum()} {said} figures"
             for kind, said in (("fit", "fitted"), ("held_out", "held-out")) if (kinds == kind).any()]  # fmt: skip
    return sentence(f"{listed(parts)} lie in the 95% range that the model gives them")


def conflicts_finding(ds: xr.Dataset) -> str:
    """Say how many sets of statements cannot hold together, and over what."""
    over = list(ds["over"].values)
    if not over:
        return "None of the published statements contradicts another: 0 conflicts."
    return sentence(
        f"{len(over)} sets of statements cannot hold together: {over.count('definition')} measure different things, "
        f"{over.count('fact')} claim to measure the same"
    )


def pairs_finding(ds: xr.Dataset) -> str:
    """Say which parameters are known together better than apart."""
    tied = facts_of_calibration(ds).tied
    pairs = [f"{words(a)} with {words(b)} (correlation {r:+.2f})" for a, b, r in tied[:3]]
    return sentence(f"{len(tied)} pairs of parameters are tied{': ' if pairs else ''}{listed(pairs)}")


def influence_finding(ds: xr.Dataset) -> str:
    """Say which figure moves a parameter most when it is left out."""
    moved = np.nan_to_num(ds["moved"].values)
    row, column = np.unravel_index(int(np.abs(moved).argmax()), moved.shape)
    labels = dict(zip(ds["target"].values, ds["label"].values, strict=True))
    figure, parameter = labels[ds["left_out_name"].values[row]], words(str(ds["parameter"].values[column]))
    by = f"{moved[row, column]:+.1f} posterior standard deviations"
    return sentence(f"without {figure} the mean of {parameter} moves {by}")
