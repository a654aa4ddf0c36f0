"""What is optimised. `Objective` and `Terms` are what an objective of one's own is made of; see `specc.register.objective`."""

from specc.objectives.objective import Batch, Length, Objective, Terms

__all__ = ["Batch", "Length", "Objective", "Terms"]
