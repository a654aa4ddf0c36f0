"""The reference of every word, made from its declaration: `specc list`, `specc explain`, and the pages in `docs/reference`."""

from specc.reference.catalogue import EXPLANATIONS, kinds, names
from specc.reference.explanation import explain
from specc.reference.notation import flow
from specc.reference.pages import pages

__all__ = ["EXPLANATIONS", "explain", "flow", "kinds", "names", "pages"]
