"""Training a variant and publishing its weights and card.

Imports data and evaluation, which measures what was trained. `recipes` holds the hyperparameters
with their reasons. Start reading at `trainer`.
"""
