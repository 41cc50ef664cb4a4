"""Running comparisons: plan, worker processes, folder."""
