"""Callbacks: what looks at the epochs of a run and acts. In Python any `keras.callbacks.Callback` can be given beside them."""

from typing import Literal

from specc.registry.entry import Params, declare, param


class Monitor(Params):
    """What watches a metric."""

    monitor: str = param("The metric that is watched: `val_loss`, `val_accuracy`, `loss`.", default="val_loss")
    mode: Literal["auto", "min", "max"] = param(
        "Whether less or more is better; auto: less of losses and errors, more of others.", default="auto"
    )


@declare(
    "callback",
    "early_stopping",
    target="specc.training.callbacks.EarlyStopping",
    examples=[{}, {"monitor": "val_accuracy", "patience": 5, "restore_best_weights": True}],
)
class EarlyStopping(Monitor):
    """Ends a stage, which is the whole run where there are no stages, when a metric gets no better. Keras's `EarlyStopping`."""

    min_delta: float = param("By how much a metric must be better to count.", default=0.0, minimum=0)
    patience: int = param("Epochs in a row that may be no better.", default=0, minimum=0)
    baseline: float | None = param("A value that must be beaten; none: the best so far alone.", default=None)
    restore_best_weights: bool = param("Whether the weights of the best epoch are kept, else those of the last.", default=False)
    start_from_epoch: int = param("Epochs of the run after which it begins to watch.", default=0, minimum=0)


@declare(
    "callback",
    "model_checkpoint",
    target="specc.training.callbacks.ModelCheckpoint",
    examples=[{}, {"monitor": "val_accuracy"}],
    also=["best_model", "save_best"],
)
class ModelCheckpoint(Monitor):
    """Keeps the model of the best epoch in the run's folder as `best.keras`, beside the last one in `model.keras`."""


@declare("callback", "csv_logger", target="specc.training.callbacks.CSVLogger", also=["csv"])
class CSVLogger(Params):
    """Writes the metrics of every epoch to `metrics.csv` in the run's folder too."""


@declare(
    "callback",
    "tensor_board",
    target="specc.training.callbacks.TensorBoard",
    examples=[{}, {"histogram_freq": 5}],
    also=["tensorboard"],
)
class TensorBoard(Params):
    """Writes metrics for TensorBoard to the folder `tensorboard` of the run; `tensorboard --logdir runs` shows them."""

    histogram_freq: int = param("Epochs between two histograms of the weights; 0: none.", default=0, minimum=0)
