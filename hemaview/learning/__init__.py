"""Training, scoring and publishing of models, in six wings: sets, engine, metrics, recipes, scoring, publish.

Beside them what all are given: `experiment.py`, which data on which terms, and `evidence.py`, what its scores are made of.
"""
