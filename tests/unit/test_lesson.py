"""What the lesson's claims come to: their order and commands, and what is counted and timed."""

import shlex
from dataclasses import replace

import pytest
from lesson_records import GPU, counts, page_of, usual
from netzoo_cli.app import app
from reference import LAYER_MACS, MACS, PARAMS
from study_records import record, train_by, trial_of

import netzoo
from netzoo.records.plan import ModelProfile
from netzoo.runs.request import Request
from netzoo.studies.claims import PROBED, TRAINED
from netzoo.studies.cost_claims import counted

HOLDS, FAILS, MISSING = "holds", "does not hold", "not measured"


def test_the_claims_stand_in_the_lessons_order():
    words = [
        "10 times the parameters", "260 times the computation", "padding of 2", "6400 inputs",
        "gradient is larger with ReLU", "Max pooling gives larger outputs",
        "Max pooling gives larger gradients", "Max pooling makes training easier",
        "without it, the gap", "One dense layer", "Colour and geometric", "Resizing", "On a CPU",
    ]  # fmt: skip
    texts = [claim.text for claim in page_of(*usual()).claims]
    assert len(texts) == len(words) == 13
    assert all(word in text for word, text in zip(words, texts, strict=True))


# Of `lenet` on images of 224 px: 112 px after pool1, 108 after conv2, 54 after pool2.
STRETCHED = (25 + 1) * 6 + (25 * 6 + 1) * 16 + (54 * 54 * 16 + 1) * 120 + 121 * 84 + 85 * 10
CONVOLUTIONS = LAYER_MACS["lenet"]["conv1"] + LAYER_MACS["lenet"]["conv2"]


def test_what_is_counted_is_said_to_the_last_digit():
    params, macs, padding, flat = found = page_of().claims[:4]
    assert params.measured == f"{PARAMS['alexnet'] / PARAMS['lenet']:.1f}× (46,764,746 / 61,706)"
    assert params.measured.startswith("757.9×")
    assert macs.measured == f"{MACS['alexnet'] / MACS['lenet']:,.0f}× (938,146,176 / 416,520 MACs)"
    assert macs.measured.startswith("2,252×")
    assert padding.measured == "lenet conv1 28 × 28 → 28 × 28; alexnet conv2 26 × 26 → 26 × 26"
    assert flat.measured == "pool3 5 × 5 × 256, flatten 6400"
    assert [claim.verdict for claim in found] == [FAILS, FAILS, HOLDS, HOLDS]
    assert {(claim.n, claim.p) for claim in found} == {(None, None)}


def test_where_the_claimed_factors_may_come_from():
    params, macs = page_of().claims[:2]
    assert f"images of 224 px, {PARAMS['alexnet'] / STRETCHED:.2f}×." in params.note
    assert "8.33×" in params.note
    tenfold = MACS["alexnet"] / (MACS["lenet"] + 9 * CONVOLUTIONS)
    assert f"(3.58 M in place of 358 k MACs): {tenfold:.1f}×." in macs.note
    assert (round(CONVOLUTIONS / 1e3), round(CONVOLUTIONS / 1e5, 2)) == (358, 3.58)
    assert "258.1×" in macs.note


def with_layer(name, **figures):
    def changed(cost):
        layers = [replace(row, **figures) if row.name == name else row for row in cost.layers]
        return replace(cost, layers=tuple(layers))

    return changed


def with_params(params):
    return lambda cost: replace(cost, params=params)


