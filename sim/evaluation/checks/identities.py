"""Sums that need no simulation: hours in a post, what an episode of help costs, how many families posts can start."""

from __future__ import annotations


def posts_for(families: float, hours_each: float, post_hours: float = 37.0) -> float:
    """Give the posts that a caseload needs when every hour of the week were spent with families.

    Raises
    ------
    ValueError
        If a post has no hours.
    """
    if post_hours <= 0:
        raise ValueError(f"a post has {post_hours} hours a week; it must have more than 0")
    return families * hours_each / post_hours


def starts_a_year(posts: float, caseload: float, occupancy: float, months_engaged: float) -> float:
    """Give the families that posts can take on in a year: posts x caseload x occupancy x 12 / months."""
    return posts * caseload * occupancy * 12.0 / months_engaged


def episode_cost(post_month: float, months: float, caseload: float, occupancy: float, brokered: float = 0.0) -> float:
    """Give the cost of an episode: cost of a post a month x months / caseload / occupancy, plus help brokered in."""
    return post_month * months / caseload / occupancy + brokered
