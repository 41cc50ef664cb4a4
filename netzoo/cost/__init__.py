"""What a model costs, counted from its shapes; nothing is run."""

from netzoo.cost.count import count_cost

__all__ = ["count_cost"]
