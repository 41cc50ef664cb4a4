"""The space of a search: what is written, what is drawn, and what it makes of a recipe."""

from dataclasses import replace

import pytest

from netzoo.errors import BadInput, UnknownName
from netzoo.recipes import recipe
from netzoo.studies.draws import Draws
from netzoo.studies.space import applied, default_space, parse, words

pytest.importorskip("optuna")


def test_what_is_written_is_read():
    rate, smoothing, augment, size = parse(
        [
            *("learning_rate=1e-4..1e-1:log", "label_smoothing = 0..0.2"),
            *("augment=none, flip+crop", "batch_size=32..128:log"),
        ]
    )
    assert (rate.low, rate.high, rate.log, rate.kind) == (1e-4, 0.1, True, float)
    assert (smoothing.low, smoothing.high, smoothing.log) == (0, 0.2, False)
    assert augment.values == ("none", "flip+crop")
    assert (size.kind, size.low, size.high) == (int, 32, 128)


def test_a_mapping_and_a_file_are_read_alike(tmp_path):
    path = tmp_path / "space.toml"
    path.write_text(
        'batch_size = [32, 64]\nweight_decay = "0..0.1"\n[optimizer_options]\nb = 0.1\n'
    )
    by_file = parse(str(path))
    assert [each.name for each in by_file] == ["batch_size", "weight_decay", "optimizer_options.b"]
    given = {"batch_size": [32, 64], "weight_decay": "0..0.1", "optimizer_options.b": 0.1}
    assert parse(given) == by_file
    (rate,) = parse([str(path), "batch_size=8"])[:1]
    assert rate.values == (8,)  # the later one


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("learning_rat=1e-4..1", UnknownName, "did you mean 'learning_rate'?"),
        ("learning_rate", BadInput, "received 'learning_rate'."),
        ("learning_rate=", BadInput, "received 'learning_rate='."),
        ("learning_rate=1e-4...1", BadInput, "is written NAME=LOW..HIGH"),
        ("learning_rate=1e-4..1:lg", BadInput, "is written NAME=LOW..HIGH"),
        ("learning_rate=1e-1..1e-4", BadInput, "try 1e-4..1e-1."),
        ("learning_rate=0.1..0.1", BadInput, "a range goes up"),
        ("label_smoothing=0..0.2:log", BadInput, "begins above 0"),
        ("label_smoothing=0..1.5", BadInput, "label_smoothing"),
        ("weight_decay=-1..1", BadInput, "weight_decay is from 0"),
        ("batch_size=0.5..2", BadInput, "batch_size is a whole number; received 0.5."),
        ("batch_size=32,x", BadInput, "batch_size is a whole number; received 'x'."),
        ("augment=none,flp", UnknownName, "did you mean 'flip'?"),
        ("augment=0..1", BadInput, "augment has names, not numbers"),
        ("augment=none,none", BadInput, "each once"),
        ("augment=none,,flip", BadInput, "each once"),
        ("epochs=1..9", BadInput, "epochs is not searched"),
        ("validation=0.1,0.2", BadInput, "give it to all as `validation`"),
        ("image_size=28,32", BadInput, "lenet@image_size"),
        ("precision=float32,auto", BadInput, "the device settles it"),
        ("optimizer_option.momentum=0..1", UnknownName, "no setting 'optimizer_option.momentum'"),
        ("no.toml", BadInput, "cannot be read"),
    ],
)
def test_what_is_no_space_is_named(text, error, message):
    with pytest.raises(error) as raised:
        parse([text])
    assert message in str(raised.value)
    assert type(raised.value) is error


def test_a_setting_makes_a_recipe():
    base = recipe("brief", "lenet")
    setting = {
        "learning_rate": 0.02,
        "weight_decay": 0.001,
        "label_smoothing": 0.1,
        "augment": "flip",
    }
    made = applied(base, setting)
    assert (made.learning_rate, made.augment, made.batch_size) == (0.02, "flip", base.batch_size)
    assert made.optimizer_options == {"weight_decay": 0.001}
    assert (made.loss, made.loss_options) == ("CategoricalCrossentropy", {"label_smoothing": 0.1})
    assert applied(made, setting) == made
    momentum = replace(base, optimizer="sgd", optimizer_options={"momentum": 0.9})
    assert applied(momentum, {"weight_decay": 0.1}).optimizer_options == {
        "momentum": 0.9,
        "weight_decay": 0.1,
    }
    assert words(setting).startswith("learning_rate 0.02, weight_decay 0.001")


def test_the_default_space_is_one_and_of_its_optimizer():
    sgd, adam = recipe("lesson", "lenet"), recipe("quick", "lenet")
    assert default_space([sgd])["learning_rate"] == "1e-3..1:log"
    assert default_space([adam])["learning_rate"] == "1e-4..1e-1:log"
    assert default_space([sgd, adam])["learning_rate"] == "1e-4..1:log"
    squared = replace(adam, loss="MeanSquaredError")
    assert "label_smoothing" not in default_space([squared])
    assert len(parse(default_space([adam]))) == 5


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_the_same_seed_and_the_same_accuracies_draw_the_same_settings(sampler):
    space = parse(default_space([recipe("quick", "lenet")]))

    def drawn(count, seed=0):
        draws = Draws(space, sampler, seed)
        for number in range(0, count, 8):
            draws.draw(min(8, count - number))
            draws.tell([setting["learning_rate"] for setting in draws.settings])
        return draws.settings

    assert drawn(20) == drawn(20)
    assert drawn(20)[:8] == drawn(8)
    assert drawn(8, seed=1) != drawn(8)
    for setting in drawn(20):
        assert 1e-4 <= setting["learning_rate"] <= 0.1
        assert setting["batch_size"] in (32, 64, 128)
        assert len(f"{setting['weight_decay']:.4e}".rstrip("0")) <= len("1.0000e-01")


def test_tpe_draws_by_what_it_is_told():
    space = parse(["learning_rate=0.001..1"])

    def last(score):
        draws = Draws(space, "tpe", 0)
        for _ in range(3):
            draws.draw(8)
            draws.tell([score(setting["learning_rate"]) for setting in draws.settings])
        return sum(setting["learning_rate"] for setting in draws.settings[16:]) / 8

    assert last(lambda rate: rate) > last(lambda rate: -rate) + 0.3
