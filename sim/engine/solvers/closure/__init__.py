"""Expected counts of models too large for exact cells: small joint tables that share what moves them."""
