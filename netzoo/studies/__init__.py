"""Questions that take several trainings: what to train for them, and what the result says."""
