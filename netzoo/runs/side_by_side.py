"""Trials that run at the same time: one loop that hears all their processes."""

import selectors
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

from netzoo.runs.conversation import Conversation
from netzoo.runs.places import Place

# It yields a process and goes on when that has something to say; KeyboardInterrupt thrown into it
# ends it at once, and closing it kills its process.
Task = Generator[Conversation, None, None]


@dataclass(eq=False)
class _Running:
    task: Task
    place: Place
    process: Conversation | None = None


def run_side_by_side(
    tasks: Iterator[Callable[[Place], Task]],
    places: Sequence[Place],
    halted: Callable[[], bool],
) -> None:
    """Run tasks, as many at once as there are places; each begins as soon as a place is free.

    halted: whether those that run are to end at once, by a KeyboardInterrupt. What a task raises
    closes all others, and is raised.
    """
    free, running = list(reversed(places)), list[_Running]()
    with selectors.DefaultSelector() as selector:
        try:
            while True:
                try:
                    _fill(tasks, free, running, selector)
                    if not running:
                        return
                    for key, _ in selector.select():
                        _advance(key.data, free, running, selector)
                        if halted():
                            raise KeyboardInterrupt
                except KeyboardInterrupt:
                    for each in list(running):
                        _advance(each, free, running, selector, KeyboardInterrupt())
        finally:
            for each in running:
                each.task.close()


def _fill(
    tasks: Iterator[Callable[[Place], Task]],
    free: list[Place],
    running: list[_Running],
    selector: selectors.BaseSelector,
) -> None:
    while free:
        begin = next(tasks, None)
        if begin is None:
            return
        place = free.pop()
        begun = _Running(begin(place), place)
        running.append(begun)
        _advance(begun, free, running, selector)


def _advance(
    one: _Running,
    free: list[Place],
    running: list[_Running],
    selector: selectors.BaseSelector,
    error: BaseException | None = None,
) -> None:
    """Let a task go on until it waits again, or ends and frees its place."""
    if one not in running:  # it ended while others were heard
        return
    before, one.process = one.process, None
    if before is not None:
        selector.unregister(before)
    try:
        one.process = next(one.task) if error is None else one.task.throw(error)
    except StopIteration:
        running.remove(one)
        free.append(one.place)
    except BaseException:
        running.remove(one)
        raise
    else:
        selector.register(one.process, selectors.EVENT_READ, one)
