"""Tables of text and numbers, and their output formats."""

from netzoo.tables import latex as latex  # registers itself as a format
