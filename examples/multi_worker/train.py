"""Two workers on one machine, as on two: every process runs the same command, and `TF_CONFIG` tells each who it is.

    python examples/multi_worker/train.py

The workers talk over the loopback interface. The first is the chief, which shows the progress and writes the run's folder.
On real machines a cluster's launcher sets `TF_CONFIG`, and `specc train SPEC -o DIR` is all that there is to say, DIR
being a folder that all of them see. Takes a minute on a CPU.
"""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

SPEC = Path(__file__).with_name("digits.yaml")


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that nobody uses."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def main(folder: str = "runs/two_workers") -> int:
    cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(2)]}
    workers = []
    for index in range(2):
        config = json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})
        command = [sys.executable, "-m", "specc", "train", str(SPEC), "-o", folder]
        workers.append(subprocess.Popen(command, env={**os.environ, "TF_CONFIG": config}))
    return max(worker.wait() for worker in workers)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
