"""Simplification of a traced graph of torch's operations; every value stays equal to the bit."""

import operator
from typing import Any

import torch

MOST_FOLDED_BYTES = 1 << 20
RANDOM = ("bernoulli", "rand", "normal", "dropout", "multinomial", "uniform", "exponential")
ATEN = torch.ops.aten
# Their values depend on the shape of their argument alone.
LIKE = {ATEN.ones_like.default, ATEN.zeros_like.default}
# They move no data.
VIEWS = {ATEN.permute.default, ATEN.t.default, ATEN.transpose.int}


def simplify(module: Any, *, group: bool) -> None:
    """Simplify a graph module in place.

    group: whether to cast all weights in one operation, and all gradients in another. That saves
    launches on a GPU, and takes the memory of the results for good.
    Raises ValueError for a graph that reads a number from the device.
    """
    graph = module.graph
    if any(node.target is ATEN._local_scalar_dense.default for node in graph.nodes):
        raise ValueError("the model reads a number from a tensor, as .item() does")
    fold_constants(module)
    for node in graph.nodes:
        if node.target is ATEN.detach.default:  # nothing, where no gradient is taken
            node.replace_all_uses_with(node.args[0])
    graph.eliminate_dead_code()
    _merge_copies(graph)
    if group:
        _group_casts_of_weights(module)
        _group_casts_of_gradients(module)
    graph.eliminate_dead_code()
    module.recompile()


def fold_constants(module: Any) -> None:
    """Compute once what depends on no argument: tables and numbers that Keras sends to the device.

    Each copy from the host would wait for the device at every step, and cannot be recorded.
    """
    known: dict[Any, Any] = {}
    for node in module.graph.nodes:
        if node.op == "get_attr":
            value = operator.attrgetter(node.target)(module)
            if isinstance(value, torch.Tensor):
                known[node] = value
        elif _is_constant(node, known):
            args, kwargs = torch.fx.node.map_arg((node.args, node.kwargs), known.get)
            if node.target in LIKE and args[0] is None:
                value = node.args[0].meta["val"]
                args = (
                    torch.empty_strided(
                        value.shape, value.stride(), dtype=value.dtype, device=value.device
                    ),
                )
            with torch.no_grad():
                known[node] = node.target(*args, **kwargs)
    for node, value in known.items():
        if node.op == "get_attr" or all(user in known for user in node.users):
            continue
        with module.graph.inserting_before(node):
            constant = _buffer(module, value.detach().clone())
        node.replace_all_uses_with(constant)


def _is_constant(node: Any, known: dict[Any, Any]) -> bool:
    operation = node.target
    if node.op != "call_function" or not isinstance(operation, torch._ops.OpOverload):
        return False
    value = node.meta.get("val")
    return (
        (operation in LIKE or all(source in known for source in node.all_input_nodes))
        and not operation._schema.is_mutable
        and not any(word in str(operation) for word in RANDOM)
        and not str(operation).startswith("aten.empty")
        and isinstance(value, torch.Tensor)
        and value.numel() * value.element_size() <= MOST_FOLDED_BYTES
        and not any(_writes(user, node) for user in node.users)
    )


def _writes(user: Any, node: Any) -> bool:
    """Return whether an operation writes into the tensor of another."""
    if not isinstance(user.target, torch._ops.OpOverload):
        return True
    pairs = zip(user.target._schema.arguments, user.args, strict=False)
    return any(
        argument.alias_info is not None and argument.alias_info.is_write
        for argument, value in pairs
        if value is node or (isinstance(value, list | tuple) and node in value)
    )


def _merge_copies(graph: Any) -> None:
    """Let a cast write the memory format that a copy of its result has."""
    for clone in list(graph.nodes):
        if clone.target is not ATEN.clone.default or "memory_format" not in clone.kwargs:
            continue
        view = clone.args[0]
        cast = view.args[0] if view.target in VIEWS else view
        if not _is_cast(cast) or len(view.users) > 1 or len(cast.users) > 1:
            continue
        with graph.inserting_before(clone):
            source = cast.args[0]
            if cast is not view:
                source = graph.call_function(view.target, (source, *view.args[1:]))
            merged = graph.call_function(
                cast.target, (source,), {"dtype": cast.kwargs["dtype"], **clone.kwargs}
            )
        merged.meta = dict(clone.meta)
        clone.replace_all_uses_with(merged)
        for node in dict.fromkeys((clone, view, cast)):
            if not node.users:
                graph.erase_node(node)


def _is_cast(node: Any) -> bool:
    return (
        node.target is ATEN._to_copy.default
        and node.kwargs.get("dtype") is not None
        and "memory_format" not in node.kwargs
        and node.meta["val"].device == node.args[0].meta["val"].device
    )


def _group_casts_of_weights(module: Any) -> None:
    casts = [n for n in module.graph.nodes if _is_cast(n) and n.args[0].op == "placeholder"]
    casts = [n for n in casts if n.meta["val"].ndim]  # of weights, not of a counter
    if len(casts) > 1:
        _group(module, casts, before=casts[0])


def _group_casts_of_gradients(module: Any) -> None:
    """Cast together the gradients that the same operations take, as an update of weights does."""
    groups: dict[Any, list[Any]] = {}
    for node in module.graph.nodes:
        if node.target is ATEN._to_copy.default and all(_lists(user, node) for user in node.users):
            groups.setdefault(frozenset(node.users), []).append(node)
    order = {node: number for number, node in enumerate(module.graph.nodes)}
    for users, casts in groups.items():
        if len(casts) > 1:
            _group(module, casts, before=min(users, key=order.__getitem__))


def _lists(user: Any, node: Any) -> bool:
    """Return whether an operation takes a tensor in a list of tensors."""
    return any(isinstance(value, list | tuple) and node in value for value in user.args)


def _group(module: Any, casts: list[Any], before: Any) -> None:
    """Replace casts by one copy into buffers of the results' formats."""
    graph = module.graph
    with graph.inserting_before(before):
        places = []
        for node in casts:
            value = node.meta["val"]
            place = torch.empty_strided(
                value.shape, value.stride(), dtype=value.dtype, device=value.device
            )
            places.append(_buffer(module, place))
        graph.call_function(ATEN._foreach_copy_.default, (places, [node.args[0] for node in casts]))
    for node, place in zip(casts, places, strict=True):
        place.meta = dict(node.meta)
        node.replace_all_uses_with(place)
        graph.erase_node(node)


def _buffer(module: Any, value: Any) -> Any:
    """Give the module a buffer, and return a node that reads it, at the place of insertion."""
    name = f"_buffer_{len(dict(module.named_buffers(recurse=False)))}"
    module.register_buffer(name, value)
    node = module.graph.get_attr(name)
    node.meta = {"val": value}
    return node
