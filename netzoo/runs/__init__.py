"""From a list of models to trained trials and their comparison."""
