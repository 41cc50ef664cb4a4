"""The latency of a page's models: of the benches in its folders."""

from collections.abc import Mapping, Sequence

from netzoo.models.catalog import model_spec
from netzoo.records.trial import TrialRecord
from netzoo.results.bench import INFERENCE, Bench, BenchRun


def latencies(
    records: Mapping[str, Sequence[TrialRecord]], benches: Sequence[Bench]
) -> dict[str, tuple[float, str]]:
    """Return the median latency of one image in seconds and its device, by the model's name.

    records: of each model on the page. A bench tells it of the same network, input size, precision
    and backend; the last one counts.
    """
    runs = [run for bench in benches for run in bench.runs if run.work == INFERENCE]
    found = {}
    for name, group in records.items():
        for run in runs:
            one = [each for each in run.measurements if each.batch_size == 1]
            if one and run.device is not None and _is_of(run, group[0]):
                found[name] = one[0].step_seconds, run.device.text
    return found


def _is_of(run: BenchRun, record: TrialRecord) -> bool:
    trial = record.trial
    return (
        run.recipe is not None
        and model_spec(run.model).model == trial.spec.model
        and (run.backend, run.input_shape) == (trial.backend, trial.input_shape)
        and run.recipe.precision == trial.recipe.precision
    )
