"""The stages of a run: for each a job, made when it begins, on the weights that the one before has left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from specc.diagnostics import fail
from specc.graph import KerasCall
from specc.keras_backend.build import construct
from specc.keras_backend.network import Network
from specc.language.step_paths import frozen_layers
from specc.objectives.choice import objective_of
from specc.objectives.objective import Length, Objective
from specc.objectives.registered import try_losses
from specc.registry.entry import Choice
from specc.registry.experiment import Freeze, Stage, Train
from specc.representations.looks import Look
from specc.training.averages import settle
from specc.training.callbacks import callback_of, mode_of
from specc.training.distribution import on_gpu
from specc.training.groups import factors_of, set_factors
from specc.training.job import Beginning, Job
from specc.training.preparation import Prepared
from specc.training.schedules import Rate, learning_rate, plateau_of


@dataclass(frozen=True)
class Stages:
    """The stages of a run.

    Args:
        network: the models, with the weights that the first stage begins with.
        prepared: the stages with their data.
        setting: what holds for all of them.
        callbacks: Keras callbacks, which see all stages.
        folder: the run's.
        looks: what is measured between epochs.
    """

    network: Network
    prepared: Sequence[Prepared]
    setting: Train
    strategy: tf.distribute.Strategy
    callbacks: Sequence[keras.callbacks.Callback]
    folder: Path
    looks: Sequence[Look] = ()

    def job(self, beginning: Beginning, before: Job | None = None) -> Job:
        """The job of a stage.

        What the optimizer has gathered is carried over where it is the same one and the same weights learn; so is the
        objective's state, where that is the same.

        Args:
            before: the job of the stage before, where there was one in this process.
        """
        with self.strategy.scope():
            return self._job(beginning, before)

    def after(self, job: Job, epoch: int) -> Job | None:
        """The job of the next stage, if there is one. It begins with the mean of the weights, where the stage before keeps one.

        Args:
            job: of the stage that has ended.
            epoch: epochs that are done.
        """
        number = job.beginning.number + 1
        if number == len(self.prepared):
            return None
        settle(job.optimizer)
        return self.job(Beginning(number, epoch, job.steps_until(epoch)), job)

    def _job(self, beginning: Beginning, before: Job | None) -> Job:
        here, graph = self.prepared[beginning.number], self.network.training_graph
        setting = here.setting
        set_trainable(self.network, setting.freeze)
        variables = self.network.training.trainable_variables
        if not variables:
            raise fail("E0509", "the model has no weights that learn", help="a step with weights must be without `trainable: false`")
        try_losses(here.wired, graph, here.training.fields)
        objective = objective_of(setting, here.wired, graph, here.training.fields)
        gathered = before.optimizer if before is not None and _same_optimizer(before, setting, variables) else None
        if gathered is not None:
            beginning = replace(beginning, updates=_updates(gathered))
        length, peak = Length(here.training.steps, setting.epochs), vars(setting.optimizer.params)["learning_rate"]
        rate = learning_rate(setting.schedule, peak, length, beginning.updates)
        optimizer = make_optimizer(setting.optimizer, rate, self.setting.precision)
        optimizer.build(variables)
        set_factors(optimizer, factors_of(variables, graph, setting.groups))
        if gathered is not None:
            _carry_over(gathered, optimizer)
        same = before is not None and before.setting.objective == setting.objective
        return Job(
            network=self.network,
            objective=objective,
            optimizer=optimizer,
            training=here.training,
            validation=here.validation,
            strategy=self.strategy,
            epochs=beginning.epoch + setting.epochs,
            steps_per_execution=self.setting.steps_per_execution,
            jit_compile=compiles(self.setting, self.strategy),
            accumulate=setting.accumulate,
            terminate_on_nan=self.setting.terminate_on_nan,
            callbacks=[*self._callbacks(here, objective, rate), *self.callbacks],
            state=before.state if before is not None and same else objective.setup(self.network, length),
            beginning=beginning,
            looks=self.looks,
            setting=setting,
        )

    def _callbacks(self, here: Prepared, objective: Objective, rate: Rate) -> list[keras.callbacks.Callback]:
        """Those that the spec names, and what watches the schedule."""
        names = reported(objective, self.network, validated=here.validation is not None)
        made = [
            callback_of(choice, self.folder, names, here.span_of("callbacks", number, choice.name))
            for number, choice in enumerate(here.setting.callbacks)
        ]
        plateau, schedule = plateau_of(rate), here.setting.schedule
        if plateau is not None and schedule is not None:
            made.append(plateau.callback(mode_of(schedule, names, here.span_of("schedule", schedule.name))))
        return made


def reported(objective: Objective, network: Network, *, validated: bool) -> list[str]:
    """The names of all metrics of a record."""
    measured = [f"val_{name}" for name in ("loss", *objective.names(network, training=False))] if validated else []
    return ["loss", *objective.names(network, training=True), *measured]


def set_trainable(network: Network, freeze: Freeze | None) -> None:
    """Lets the weights learn that are not frozen. Frozen batch normalization works by its averages, as Keras's does then."""
    for model, graph in ((network.training, network.training_graph), (network.inference, network.inference_graph)):
        frozen, layers = frozen_layers(graph, freeze), {layer.name: layer for layer in model.layers}
        for layer in graph.layers:
            if layer.name in layers:
                layers[layer.name].trainable = layer.trainable and layer.path not in frozen


def make_optimizer(choice: Choice, rate: Rate, precision: str) -> keras.optimizers.Optimizer:
    """The optimizer with its schedule, and with loss scaling where half precision needs it."""
    call = choice.call()
    optimizer = construct(KerasCall(call.target, call.args, {**call.kwargs, "learning_rate": rate}))
    return keras.optimizers.LossScaleOptimizer(optimizer) if precision == "mixed_float16" else optimizer


def compiles(setting: Train, strategy: tf.distribute.Strategy) -> bool:
    """Whether XLA compiles steps: on a CPU it is slower, and replicas cannot meet inside."""
    if setting.jit_compile == "auto":
        return on_gpu() and strategy.num_replicas_in_sync == 1
    return bool(setting.jit_compile)


def _same_optimizer(before: Job, setting: Stage, variables: Sequence[Any]) -> bool:
    """Whether what an optimizer has gathered is of use to a stage: only its rate and its decay may differ, and the same weights learn.

    Weights that begin to learn later would be corrected for a start that others have behind them.
    """
    word, params = setting.optimizer.name, setting.optimizer.params
    other = before.setting.optimizer
    numbers = ("learning_rate", "weight_decay")
    differing = {name for name in vars(params) if vars(params)[name] != vars(other.params).get(name)} - {*numbers}
    learned = _inner(before.optimizer)._trainable_variables
    return word == other.name and not differing and list(map(id, learned)) == list(map(id, variables))


def _inner(optimizer: Any) -> Any:
    """The optimizer itself, without the scaling of the loss around it."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def _updates(optimizer: keras.optimizers.Optimizer) -> int:
    return int(keras.ops.convert_to_numpy(_inner(optimizer).iterations))


def _carry_over(before: keras.optimizers.Optimizer, after: keras.optimizers.Optimizer) -> None:
    """Gives an optimizer all that the other has gathered, but the learning rate, which the setting says."""
    gathered = [[variable for variable in each.variables if variable.name != "learning_rate"] for each in (before, after)]
    for old, new in zip(*gathered, strict=True):
        new.assign(old)
