"""Image files, as a source has found them, brought to training and test images."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from netzoo import units
from netzoo.data import decoding, groups, pictures, reading, splits
from netzoo.data.pictures import Header
from netzoo.data.reading import Files, Form
from netzoo.data.settings import Settings
from netzoo.data.source import FileFacts, Images, Split, split_table
from netzoo.errors import DataError


def from_files(
    name: str,
    kind: str,
    found: Mapping[str, Files],
    class_names: Sequence[str],
    settings: Settings,
    lines: Sequence[str] = (),
) -> Images:
    """Return a data set of image files, decoded; kind: in words, "folder of images".

    found: by split. The images are in the order of their contents' SHA-256, in which neither names
    nor classes matter. lines: what was said of them so far. Raises DataError.
    """
    test_name, words = splits.serving_as_test(found, name, settings)
    train, heads, damaged = _readable(name, found[splits.TRAIN], settings)
    if test_name is None:
        if settings.group:
            found_groups = groups.named(name, settings.group, train.names)
            held = groups.held_out(name, found_groups, train.labels, settings.test)
        else:
            digests = [head.digest for head in heads]
            held = splits.held_out(name, digests, train.labels, settings.test)
        test, test_heads = _chosen(train, heads, np.flatnonzero(held))
        train, heads = _chosen(train, heads, np.flatnonzero(~held))
        words = splits.held_out_words(settings.test, settings.group)
    else:
        test, test_heads, more = _readable(name, found[test_name], settings)
        damaged = [*damaged, *more]
    said = splits.class_lines(name, class_names, train.labels, test.labels)
    form = reading.form_of(name, train, heads, test_heads, settings)
    _check_kinds(name, form, test_heads)
    parts, names, kept_heads = [], [], []
    decoded, where = decoding.decoded(((train, heads), (test, test_heads)), form)
    _check(name, (train, test), [reasons for _, reasons in decoded], settings)
    for files, its_heads, (images, reasons) in zip(
        (train, test), (heads, test_heads), decoded, strict=True
    ):
        good = [place for place, reason in enumerate(reasons) if not reason]
        names.append(tuple(files.names[place] for place in good))
        kept_heads.append([its_heads[place] for place in good])
        damaged += [(files.names[at], reason) for at, reason in enumerate(reasons) if reason]
        whole = Split(images, files.labels)
        parts.append(whole if len(good) == len(files) else whole.only(np.array(good)))
    if damaged:  # of which some are seen as they are decoded
        said = splits.class_lines(name, class_names, *(part.labels for part in parts))
    if settings.group:
        parts = groups.added(name, settings.group, parts, names)
    seen = sum(len(found[split]) for split in (splits.TRAIN, test_name) if split is not None)
    left_out = seen - sum(map(len, names))
    return Images(
        name,
        f"{kind}{words}{form.words}; decoded by {pictures.decoder()}",
        tuple(class_names),
        parts[0],
        parts[1],
        lines=(
            *lines,
            *([f"Damaged: {_images(left_out)} left out."] if left_out else []),
            *said,
            *splits.copy_lines([h.digest for h in heads], [h.digest for h in test_heads]),
            *_done_lines([*heads, *test_heads], form),
            *where,
        ),
        split_table=split_table(class_names, parts, names),
        files=FileFacts(
            sizes=tuple(tuple(head.size for head in each) for each in kept_heads),
            kinds=tuple(tuple(head.kind for head in each) for each in kept_heads),
            damaged=tuple(damaged),
        ),
    )


def _images(count: int) -> str:
    return f"{units.exact(count)} image{' is' if count == 1 else 's are'}"


def _readable(
    name: str, files: Files, settings: Settings
) -> tuple[Files, list[Header], list[tuple[str, str]]]:
    """Return the files whose headers can be read, in the order of contents, and the headers.

    Also the names of the others, each with the reason.
    """
    found = reading.headers(files)
    reasons = [each if isinstance(each, str) else "" for each in found]
    _check(name, [files], [reasons], settings)
    heads = [each for each in found if isinstance(each, Header)]
    bad = [(files.names[at], reason) for at, reason in enumerate(reasons) if reason]
    files = files.only([place for place, reason in enumerate(reasons) if not reason])
    order = sorted(range(len(heads)), key=lambda at: (heads[at].digest, files.names[at]))
    return files.only(order), [heads[at] for at in order], bad


def _chosen(
    files: Files, heads: Sequence[Header], places: NDArray[np.intp]
) -> tuple[Files, list[Header]]:
    return files.only(places), [heads[int(place)] for place in places]


def _check(
    name: str, parts: Sequence[Files], reasons: Sequence[Sequence[str]], settings: Settings
) -> None:
    """Raise DataError, with the first reason, for files with a reason against them.

    Not if damaged files are to be left out and some are left of each part.
    """
    bad = [
        (files.names[place], reason)
        for files, each in zip(parts, reasons, strict=True)
        for place, reason in enumerate(each)
        if reason
    ]
    if bad and not (settings.leaves_out and all("" in each for each in reasons)):
        first, reason = bad[0]
        raise DataError(
            f"{name}: {units.exact(len(bad))} of {units.exact(sum(map(len, parts)))} images cannot "
            f"be read, such as {first}: {reason}. Repair, convert or remove them, or leave them "
            "out by @damaged=skip behind the path."
        )


def _check_kinds(name: str, form: Form, test: Sequence[Header]) -> None:
    """Raise DataError for test images of more, or fewer, bits a value than the training images."""
    is_numbers = form.kind == pictures.NUMBERS
    other = [head for head in test if (head.kind == pictures.NUMBERS) != is_numbers]
    if other:
        few, more = ("8", "more than 8") if is_numbers else ("more than 8", "8")
        raise DataError(
            f"{name}: {len(other)} of {len(test)} test images have {few} bits a value, the "
            f"training images {more}; expected one kind, since there is no common range."
        )


def _done_lines(heads: Sequence[Header], form: Form) -> list[str]:
    """Return the line of what was done to images, empty if nothing was."""
    frames = sum(head.frames - 1 for head in heads)
    done = {
        f"resized to {units.shape(form.size)} px": sum(head.size != form.size for head in heads),
        "turned as their EXIF says": sum(head.is_turned for head in heads),
        "transparent, laid on white": sum(head.is_transparent for head in heads),
        f"animated, the first frame read ({frames} left out)": sum(h.frames > 1 for h in heads),
        "of 16-bit colour, read with 8 bits": sum(head.is_deep for head in heads),
        "grey, read as colour": sum(
            head.kind == pictures.GREY for head in heads if form.kind == pictures.COLOUR
        ),
        "colour, read as grey": sum(
            head.kind == pictures.COLOUR for head in heads if form.kind == pictures.GREY
        ),
    }
    told = [f"{units.exact(count)} {what}" for what, count in done.items() if count]
    return [f"Images: {', '.join(told)}."] if told else []
