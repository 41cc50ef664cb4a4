"""The messages between a parent and its worker process: lines of JSON, one a message.

A request's kind is its "do", a reply's or a progress message's kind its "event". A worker answers
each request but Stop with one reply, perhaps after progress messages.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from netzoo.cost.result import Cost, NativeCost
from netzoo.provenance import Device
from netzoo.records.plan import Footprint, Timing
from netzoo.records.trial import EpochRecord, TrainingResult, Trial
from netzoo.results.bench import Measurement
from netzoo.results.parity import Differences
from netzoo.results.probe import Snapshot
from netzoo.runs.callback import Callback
from netzoo.runs.fence import Fence
from netzoo.runs.places import ANYWHERE, Place


class Request(msgspec.Struct, frozen=True, tag_field="do"):
    """A line to a worker."""


class Start(Request, frozen=True, tag="start"):
    """Start the backend on a device; threads: None for as many as it takes by itself.

    place: what the process may use of the machine. devices: how many share each batch, as a
    recipe's data_parallel. rank, meeting: of a process that trains beside others, as in
    netzoo.training.ranks.
    """

    device: str
    threads: int | None
    place: Place = ANYWHERE
    devices: int = 1
    rank: int = 0
    meeting: str | None = None


class Profile(Request, frozen=True, tag="pace"):
    """Build a trial's model, count it, and time a few of its steps; parts: micro-batches a step."""

    trial: Trial
    parts: int


class Train(Request, frozen=True, tag="train"):
    """Train a trial to its end; checkpoint: the path of the one to continue from and to write.

    model: the path of the .keras file to write the trained network to; None for none. fence: asked
    before each write, if another run of the trial may begin while this one cannot be reached.
    until_epoch, until_accuracy: stop, with a checkpoint, where so many epochs are done, or an epoch
    has this accuracy on the recipe's curve; None for the end alone.
    """

    trial: Trial
    parts: int
    checkpoint: str
    model: str | None = None
    fence: Fence | None = None
    until_epoch: int | None = None
    until_accuracy: float | None = None

    def fenced(self, fence: Fence) -> "Train":
        """Return the same request with a fence."""
        return msgspec.structs.replace(self, fence=fence)


class Probe(Request, frozen=True, tag="probe"):
    """Train for the largest number of steps, and probe the layers at each; images: their number."""

    trial: Trial
    parts: int
    steps: list[int]
    images: int


class Describe(Request, frozen=True, tag="describe"):
    """Tell the arguments of the builder that a spec names."""

    spec: str


class Bench(Request, frozen=True, tag="bench"):
    """Time steps of a trial's model: one kind of work, for so many seconds at each batch size."""

    trial: Trial
    work: str
    batch_sizes: list[int]
    seconds: float


class Reference(Request, frozen=True, tag="reference"):
    """Take steps of a trial in float64, and keep their arrays in a file at a path.

    outputs: keep the outputs of all layers on the first batch instead.
    """

    trial: Trial
    steps: int
    path: str
    outputs: bool = False


class Parity(Request, frozen=True, tag="parity"):
    """Take a trial's steps from the weights in a file of a reference, and tell the differences.

    outputs: None, or the largest difference of a layer's output: tell the first beyond it instead.
    """

    trial: Trial
    steps: int
    path: str
    outputs: float | None = None


class Stop(Request, frozen=True, tag="stop"):
    """Stop the training at the end of its epoch; this has no reply of its own."""


class Event(msgspec.Struct, frozen=True, tag_field="event"):
    """A line from a worker."""


class Step(Event, frozen=True, tag="step"):
    """Progress: a step has ended; all count from 1."""

    epoch: int
    step: int
    steps: int


class Epoch(Event, frozen=True, tag="epoch"):
    """Progress: an epoch has ended."""

    record: EpochRecord


class Said(Event, frozen=True, tag="said"):
    """Progress: a line for the user."""

    line: str


