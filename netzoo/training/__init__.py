"""Training: epochs of a model on images by a recipe, with one step for each backend."""
