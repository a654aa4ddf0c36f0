"""A spec printed as Python: the Keras source that makes the same model, as one would have written it by hand.

Imports neither TensorFlow nor Keras. The source is printed from the document, so that blocks are functions, repeats
loops and expressions expressions; tests hold what it makes against what `build` makes.
"""

from __future__ import annotations

from specc.keras_backend.emission.program import Program
from specc.language.pending import require_built
from specc.language.spec import Spec


def emit(spec: Spec) -> str:
    """The Python source of a spec's model.

    Raises:
        SpecError: the spec is wrong, or holds something that has no form in Python (E0601).
    """
    require_built(spec.graph(), spec.graph(training=True))
    return Program(spec).source()
