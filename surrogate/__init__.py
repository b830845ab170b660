"""Networks, objectives, training loop, checkpoints, prediction and the baselines they must beat."""
