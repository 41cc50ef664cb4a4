"""What netzoo writes to disk, and how it reads it again."""
