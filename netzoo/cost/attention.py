"""The matrix products of the attention layers that are called on a list, without weights in it."""

from typing import Any

from netzoo.cost.graph import Call, batch_of_one
from netzoo.cost.operations import Needs, Product, product


def dot_product(call: Call, needs: Needs) -> list[Product]:
    """Return the products of Attention, called on [query, value, key]."""
    if call.operation.score_mode != "dot":
        return additive(call, needs)
    query, value, key = _operands(call)
    pairs, size = _pairs(query, value), query.shape[-1]
    return [
        _weighed(call, needs),
        product(pairs * size, needs(query), needs(key)),
        Product(0, 0, 2 * pairs),  # scale and softmax of the scores
    ]


def additive(call: Call, needs: Needs) -> list[Product]:
    """Return the products of AdditiveAttention, or of Attention whose scores are sums of tanh.

    Such scores have no product: a sum, its tanh and its weight for each element, then their sum
    and softmax.
    """
    query, value, _ = _operands(call)
    elements = _pairs(query, value) * (4 * query.shape[-1] + 1)
    return [_weighed(call, needs), Product(0, 0, elements)]


def _weighed(call: Call, needs: Needs) -> Product:
    """Return the product of the scores with the values."""
    query, value, key = _operands(call)
    trained = any(weight.trainable for weight in call.operation.weights)
    macs = _pairs(query, value) * value.shape[-1]
    return product(macs, trained or needs(query) or needs(key), needs(value))


def _operands(call: Call) -> tuple[Any, Any, Any]:
    """Return query, value and key; without a key, the value serves as key."""
    query, value, *rest = (call.arguments or tuple(call.keywords.values()))[0]
    return query, value, rest[0] if rest else value


def _pairs(query: Any, value: Any) -> int:
    """Return how many scores there are: one for each pair of a query and a value."""
    batch, length, _ = batch_of_one(query.shape)
    return int(batch * length * value.shape[1])
