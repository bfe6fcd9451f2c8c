"""Text of made-up censuses, element by element."""

from __future__ import annotations

from datetime import date

CENSUS_HEAD = """\
<?xml version="1.0" encoding="utf-8"?>
<Message>
<Header><CollectionDetails><Collection>CIN</Collection><ReferenceDate>2025-03-31</ReferenceDate></CollectionDetails>
<Source><LEA>855</LEA></Source></Header>
<Children>
"""
CENSUS_TAIL = "</Children>\n</Message>\n"
BORN = "<PersonBirthDate>2015-05-05</PersonBirthDate>"


def element(name: str, text: str) -> str:
    return f"<{name}>{text}</{name}>" if text else ""


def plan(begun: str, ended: str = "") -> str:
    return element("ChildProtectionPlans", element("CPPstartDate", begun) + element("CPPendDate", ended))


def episode(referred: str, closed: str = "", why: str = "", flag: str = "0", plans: str = "") -> str:
    """Write an episode, with the order of elements that the specification has."""
    days = element("CINreferralDate", referred) + element("CINclosureDate", closed) + element("ReasonForClosure", why)
    return element("CINdetails", days + element("ReferralNFA", flag) + plans)


def child(name: str, *episodes: str, born: str = BORN) -> str:
    """Write a child on one line: column 1 is <Child>, 26 its id."""
    ids = f"<ChildIdentifiers><LAchildID>{name}</LAchildID>{born}</ChildIdentifiers>"
    return f"<Child>{ids}{''.join(episodes)}</Child>\n"


def census(*children: str) -> str:
    """Write a census; its first child stands on line 6."""
    return CENSUS_HEAD + "".join(children) + CENSUS_TAIL


def iso(day: int) -> str:
    return date.fromordinal(day).isoformat()
