"""What a model costs, counted from its shapes; nothing is run."""

from netzoo.cost.count import cost_rule, count_cost

__all__ = ["cost_rule", "count_cost"]