@pytest.mark.parametrize(
    ("place", "model", "changed", "verdict"),
    [
        (0, "alexnet", with_params(617_060), HOLDS),
        (0, "alexnet", with_params(640_000), HOLDS),  # 10.4 times
        (0, "alexnet", with_params(650_000), FAILS),  # 10.5
        (0, "alexnet", with_params(61_706), FAILS),
        # LeNet's logits take what makes the whole a 260th and a 261st of AlexNet's.
        (1, "lenet", with_layer("logits", macs=840 + 3_608_255 - 416_520), HOLDS),
        (1, "lenet", with_layer("logits", macs=840 + 3_594_430 - 416_520), FAILS),
        (2, "alexnet", with_layer("conv2", output_shape=(24, 26, 256)), FAILS),
        (2, "lenet", with_layer("conv1", output_shape=(24, 24, 6)), FAILS),
        (3, "alexnet", with_layer("pool3", output_shape=(5, 5, 255)), FAILS),
        (3, "alexnet", with_layer("flatten", output_shape=(6401,)), FAILS),
    ],
)
def test_another_count_would_give_another_verdict(place, model, changed, verdict):
    counted = counts()
    profile = counted.profiles[model]
    counted.profiles[model] = replace(profile, cost=changed(profile.cost))
    told = [claim.verdict for claim in page_of(counted=counted).claims[:4]]
    expected = [FAILS, FAILS, HOLDS, HOLDS]
    expected[place] = verdict
    assert told == expected


WHY = "its process was ended by SIGKILL."


def without(counts, name):
    """Return the counts as they are where the memory is too small for a batch of a network."""
    counts.profiles[name] = ModelProfile(failure=WHY)
    return counts


@pytest.mark.parametrize(
    ("lost", "missing"),
    [("alexnet", [0, 1, 2, 3, 12]), ("lenet", [0, 1, 2]), ("lenet@image_size=224", [])],
)
def test_a_network_that_could_not_be_counted_and_timed_leaves_the_other_claims(lost, missing):
    claims = page_of(*usual(), counted=without(counts(), lost)).claims
    assert len(claims) == 13
    assert [place for place, each in enumerate(claims) if each.verdict == MISSING] == missing
    assert all((claims[place].n, claims[place].p) == (None, None) for place in missing)
    whole = page_of(*usual()).claims
    others = [place for place in range(1, 12) if place not in missing]
    assert [claims[place] for place in others] == [whole[place] for place in others]
    if 12 in missing:
        assert claims[12].measured == f"{lost} could not be timed ({WHY})"
    if not missing:  # it takes LeNet on large images for its note alone
        assert claims[0] == replace(whole[0], note="No count of these two networks gives 10.")


def test_what_could_not_be_counted_says_why():
    found = without(counts(), "alexnet")
    claims = counted(found.costs, found.failures)
    assert {(claim.measured, claim.verdict) for claim in claims} == {
        (f"alexnet could not be counted ({WHY})", MISSING)
    }
    claims = counted(without(found, "lenet").costs, found.failures)
    assert claims[1].measured == (
        f"lenet could not be counted ({WHY}); alexnet could not be counted ({WHY})"
    )


def test_a_network_that_is_lost_on_one_device_is_timed_on_the_other():
    on_gpu = counts(device=GPU)
    claim = page_of(counted=without(on_gpu, "alexnet"), slow=counts(step_seconds=20.0)).claims[-1]
    assert claim.verdict == HOLDS
    assert claim.measured.endswith(" for 10 epochs of 60,000 images on CPU (2 cores)")
    assert f"On NVIDIA H100 alexnet could not be timed ({WHY})." in claim.note
    assert "GPU is" not in claim.note
    claim = page_of(counted=counts(device=GPU), slow=without(counts(), "alexnet")).claims[-1]
    assert (claim.verdict, claim.measured) == (MISSING, f"alexnet could not be timed ({WHY})")


# Of AlexNet's 60,000 images in batches of 128, as the time of a batch is timed, ten times.
LESSONS_STEPS = 10 * 60_000 / 128


@pytest.mark.parametrize(
    ("step_seconds", "words", "verdict"),
    [
        (0.32, "about 25 min 2 s for", FAILS),  # 1500 s and the 2 of the first step
        (18.0, "about 23 h 26 min for", FAILS),  # within a day: 84,377 s of 86,400
        (18.4, "about 23 h 58 min for", FAILS),
        (18.5, "about 24 h 5 min for", HOLDS),
        (100.0, "about 130 h 13 min for", HOLDS),
    ],
)
def test_a_few_timed_steps_tell_how_long_the_lessons_training_takes(step_seconds, words, verdict):
    seconds = 2 + step_seconds * LESSONS_STEPS
    hours, minutes = divmod(round(seconds / 60), 60)
    assert f"{hours} h {minutes} min" in words or words.startswith("about 25 min")
    claim = page_of(counted=counts(step_seconds=step_seconds)).claims[-1]
    assert claim.measured == f"{words} 10 epochs of 60,000 images on CPU (2 cores)"
    assert (claim.verdict, claim.n, claim.p) == (verdict, None, None)
    assert "There is no GPU here to compare with. Within a day counts as finished." in claim.note


