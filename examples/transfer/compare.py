"""Is it worth it to begin with weights that were learned before? Three seeds, other labelled scans each, mean and deviation.

python compare.py [SEED...]
"""

import statistics
import sys
from pathlib import Path

import specc

HERE = Path(__file__).parent
SEEDS = [int(seed) for seed in sys.argv[1:]] or [0, 1, 2]


def accuracy(name: str, seed: int, **overrides: object) -> float:
    """Trains a spec of this folder; gives the share of held-out digits that it reads."""
    parts = {f"data.{part}.source.digits.seed": seed for part in ("train", "validation")}
    spec = specc.load(HERE / f"{name}.yaml", overrides={"train.seed": seed, **parts, **overrides})
    run = specc.train(spec, directory=f"runs/{name}-{seed}", progress=False)
    return 100 * run.history[-1]["val_accuracy"]


def main() -> None:
    """Prints what each way reaches."""
    reached: dict[str, list[float]] = {"from_scratch": [], "fine_tuned": []}
    for seed in SEEDS:
        accuracy("digits_0_to_4", seed)
        reached["from_scratch"].append(accuracy("from_scratch", seed))
        begun = {"train.initialize.run.path": f"runs/digits_0_to_4-{seed}"}
        reached["fine_tuned"].append(accuracy("fine_tuned", seed, **begun))
    for name, found in reached.items():
        each = ", ".join(f"{value:.1f}" for value in found)
        spread = statistics.stdev(found) if len(found) > 1 else 0.0
        print(f"{name}: {statistics.mean(found):.1f}% +- {spread:.1f} (seeds: {each})")


if __name__ == "__main__":
    main()
