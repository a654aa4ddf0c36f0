"""What is optimised. `Objective` and `Terms` are what an objective of one's own is made of; see `specc.register.objective`."""

from specc.objectives.objective import Batch, Objective, Terms

__all__ = ["Batch", "Objective", "Terms"]
