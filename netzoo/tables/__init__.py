"""A table of text and numbers, and the forms that it is printed in."""

from netzoo.tables import latex as latex  # adds itself to the forms of a table