def test_with_a_gpu_the_claim_is_on_the_cpu_beside_it():
    on_gpu = counts(device=GPU, step_seconds=0.01, first_step=5.125)
    slow = counts(step_seconds=20.0, first_step=50.0)
    claim = page_of(counted=on_gpu, slow=slow).claims[-1]
    # 93,800 s, and 46.875 s of steps and 5.125 s of the first on the GPU
    assert claim.measured == (
        "about 26 h 3 min for 10 epochs of 60,000 images on CPU (2 cores); 52.0 s on NVIDIA H100"
    )
    assert f"The GPU is {93_800 / 52:,.0f}× as fast." in claim.note
    assert "1,804×" in claim.note
    assert "no GPU" not in claim.note
    assert claim.verdict == HOLDS
    quick = counts(device=GPU, step_seconds=20.0)
    claim = page_of(counted=quick, slow=counts(step_seconds=0.01)).claims[-1]
    assert claim.verdict == FAILS  # it is on the CPU's time


def trains(line, monkeypatch):
    """Return the models and the recipe of the command that a line gives; it must be one."""
    program, name, *words = shlex.split(line)
    assert program == "netzoo"
    given = app.commands[name].make_context(name, words).params
    if name == "summary":
        return set(given["models"]), None
    if name == "ablate":
        asked = train_by(monkeypatch, lambda spec, seed: record(spec, seed, 0.8))
        recipe = given["recipe"]
        netzoo.ablate(given["model"], changes=[given["changes"]], recipe=recipe, seeds=(0,))
        return set(asked["models"]), asked["recipe"]
    recipe = given["recipe"]
    if name == "probe":
        assert given["steps"].startswith("0,")
    Request.of(given["models"], recipe=recipe, device="cpu").check()
    return set(given["models"]), recipe


@pytest.mark.parametrize("recipe", ["brief", "lesson"])
def test_each_claim_names_the_command_that_measures_it(monkeypatch, recipe):
    claims = page_of(*usual(), size=recipe).claims
    found = [trains(claim.command, monkeypatch) for claim in claims]
    both, augmented = ({"lenet", "alexnet"}, None), "alexnet@augment=flip+crop"
    assert found == [
        both, both, ({"alexnet"}, None), ({"alexnet"}, None),
        ({"alexnet", "alexnet-sigmoid"}, recipe),
        ({"alexnet", "alexnet-avgpool"}, recipe),
        ({"alexnet", "alexnet-avgpool"}, recipe),
        ({"alexnet", "alexnet-avgpool"}, recipe),
        ({"alexnet", "alexnet-nodropout"}, recipe),
        ({"alexnet", "alexnet-onefc"}, recipe),
        ({augmented, f"{augmented}+color"}, recipe),
        ({"alexnet", TRAINED[-1]}, recipe),
        ({"alexnet"}, "lesson"),
    ]  # fmt: skip
    asked = [models for models, _ in found[4:12]]
    assert set().union(*asked) == {*TRAINED, *PROBED}
    assert [claim.command for claim in page_of(size=recipe).claims] == [
        claim.command
        for claim in claims  # the same where it is not measured
    ]
    assert claims[-1].command.endswith(" --device cpu")


@pytest.mark.parametrize("image_size", [None, 65, 96])
def test_the_small_images_stay_small_whatever_size_alexnet_is_given(image_size):
    given = {} if image_size is None else {"image_size": image_size}
    assert trial_of("alexnet", 0, **given).input_shape[0] == (image_size or 72)
    assert trial_of(TRAINED[-1], 0, **given).input_shape == (28, 28, 1)
