"""From a recipe, a model and images to trained epochs."""
