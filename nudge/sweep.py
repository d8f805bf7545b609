"""The sweep under its public name; `nudge.evaluation.sweep` is where it lives."""

from nudge.evaluation.sweep import EPSILONS, AccuracyCurve, accuracy_curve

__all__ = ["EPSILONS", "AccuracyCurve", "accuracy_curve"]
