"""Results: trials and probes side by side, made from their records, each with its table."""
