"""Transforms: what is done to each example before it is batched."""
