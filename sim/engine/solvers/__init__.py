"""The ways to run one model: families, exact cells, case by case, a moment closure; and which one answers."""
