"""What the page of a run says first, and the page for a submission; ``sim.report.html`` puts them together."""
