"""From a checked config to the data of a model, part by part."""
