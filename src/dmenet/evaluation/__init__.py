"""Scoring methods on test sets: what the commands, and a training at its end, call."""

from dmenet.evaluation.methods import Method, weights_identity
from dmenet.evaluation.run import evaluate

__all__ = ["Method", "evaluate", "weights_identity"]
