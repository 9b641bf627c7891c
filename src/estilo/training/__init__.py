"""Training of the neural engine: recipe, batches, losses, loop, checkpoints."""
