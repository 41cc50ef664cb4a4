"""The index of a pack: of each record what lists and comparisons need, a row each.

What many records share (the trial but for its seed, the cost, device, versions, …) is written once,
under a digest of its content, in the first index that needs it.
"""

import hashlib
from typing import Any

import msgspec

from netzoo.records.trial import EpochRecord, Epochs, ListedRecord, TrialRecord, TrialStatus


class Row(msgspec.Struct, array_like=True, gc=False):
    """What a list shows of a record.

    shared: what it shares with others; in the file, its place in `uses`. pack: the file of the
    record, None in the index; start, length: in bytes, its place there. epochs: the finished ones.
    """

    name: str
    shared: Any
    pack: Any
    seed: int
    status: TrialStatus
    epochs: int
    start: int
    length: int
    test_accuracy: float | None
    seconds: float | None
    error: str | None
    test_loss: float | None
    final_train_loss: float | None
    final_train_accuracy: float | None


class WholeRow(Row, array_like=True, gc=False):
    """What a comparison needs besides; history: the values of each EpochRecord."""

    class_recalls: tuple[float | None, ...] | None
    history: tuple[tuple[Any, ...], ...]


class Head(msgspec.Struct):
    """An index, read without its rows."""

    pack_bytes: int
    shared: dict[str, msgspec.Raw]


class Index(msgspec.Struct):
    """An index, read with the rows of a list. pack_bytes: the size of its pack.

    shared: by digest, what no older index has. uses: the digests of all that its rows share.
    """

    pack_bytes: int
    uses: list[str]
    shared: dict[str, ListedRecord]
    rows: list[Row]


class WholeIndex(msgspec.Struct):
    """An index, read with the rows of a comparison; other fields as in an Index."""

    pack_bytes: int
    uses: list[str]
    shared: dict[str, ListedRecord]
    rows: list[WholeRow]


def shared_part(record: TrialRecord, test_counts: tuple[int, ...]) -> ListedRecord:
    """Return a record without what differs between the seeds of a model."""
    return ListedRecord(
        trial=record.trial.with_seed(0),
        status=TrialStatus.OK,
        device=record.device,
        versions=record.versions,
        cost=record.cost,
        native=record.native,
        parts=record.parts,
        test_reads=record.test_reads,
        command=record.command,
        commit=record.commit,
        head=record.head,
        schema=record.schema,
        test_counts=test_counts,
    )


def digest_of(shared: ListedRecord) -> str:
    """Return the digest of what records share."""
    return hashlib.sha256(msgspec.json.encode(shared)).hexdigest()[:16]


def row_of(
    name: str,
    record: TrialRecord,
    class_recalls: tuple[float | None, ...] | None,
    use: int,
    place: tuple[int, int],
) -> WholeRow:
    """Return the row of a record; use: of what it shares. place: start and length in the pack."""
    return WholeRow(
        name,
        use,
        None,
        record.trial.seed,
        record.status,
        len(record.history),
        *place,
        record.test_accuracy,
        record.seconds,
        record.error,
        record.test_loss,
        record.final_train_loss,
        record.final_train_accuracy,
        class_recalls,
        tuple(_values(epoch) for epoch in record.history),
    )


def fill(made: ListedRecord, row: WholeRow) -> None:
    """Give a new record what its row and its shared part hold.

    By its dict, since a thousand records a second are a matter of microseconds each.
    """
    made.__dict__.update(
        row.shared.__dict__,
        trial=row.shared.trial.with_seed(row.seed),
        status=row.status,
        history=Epochs(row.history),
        test_loss=row.test_loss,
        test_accuracy=row.test_accuracy,
        final_train_loss=row.final_train_loss,
        final_train_accuracy=row.final_train_accuracy,
        seconds=row.seconds,
        error=row.error,
        class_recalls=row.class_recalls,
    )


def _values(epoch: EpochRecord) -> tuple[Any, ...]:
    return tuple(getattr(epoch, name) for name in Epochs.NAMES)


def encoded(index: WholeIndex) -> bytes:
    """Return the JSON of an index."""
    return msgspec.json.encode(index)


def decoded(kind: Any, text: bytes) -> Any:
    """Return the index in a text, None if there is none in it."""
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError:
        return None
