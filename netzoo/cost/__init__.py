"""What a model costs, counted from its shapes; nothing is run."""
