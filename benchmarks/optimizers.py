"""Trains the network of `cnn_digits` with each optimizer, at a usual rate, and draws how the loss of the held-out digits falls.

    python benchmarks/optimizers.py [--epochs 15] [--only adam lion] [--write]

Prints what each reaches; with `--write` also makes `docs/optimizers.md` and its picture. A comparison of how optimizers
behave, not of how good they are: none has been tuned.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

DOCS = Path(__file__).parents[1] / "docs"

# Rates are the usual ones of each, for batches of 64 and a cosine.
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "sgd": {"learning_rate": 0.05},
    "sgd, momentum": {"learning_rate": 0.05, "momentum": 0.9},
    "sgd, nesterov": {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True},
    "adagrad": {"learning_rate": 0.03},
    "rmsprop": {"learning_rate": 1e-3},
    "adadelta": {"learning_rate": 1.0},
    "adam": {"learning_rate": 3e-3},
    "adamw": {"learning_rate": 3e-3, "weight_decay": 0.01},
    "adamax": {"learning_rate": 3e-3},
    "nadam": {"learning_rate": 3e-3},
    "adafactor": {"learning_rate": 1e-2},
    "lamb": {"learning_rate": 1e-2},
    "lion": {"learning_rate": 3e-4},
    "lars": {"learning_rate": 5.0},
}


def records_of(name: str, epochs: int, folder: Path) -> list[dict[str, Any]]:
    """The metrics of a run."""
    import specc

    word = name.partition(",")[0]
    spec = specc.load("cnn_digits", overrides={"train.optimizer": {word: OPTIMIZERS[name]}, "train.epochs": epochs})
    return specc.train(spec, directory=folder / name.replace(", ", "-"), progress=False).history


def main() -> None:
    """Trains, prints, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--only", nargs="*", default=list(OPTIMIZERS), choices=list(OPTIMIZERS), metavar="NAME")
    parser.add_argument("--write", action="store_true", help="make the page and its picture")
    options = parser.parse_args()
    runs = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in options.only:
            runs[name] = records_of(name, options.epochs, Path(folder))
            last = runs[name][-1]
            print(f"{name:16} loss {last['val_loss']:.4f}  accuracy {last['val_accuracy']:.1%}", flush=True)
    if options.write:
        write(runs, options.epochs)


def write(runs: dict[str, list[dict[str, Any]]], epochs: int) -> None:
    """The page, and the picture on it."""
    from specc.training.curves import draw_overlaid

    draw_overlaid(runs, "val_loss", DOCS / "optimizers.png", logarithmic=True, dotted=False)
    rows = [
        f"| {name} | {', '.join(f'{key} {value:g}' for key, value in OPTIMIZERS[name].items())} "
        f"| {records[-1]['val_loss']:.3f} | {records[-1]['val_accuracy']:.1%} |"
        for name, records in runs.items()
    ]
    page = f"""# Optimizers

`cnn_digits`, trained for {epochs} epochs with each optimizer, at a usual rate under a cosine; the loss of the held-out digits.

![Loss of the held-out digits over the epochs, one curve for each optimizer](optimizers.png)

| optimizer | settings | loss | held-out digits read rightly |
|---|---|---|---|
{chr(10).join(rows)}

One run each, seed 0, {date.today():%d %B %Y}, on two cores. None of the rates was tuned, so that this shows how they behave and
not which is best. `python benchmarks/optimizers.py --write` makes this page. In a spec one of them is written
`train: {{optimizer: {{adam: {{learning_rate: 3e-3}}}}}}`; [the reference](reference/optimizers.md) has their arguments and sources.
"""
    (DOCS / "optimizers.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
