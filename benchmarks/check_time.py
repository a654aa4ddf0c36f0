"""How long `specc check` takes, as whole processes.

    python benchmarks/check_time.py [--rounds 9]

Compares a spec of ResNet-152's size with `python -c "import tensorflow"`, and a spec of 10,000 steps with one of
1,000. The commands of a comparison take turns within one run, so that a busy machine disturbs all of them alike.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RESNET152 = ["check", "resnet50", "--param", "depths=[3, 8, 36, 3]"]


def seconds(command: list[str]) -> float:
    """Wall time of a process that has to succeed."""
    # Installed packages come with their bytecode; a setting that forbids writing it would have specc compiled every time.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def interleaved(commands: dict[str, list[str]], rounds: int) -> dict[str, list[float]]:
    """The times of several commands that take turns; the first round only warms the disk cache."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            taken = seconds(command)
            if turn:
                times[name].append(taken)
    return times


def flat_spec(folder: Path, steps: int) -> Path:
    """A spec of convolutions, every tenth of them faultless in another way, no two lines alike."""
    lines = ["specc: 1", f"name: flat_{steps}", "inputs: {image: [64, 64, 8]}", "layers:"]
    for number in range(steps):
        options = f"filters: {8 + number % 7}, kernel_size: {1 + 2 * (number % 3)}, padding: same"
        lines.append(f"  - conv2d: {{{options}}}" if number % 10 else "  - batch_normalization")
    path = folder / f"flat_{steps}.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path


def show(times: dict[str, list[float]]) -> dict[str, float]:
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    for name, taken in times.items():
        print(f"  {name:<28} median {medians[name]:6.3f} s   fastest {min(taken):6.3f} s   slowest {max(taken):6.3f} s")
    return medians


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    specc = [str(Path(sys.executable).with_name("specc"))]

    print("ResNet-152's size, against importing TensorFlow")
    medians = show(
        interleaved(
            {
                "specc check": specc + RESNET152,
                "import tensorflow": [sys.executable, "-c", "import tensorflow"],
                "python, doing nothing": [sys.executable, "-c", "pass"],
            },
            rounds,
        )
    )
    print(f"  import tensorflow takes {medians['import tensorflow'] / medians['specc check']:.1f} times specc check\n")

    print("1,000 steps and 10,000 steps")
    with tempfile.TemporaryDirectory() as folder:
        specs = {steps: flat_spec(Path(folder), steps) for steps in (1_000, 10_000)}
        medians = show(interleaved({f"{steps:,} steps": [*specc, "check", str(path)] for steps, path in specs.items()}, rounds))
    print(f"  ten times the steps take {medians['10,000 steps'] / medians['1,000 steps']:.1f} times the time")


if __name__ == "__main__":
    main()
