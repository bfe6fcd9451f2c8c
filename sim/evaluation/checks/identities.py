"""Sums that need no simulation: hours in a post, what an episode of help costs, how many families posts can start."""

from __future__ import annotations


def weekly_hours(families: float, hours_each: float) -> float:
    """Give the weekly hours face to face of a caseload."""
    return families * hours_each


def posts_for(families: float, hours_each: float, post_hours: float = 37.0) -> float:
    """Give the posts that a caseload needs when every hour of the week were spent with families.

    Raises
    ------
    ValueError
        If a post has no hours.
    """
    if post_hours <= 0:
        raise ValueError(f"a post has {post_hours} hours a week; it must have more than 0")
    return weekly_hours(families, hours_each) / post_hours


def check_post(families: float, hours_each: float, post_hours: float = 37.0) -> None:
    """Refuse a caseload that does not fit into one post.

    Raises
    ------
    ValueError
        With the hours needed and the two ways out: fewer families, or sharing them among posts.
    """
    needed = weekly_hours(families, hours_each)
    if needed > post_hours:
        raise ValueError(
            f"{families:g} families at {hours_each:g} hours a week are {needed:g} hours; one post has {post_hours:g}: "
            f"take at most {int(post_hours // hours_each)} families, or share them among "
            f"{posts_for(families, hours_each, post_hours):.2f} posts and say so"
        )


def starts_a_year(posts: float, caseload: float, occupancy: float, months_engaged: float) -> float:
    """Give the families that posts can take on in a year: posts x caseload x occupancy x 12 / months."""
    return posts * caseload * occupancy * 12.0 / months_engaged


def episode_cost(post_month: float, months: float, caseload: float, occupancy: float, brokered: float = 0.0) -> float:
    """Give the cost of an episode: cost of a post a month x months / caseload / occupancy, plus help brokered in."""
    return post_month * months / caseload / occupancy + brokered
