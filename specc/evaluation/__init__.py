"""What a trained model is worth, and what it says about an image."""

from specc.evaluation.measure import Evaluation, evaluate
from specc.evaluation.prediction import Prediction, predict

__all__ = ["Evaluation", "Prediction", "evaluate", "predict"]
