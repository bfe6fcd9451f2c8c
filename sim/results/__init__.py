"""From counts to findings: the Dataset, money, outcomes, summaries and the folder they are kept in."""
