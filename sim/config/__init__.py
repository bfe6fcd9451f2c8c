"""The edge: YAML configs in, scenarios out, with file, line and column in every message."""

from sim.config.loading import load

__all__ = ["load"]
