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

    shared: what it shares with others; in the file, its place in `uses`. epochs: the finished ones.
    pack: the file of the record; more: what a comparison needs besides; None in the file.
    """

    name: str
    shared: Any
    seed: int
    status: TrialStatus
    epochs: int
    test_accuracy: float | None
    seconds: float | None
    error: str | None
    pack: Any = None
    more: "More | None" = None


class More(msgspec.Struct, array_like=True, gc=False):
    """What a comparison needs besides.

    start, length: in bytes, the place of the record in its pack. history: the values of each
    EpochRecord.
    """

    start: int
    length: int
    test_loss: float | None
    final_train_loss: float | None
    final_train_accuracy: float | None
    class_recalls: tuple[float | None, ...] | None
    history: tuple[tuple[Any, ...], ...]
    first_step_seconds: float | None = None
    process_bytes: int | None = None
    device_bytes: int | None = None
    ece: float | None = None


class Index(msgspec.Struct):
    """The first line of an index. pack_bytes: the size of its pack.

    shared: by digest, what no older index has. uses: the digests of all that its rows share.
    """

    pack_bytes: int
    uses: list[str]
    shared: dict[str, ListedRecord]
    rows: list[Row]


class Rest(msgspec.Struct):
    """The second line of an index, which lists do not read: more of each row."""

    more: list[More]


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
        jobs=record.jobs,
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
) -> Row:
    """Return the row of a record; use: of what it shares. place: start and length in the pack."""
    return Row(
        name,
        use,
        record.trial.seed,
        record.status,
        len(record.history),
        record.test_accuracy,
        record.seconds,
        record.error,
        None,
        More(
            *place,
            record.test_loss,
            record.final_train_loss,
            record.final_train_accuracy,
            class_recalls,
            tuple(_values(epoch) for epoch in record.history),
            record.first_step_seconds,
            record.process_bytes,
            record.device_bytes,
            None if record.calibration is None else record.calibration.ece,
        ),
    )


def fill(made: ListedRecord, row: Row, more: More) -> None:
    """Give a new record what its row, the rest of it and its shared part hold.

    By its dict, since of many records a microsecond each counts.
    """
    made.__dict__.update(
        row.shared.__dict__,
        trial=row.shared.trial.with_seed(row.seed),
        status=row.status,
        history=Epochs(more.history),
        test_loss=more.test_loss,
        test_accuracy=row.test_accuracy,
        final_train_loss=more.final_train_loss,
        final_train_accuracy=more.final_train_accuracy,
        seconds=row.seconds,
        error=row.error,
        class_recalls=more.class_recalls,
        first_step_seconds=more.first_step_seconds,
        process_bytes=more.process_bytes,
        device_bytes=more.device_bytes,
        ece=more.ece,
    )


def _values(epoch: EpochRecord) -> tuple[Any, ...]:
    return tuple(getattr(epoch, name) for name in Epochs.NAMES)


def encoded(index: Index) -> tuple[bytes, bytes]:
    """Return the lines of an index."""
    rest = Rest([row.more for row in index.rows if row.more is not None])
    rows = [msgspec.structs.replace(row, pack=None, more=None) for row in index.rows]
    first = Index(index.pack_bytes, index.uses, index.shared, rows)
    return msgspec.json.encode(first), msgspec.json.encode(rest)


def decoded(kind: Any, line: bytes) -> Any:
    """Return the Index or the Rest in a line, None if there is none in it."""
    try:
        return msgspec.json.decode(line, type=kind)
    except msgspec.MsgspecError:
        return None
