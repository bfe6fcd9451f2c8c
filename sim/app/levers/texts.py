"""A paragraph for each lever: what it is, what it stands on, and who disagrees. docs/app.md has the same."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "reading": (
        "How far help works. The evaluation of 2016 found nothing; that of 2019 found fewer children in care, set "
        "against families who were not helped; ministers claimed far more in 2011. Nobody can say which is right: "
        "the others are always drawn beside the one that is chosen."
    ),
    "effect": (
        "The key worker's own effects, all at once, as a share of what the chosen reading has (of the logarithm of"
        " each ratio). At 0 she only opens doors to others. The evaluations published no intervals, so that no "
        "share can be said to lie within them or beyond."
    ),
    "lasting": (
        "Months after the key worker has left during which part of her effect is still there. Families were "
        "followed for two years from the start of help: whatever is counted after month 24 rests on this figure, "
        "which nobody has measured."
    ),
    "caseload": (
        "How many families a key worker has at any one time: places, and hours with each family, follow from it. "
        "Programmes of before 2012 had five or six; the programme of 2015 to 2020 had some fifteen. More families "
        "are reached by the same posts; whether help is as strong then is a reading of its own (parameters.dose)."
    ),
    "dose": (
        "How strong a key worker with fewer or more families is than one of the programme that was measured, who "
        "had some fifteen. As measured: as strong in every month of help. In proportion: as much stronger as she "
        "has more hours for each family, which above the measured hours is an extrapolation. The third goes down "
        "with hours and not up."
    ),
    "posts": (
        "Posts once they are filled, in the whole study; the build-up before keeps its proportions. How many there"
        " were is told by how many families started each year, not by a count of posts, so that the number is an "
        "assumption."
    ),
    "post_price": (
        "What a key worker's post costs a month, with salary, on-costs and overheads. The tick is the price at "
        "which nothing is gained or lost. Nothing is simulated: what was counted is priced again. The price of a "
        "family's episode of help, her posts alone, follows from it and can be given instead."
    ),
    "care_price": (
        "The share of the average price of a year in care that is saved when one child less is looked after. 1 is "
        "the average, which holds homes and offices that do not go; a half is the placement alone. Treasury "
        "reviewers ask for the second, programmes report the first."
    ),
    "against": (
        "Today's services, which cost less, or the best use of the same money on them, which answers whether it is"
        " the money or the way of working. The second was searched for with the money of the unmoved study. "
        "Savings of families followed are against today's services; against the other, the whole programme's net "
        "value is shared among the families helped, and the readings are drawn so."
    ),
    "horizon": (
        "Years from the start of the regime that the programme's account and net values count; families first "
        "helped are followed for the study's own months whatever it is. Longer horizons count savings that nobody "
        "has observed."
    ),
    "discount": (
        "How much less a pound is worth a year later. The Green Book's rate is the rule for appraisal; none at all"
        " is for holding figures against published sums that are not discounted."
    ),
    "ledger": (
        "Which costs count. Narrow is what was measured for these families, wide adds services for everybody, and "
        "one more adds what the claim of 2011 counted and nobody has itemised. Ledgers overlap and are never "
        "added."
    ),
    "bias": (
        "Raises what services cost and cuts every other saving by the grade of the evidence, as the guidance on "
        "appraisal asks for. The shares are from memory, mirrored on costs: an assumption."
    ),
    "cash_lag": (
        "How long a place in care must stand empty before its money can be spent on something else. It moves the "
        "share of the saving that is cash, and nothing else."
    ),
    "cash_unit": (
        "Foster placements end one by one; a home that a council runs closes as a whole. Savings turn into cash "
        "only in such units. It moves the share of the saving that is cash, and nothing else."
    ),
    "area": (
        "All areas, or one authority with its own families and its share of every post. Where the study gives areas no "
        "rates of their own, nothing but size is the authority's: it shows how small teams and few families change the "
        "answer and not what is known of the place. 'families new NAME --authority' fits a study to what one "
        "authority publishes. Few families leave more to chance, which is shown."
    ),
    "prices": (
        "The same families and help at prices of another year: what was observed lately takes the place of the old "
        "price, all else is brought forward by the deflator, with the Green Book of that year. The price of a post is"
        " given in its own year whichever is chosen and is brought forward once. Prices that nobody has observed may "
        "be a long way off. Levels of today are another study, with other services and evidence, and take a minute."
    ),
}
"""By the name of a lever."""
