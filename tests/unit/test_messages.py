"""The lines that a parent and its worker exchange."""

import json

import pytest
from study_records import CPU, trial_of

import netzoo
from netzoo.records.arrays import Predictions
from netzoo.records.plan import Timing
from netzoo.records.trial import EpochRecord, TrainingResult
from netzoo.results.bench import Measurement
from netzoo.results.parity import Differences, LayerParity
from netzoo.results.probe import LayerProbe, Snapshot
from netzoo.runs import messages

LAYER = LayerProbe("conv1", "Conv2D", "relu", 0.5, 1.0, 0.25, None, 1e-3, 1e-4, 0.1, 2.0)
EPOCH = EpochRecord(1, 2.0, 300.0, 0.5, 0.8)
SPEED = Measurement(8, 4000.0, (3900.0, 4100.0), 0.002, None, 40, 25, 0.01, None, 1_000_000)
DIFFERENT = Differences(1e-7, 2e-7, (LayerParity("norm", None, 0.1),))
TRIAL = trial_of("alexnet:dropout=0.2@epochs=3", 0)


def result():
    predictions = Predictions.of([1, 2], [1, 3])
    return TrainingResult((EPOCH,), 0.5, 0.8, 0.4, 0.9, 3.0, 1, predictions, None)


REQUESTS = [
    (messages.Start("auto", None), {"do": "start", "device": "auto", "threads": None}),
    (messages.Profile(TRIAL, 1), {"do": "pace", "parts": 1}),
    (messages.Train(TRIAL, 2, "a"), {"do": "train", "parts": 2, "checkpoint": "a"}),
    (
        messages.Train(TRIAL, 2, "a", until_epoch=3, until_accuracy=0.9),
        {"until_epoch": 3, "until_accuracy": 0.9},
    ),
    (messages.Probe(TRIAL, 1, [0, 5], 9), {"do": "probe", "steps": [0, 5], "images": 9}),
    (messages.Bench(TRIAL, "training", [1, 8], 2.0), {"do": "bench", "batch_sizes": [1, 8]}),
    (messages.Describe("mine.py:build"), {"do": "describe", "spec": "mine.py:build"}),
    (messages.Reference(TRIAL, 3, "a"), {"do": "reference", "steps": 3, "outputs": False}),
    (messages.Parity(TRIAL, 3, "a", 0.1), {"do": "parity", "path": "a", "outputs": 0.1}),
    (messages.Stop(), {"do": "stop"}),
]
EVENTS = [
    (messages.Step(1, 2, 3), {"event": "step", "epoch": 1, "step": 2, "steps": 3}),
    (messages.Said("Übung"), {"event": "said", "line": "Übung"}),
    (messages.Started(CPU, {"keras": "3"}, 2), {"event": "started", "usual_threads": 2}),
    (messages.Profiled(TRIAL, None, None, Timing(1, 2, 3, 4), None), {"event": "paced"}),
    (messages.Stopped(), {"event": "stopped", "paused": False}),
    (messages.Stopped(paused=True), {"event": "stopped", "paused": True}),
    (messages.Probed((Snapshot(0, (LAYER,)),)), {"event": "probed"}),
    (messages.Measured(0.5, 1.5, 9, None, SPEED, (8, 8, 1)), {"event": "measured", "build": 0.5}),
    (messages.Described({"width": 1}, {"wide": (False, True)}), {"event": "described"}),
    (messages.Benched(), {"event": "benched"}),
    (messages.Referenced(), {"event": "referenced"}),
    (messages.Compared(TRIAL, None, DIFFERENT), {"event": "compared", "other": None}),
    (messages.Failed("BadInput", "no"), {"event": "failed", "kind": "BadInput", "message": "no"}),
]


@pytest.mark.parametrize(("message", "keys"), REQUESTS)
def test_a_request_comes_back_from_its_line(message, keys):
    line = messages.to_line(message)
    assert line.count(b"\n") == 1
    assert keys.items() <= json.loads(line).items()
    assert messages.request_of(line) == message


@pytest.mark.parametrize(("message", "keys"), EVENTS)
def test_an_event_comes_back_from_its_line(message, keys):
    line = messages.to_line(message)
    assert keys.items() <= json.loads(line).items()
    assert messages.event_of(line) == message


def test_a_finished_training_and_its_epochs_come_back():
    for message in (messages.Finished(result(), 2, None), messages.Epoch(EPOCH)):
        assert messages.event_of(messages.to_line(message)) == message


def test_every_message_has_a_case():
    kinds = {type(message) for message, _ in [*REQUESTS, *EVENTS]}
    kinds |= {messages.Finished, messages.Epoch}
    known = {
        kind
        for kind in vars(messages).values()
        if isinstance(kind, type) and issubclass(kind, (messages.Request, messages.Event))
    }
    assert known - kinds == {messages.Request, messages.Event, messages.Ended}


def test_progress_is_passed_on_to_a_callback():
    seen = []

    class Seen(netzoo.Callback):
        def on_message(self, line):
            seen.append(line)

        def on_step_end(self, trial, epoch, step, steps):
            seen.append((trial, epoch, step, steps))

        def on_epoch_end(self, trial, record):
            seen.append((trial, record))

    hear = messages.pass_on(TRIAL, Seen())
    for event in (messages.Said("a"), messages.Step(1, 2, 3), messages.Epoch(EPOCH)):
        hear(event)
    assert seen == ["a", (TRIAL, 1, 2, 3), (TRIAL, EPOCH)]
