"""What worker processes do: run positions, draw, and run one in full; nothing here knows of pages."""
