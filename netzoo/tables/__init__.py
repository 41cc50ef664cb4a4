"""A table of text and numbers, and the forms that it is printed in."""
