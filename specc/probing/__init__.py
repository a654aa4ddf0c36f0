"""Probes: what can be learned from a representation, by nearest neighbours, a linear layer, or fine-tuning with few labels."""

from specc.probing.probe import Probed, probe

__all__ = ["Probed", "probe"]
