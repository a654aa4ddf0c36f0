"""A spec printed as the Python source of its model: structure kept, expressions kept."""
