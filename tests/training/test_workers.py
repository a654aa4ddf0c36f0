"""Two workers on the loopback interface compute what one process does; they save, are killed and go on together."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.training.breaking import metrics

EXAMPLE = Path(__file__).parents[2] / "examples" / "multi_worker"
TIMEOUT = 150


def cluster(count: int) -> list[str]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return [f"127.0.0.1:{port}" for port in ports]


@contextmanager
def workers(path: Path, *arguments: str, count: int = 2) -> Iterator[list[subprocess.Popen[str]]]:
    """Workers that train the example; the last one is gone when the block is left."""
    places, started = cluster(count), []
    for index in range(count):
        config = json.dumps({"cluster": {"worker": places}, "task": {"type": "worker", "index": index}})
        command = [sys.executable, "-m", "specc", "train", str(EXAMPLE / "digits.yaml"), "-o", str(path), *arguments]
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_CONFIG": config}
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment))
    try:
        yield started
    finally:
        for worker in started:
            worker.kill()
            worker.communicate()


def alone(path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "specc",
        "train",
        str(EXAMPLE / "digits.yaml"),
        "-o",
        str(path),
        "--distribute",
        "one_device",
        "--quiet",
    ]
    environment = {name: value for name, value in os.environ.items() if name != "TF_CONFIG"}
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=TIMEOUT)


def test_two_workers_compute_what_one_process_does(tmp_path: Path) -> None:
    alone(tmp_path / "alone")
    with workers(tmp_path / "two") as (chief, other):
        out, err = chief.communicate(timeout=TIMEOUT)
        quiet = other.communicate(timeout=TIMEOUT)[0]
        assert (chief.returncode, other.returncode) == (0, 0), err
    assert "2 workers, of which this is worker 0, the chief: `TF_CONFIG` names them; communication auto" in err
    assert out.rstrip().endswith(str(tmp_path / "two"))
    assert quiet == ""
    for one, two in zip(metrics(tmp_path / "alone"), metrics(tmp_path / "two"), strict=True):
        assert one == pytest.approx(two, abs=1e-5)
    first, second = (keras.saving.load_model(tmp_path / name / "model.keras").get_weights() for name in ("alone", "two"))
    for one, two in zip(first, second, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)


@pytest.mark.slow
def test_workers_stop_together_and_go_on_together(tmp_path: Path) -> None:
    """SIGTERM to the one that is not the chief: the chief saves, all leave, and the same command goes on."""
    alone(tmp_path / "alone")
    path, checkpoints = tmp_path / "two", tmp_path / "two" / "checkpoints"
    with workers(path, "--resume", "--quiet") as (chief, other):
        began = time.monotonic()
        while not list(checkpoints.glob("step-*[1-9]*.npz")):
            assert chief.poll() is None, chief.communicate()
            assert time.monotonic() - began < TIMEOUT
            time.sleep(0.01)
        other.send_signal(signal.SIGTERM)
        said = chief.communicate(timeout=TIMEOUT)
        codes = chief.returncode, other.wait(TIMEOUT)
    assert codes in {(143, 143), (0, 0)}, said  # it may have come when all was done
    with workers(path, "--resume", "--quiet") as both:
        for worker in both:
            worker.communicate(timeout=TIMEOUT)
        assert [worker.returncode for worker in both] == [0, 0]
    for one, two in zip(metrics(tmp_path / "alone"), metrics(path), strict=True):
        assert one == pytest.approx(two, abs=1e-5)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("{}", "`TF_CONFIG` names no workers"),
        ("not json", "`TF_CONFIG` cannot be read"),
        ('{"cluster": {"worker": ["127.0.0.1:1"]}, "task": {"type": "worker", "index": 0}}', None),
    ],
)
def test_who_the_workers_are_has_to_be_said(tmp_path: Path, config: str, told: str | None) -> None:
    """One worker alone is no cluster, and trains."""
    command = [sys.executable, "-m", "specc", "train", str(EXAMPLE / "digits.yaml"), "-o", str(tmp_path / "run"), "--quiet"]
    done = subprocess.run(
        [*command, "--set", "train.epochs=1"],
        env={**os.environ, "TF_CONFIG": config},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    if told is None:
        assert done.returncode == 0, done.stderr
    else:
        assert done.returncode == 2
        assert f"error[E0510]: {told}" in done.stderr
        assert "Traceback" not in done.stderr
