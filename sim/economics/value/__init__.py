"""Is it worth it: terms, increments between regimes, net present values, ratios and switching values."""
