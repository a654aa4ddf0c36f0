"""Representations learned by telling views of one example from those of others."""
