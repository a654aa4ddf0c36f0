"""What a representation is worth: what a network makes of labelled examples, and how well neighbours there share a class."""
