"""Transforms: what is done to examples. Random ones draw from a key, shape (2,), and give the same for the same key."""
