"""What the world is: units, chains, effects, services, expressions and prices, compiled to arrays."""