class Measured(Event, frozen=True, tag="measured"):
    """Progress: a batch size has been timed.

    build, first_step: of the process, in seconds. imported_bytes, head, input_shape: as in a
    BenchRun.
    """

    build: float
    first_step: float
    imported_bytes: int | None
    head: str | None
    measurement: Measurement
    input_shape: tuple[int, int, int]


class Started(Event, frozen=True, tag="started"):
    """The reply to Start; usual_threads: as many as the backend takes by itself.

    gpus: the number of GPUs that the process sees. devices: how many share each batch; all GPUs, if
    0 were asked for.
    """

    device: Device
    versions: dict[str, str]
    usual_threads: int
    gpus: int = 0
    devices: int = 1


class Profiled(Event, frozen=True, tag="paced"):
    """The reply to Profile.

    trial: with the input shape and the recipe that its model requires. cost, native: None for a
    model that cannot be seen into. head: as in a TrialRecord.
    """

    trial: Trial
    cost: Cost | None
    native: NativeCost | None
    pace: Timing
    head: str | None
    footprint: Footprint | None = None


class Ended(Event, frozen=True):
    """The reply to Train: Finished or Stopped."""


class Finished(Ended, frozen=True, tag="finished"):
    """The training has come to its end; parts, head: as in a TrialRecord."""

    fitted: TrainingResult
    parts: int
    head: str | None


class Stopped(Ended, frozen=True, tag="stopped"):
    """The training was stopped at the end of an epoch; paused: as far as it was asked to come."""

    paused: bool = False


class Probed(Event, frozen=True, tag="probed"):
    """The reply to Probe."""

    moments: tuple[Snapshot, ...]


class Described(Event, frozen=True, tag="described"):
    """The reply to Describe; options, choices: as netzoo.models.yours.Builder has them."""

    options: dict[str, Any]
    choices: dict[str, tuple[Any, ...]]


class Benched(Event, frozen=True, tag="benched"):
    """The reply to Bench: all batch sizes have been timed."""


class Referenced(Event, frozen=True, tag="referenced"):
    """The reply to Reference: the file is written."""


class Compared(Event, frozen=True, tag="compared"):
    """The reply to Parity.

    trial: with the input shape and the recipe that its model requires. head: as in a TrialRecord.
    differences, other: the second if outputs were compared; None for no layer beyond.
    """

    trial: Trial
    head: str | None
    differences: Differences | None = None
    other: str | None = None


class Failed(Event, frozen=True, tag="failed"):
    """The reply to a request that failed; kind: the name of a netzoo error."""

    kind: str
    message: str


Progress = Step | Epoch | Said | Measured
_REQUESTS: Any = msgspec.json.Decoder(
    Start | Profile | Train | Probe | Describe | Bench | Reference | Parity | Stop
)
_EVENTS: Any = msgspec.json.Decoder(
    Progress
    | Started
    | Profiled
    | Finished
    | Stopped
    | Probed
    | Described
    | Benched
    | Referenced
    | Compared
    | Failed
)


def to_line(message: Request | Event) -> bytes:
    """Return a message as a line of JSON, in UTF-8."""
    return msgspec.json.encode(message) + b"\n"


def request_of(line: bytes) -> Request:
    """Return the request of a line."""
    request: Request = _REQUESTS.decode(line)
    return request


def event_of(line: bytes) -> Event:
    """Return the reply or progress message of a line."""
    event: Event = _EVENTS.decode(line)
    return event


def pass_on(trial: Trial, callback: Callback) -> Callable[[Progress], None]:
    """Return a handler that calls the callback with the progress messages of a trial."""

    def handle(event: Progress) -> None:
        match event:
            case Said():
                callback.on_message(event.line)
            case Step():
                callback.on_step_end(trial, event.epoch, event.step, event.steps)
            case Epoch():
                callback.on_epoch_end(trial, event.record)

    return handle
