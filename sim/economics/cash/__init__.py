"""Who pays, when, from which budget: cash by year, pools, funds, posts and who gains or loses."""
