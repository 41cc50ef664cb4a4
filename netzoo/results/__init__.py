"""What netzoo gives back: trials and probes side by side, made from their records."""
