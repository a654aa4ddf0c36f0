"""Distributions: which devices work on a batch together. Numbers do not depend on it."""

from typing import Literal

from specc.registry.entry import Params, declare, param


@declare("distribution", "auto", target="specc.training.distribution.auto")
class Auto(Params):
    """What the machine has: several workers where `TF_CONFIG` names them, else all GPUs where there are several, else one device."""


@declare("distribution", "one_device", target="specc.training.distribution.one_device", examples=[{}, {"device": "GPU:1"}])
class OneDevice(Params):
    """One device."""

    device: str | None = param("Its name, such as `GPU:1`; none: the first GPU, or the CPU.", default=None)


@declare("distribution", "mirrored", target="specc.training.distribution.mirrored", examples=[{}, {"devices": ["GPU:0", "GPU:1"]}])
class Mirrored(Params):
    """Several devices of one machine, each with all the weights and a part of every batch.

    Formula: the gradient is the sum over devices of the gradient of each part, divided by the size of the whole batch.
    """

    devices: list[str] = param("Their names; without any, all GPUs, or where there is none, all logical CPUs.", default=[])


@declare("distribution", "multi_worker", target="specc.training.distribution.multi_worker", examples=[{}, {"communication": "nccl"}])
class MultiWorker(Params):
    """Several machines, or processes, each with all the weights and a part of every batch; `TF_CONFIG` in the environment names them.

    Each runs the same command. The first, which is the chief, writes the run's folder; it has to be one that all of them see.
    """

    communication: Literal["auto", "ring", "nccl"] = param("How gradients travel: `nccl` between GPUs, `ring` over gRPC.", default="auto")
