"""What a study asks to be trained; nothing is trained here."""

import itertools
import random

import pytest
from study_records import CPU, record, train_by

import netzoo
from netzoo.errors import BadInput, UnknownName
from netzoo.models import lineage
from netzoo.models.catalog import MODELS, base_of, model_info, model_spec, register_model
from netzoo.recipes import RECIPES
from netzoo.runs.request import BRIEF, recipe_of


def cheap(spec, seed):
    return record(spec, seed, 0.8, cost=False)


ALEXNETS = {
    "alexnet": "",
    "alexnet-sigmoid": "activation: relu → sigmoid",
    "alexnet-avgpool": "pooling: max → average",
    "alexnet-nodropout": "dropout: 0.5 → 0.0",
    "alexnet-onefc": "fc_layers: 2 → 1",
    "alexnet-batchnorm": "batchnorm: False → True",
    "alexnet@augment=flip+crop": "augment: none → flip+crop",
}
LENETS = {
    "lenet": "",
    "lenet-relu": "activation: sigmoid → relu",
    "lenet-maxpool": "pooling: average → max",
    "lenet-dropout": "dropout: 0.0 → 0.5",
    "lenet-batchnorm": "batchnorm: False → True",
    "lenet@augment=flip+crop": "augment: none → flip+crop",
}


def test_a_base_trains_with_what_its_recipe_augments_by(monkeypatch, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("epochs = 3\nbatch_size = 8\nlearning_rate = 0.01\naugment = 'flip'\n")
    with RECIPES.temporary():
        asked = train_by(monkeypatch, cheap)
        ablation = netzoo.ablate("lenet", changes=["augment"], recipe=str(path))
        assert asked["augment"] == "flip"
        assert [effect.change for effect in ablation.effects] == ["augment: flip → none"]
        with pytest.raises(BadInput, match="the recipe has flip for all rungs; name an order"):
            netzoo.ladder("lenet", "lenet-relu", recipe=str(path))
        netzoo.ladder("lenet", "lenet-relu", order=["activation"], recipe=str(path))


def test_an_ablation_takes_away_what_its_recipe_adds(monkeypatch, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        "epochs = 3\nbatch_size = 8\nlearning_rate = 0.01\nema = 0.9\n"
        "loss = 'CategoricalCrossentropy'\n[loss_options]\nlabel_smoothing = 0.1\n"
    )
    with RECIPES.temporary():
        train_by(monkeypatch, cheap)
        few = {"changes": ["loss", "ema", "activation"], "recipe": str(path)}
        ablation = netzoo.ablate("lenet", **few)
        assert {effect.model: effect.change for effect in ablation.effects} == {
            "lenet-relu": "activation: sigmoid → relu",
            "lenet@ema=0.0": "ema: 0.9 → 0.0",
            "lenet@loss=SparseCategoricalCrossentropy": "loss: CategoricalCrossentropy → "
            "SparseCategoricalCrossentropy",
        }
        whole = netzoo.ablate("lenet", recipe=str(path), test_flip=True)
        assert [effect.change.partition(":")[0] for effect in whole.effects][-4:] == [
            "augment", "ema", "test_flip", "loss",
        ]  # fmt: skip
        both = netzoo.ablate("lenet", factorial=True, **few)
        assert "lenet@ema=0.0,loss=SparseCategoricalCrossentropy" in {
            row.name for row in both.comparison.models
        }
    with pytest.raises(UnknownName, match="no change 'ema' in lenet"):
        netzoo.ablate("lenet", changes=["ema"], recipe="brief")


@pytest.mark.parametrize(
    ("model", "options", "augment", "arms"),
    [
        ("alexnet", {}, "none", ALEXNETS),
        ("lenet", {}, "none", LENETS),
        (  # named in any order, made in the builder's
            "lenet",
            {"changes": ["dropout", "activation"]},
            "none",
            {name: LENETS[name] for name in ("lenet", "lenet-relu", "lenet-dropout")},
        ),
        (
            "alexnet",
            {"changes": ["augment"], "augment": "flip+color"},
            "flip+color",
            {"alexnet": "", "alexnet@augment=none": "augment: flip+color → none"},
        ),
    ],
)
def test_an_ablation_makes_each_change_alone(monkeypatch, model, options, augment, arms):
    asked = train_by(monkeypatch, cheap)
    ablation = netzoo.ablate(model, **options, seeds=(4,), epochs=3)
    assert asked == {
        "models": list(arms), "recipe": BRIEF, "seeds": (4,), "augment": augment, "epochs": 3,
    }  # fmt: skip
    assert ablation.base == model
    told = {effect.model: effect.change for effect in ablation.effects}
    assert {model: "", **told} == arms


@pytest.mark.parametrize(
    ("model", "changes", "arms"),
    [
        (
            "lenet",
            ["activation", "augment"],
            ["lenet", "lenet-relu", "lenet@augment=flip+crop", "lenet-relu@augment=flip+crop"],
        ),
        (
            "alexnet",
            ["pooling", "fc_layers", "dropout"],
            [
                "alexnet", "alexnet-avgpool", "alexnet-nodropout", "alexnet-onefc",
                "alexnet:pooling=average,dropout=0.0",
                "alexnet:pooling=average,fc_layers=1",
                "alexnet:dropout=0.0,fc_layers=1",
                "alexnet:pooling=average,dropout=0.0,fc_layers=1",
            ],
        ),
    ],
)  # fmt: skip
def test_with_pairs_an_ablation_makes_every_set_of_changes(monkeypatch, model, changes, arms):
    asked = train_by(monkeypatch, cheap)
    ablation = netzoo.ablate(model, changes=changes, factorial=True, seeds=(0,))
    assert asked["models"] == arms
    assert [effect.model for effect in ablation.effects] == arms[1 : len(changes) + 1]
    assert len(ablation.shares) == len(changes)


@pytest.mark.parametrize(
    ("model", "together", "last"),
    [
        ("alexnet", "alexnet-reverted", "alexnet-reverted@augment=flip+crop"),
        ("lenet", "lenet-modern", "lenet-modern@augment=flip+crop"),
    ],
)
def test_the_sets_of_a_family_are_of_what_its_variants_make_together(
    monkeypatch, model, together, last
):
    asked = train_by(monkeypatch, cheap)
    netzoo.ablate(model, factorial=True, seeds=(0,))
    assert len(set(asked["models"])) == len(asked["models"]) == 2**4
    assert asked["models"][-1] == last
    assert together in asked["models"]


OLD, NEW = "lenet's → alexnet's", "alexnet's → lenet's"


@pytest.mark.parametrize(
    ("start", "end", "order", "rungs"),
    [
        (
            "lenet",
            "alexnet",
            None,
            {
                "lenet": "",
                "lenet-relu@as=alexnet": f"activation: sigmoid → relu; settings: {OLD}",
                "lenet-relu-maxpool@as=alexnet": "pooling: average → max",
                "lenet-modern@as=alexnet": "dropout: 0.0 → 0.5",
                "lenet-modern@augment=flip+crop,as=alexnet": "augment: none → flip+crop",
                "lenet-modern-wide@augment=flip+crop,as=alexnet": "wide: False → True",
                "lenet-modern-wide-deep@augment=flip+crop,as=alexnet": "deep: False → True",
                "alexnet@augment=flip+crop": f"size: {OLD}",
            },
        ),
        (
            "lenet",
            "alexnet",
            "size,settings,deep,wide,activation,pooling,augment,dropout",
            {
                "lenet": "",
                "alexnet:activation=sigmoid,pooling=average,dropout=0.0,wide=False,deep=False"
                "@as=lenet": f"size: {OLD}",
                "alexnet:activation=sigmoid,pooling=average,dropout=0.0,wide=False,deep=False": (
                    f"settings: {OLD}"
                ),
                "alexnet:activation=sigmoid,pooling=average,dropout=0.0,wide=False": (
                    "deep: False → True"
                ),
                "alexnet-reverted": "wide: False → True",
                "alexnet:pooling=average,dropout=0.0": "activation: sigmoid → relu",
                "alexnet-nodropout": "pooling: average → max",
                "alexnet-nodropout@augment=flip+crop": "augment: none → flip+crop",
                "alexnet@augment=flip+crop": "dropout: 0.0 → 0.5",
            },
        ),
        (
            "alexnet",
            "lenet",
            "size,wide,deep,activation,pooling,dropout",
            {
                "alexnet": "",
                "lenet-modern-wide-deep": f"size: {NEW}",
                "lenet:activation=relu,pooling=max,dropout=0.5,deep=True": "wide: True → False",
                "lenet-modern": "deep: True → False",
                "lenet:pooling=max,dropout=0.5": "activation: relu → sigmoid",
                "lenet-dropout": "pooling: max → average",
                "lenet": "dropout: 0.5 → 0.0",
            },
        ),
        (
            "lenet-relu",
            "lenet-modern-wide",
            None,
            {
                "lenet-relu": "",
                "lenet-relu-maxpool": "pooling: average → max",
                "lenet-modern": "dropout: 0.0 → 0.5",
                "lenet-modern@augment=flip+crop": "augment: none → flip+crop",
                "lenet-modern-wide@augment=flip+crop": "wide: False → True",
            },
        ),
        (
            "lenet",
            "lenet-relu:dropout=0.2",
            "dropout,activation",
            {
                "lenet": "",
                "lenet:dropout=0.2": "dropout: 0.0 → 0.2",
                "lenet:activation=relu,dropout=0.2": "activation: sigmoid → relu",
            },
        ),
    ],
)
def test_a_ladder_goes_from_model_to_model_a_change_a_rung(monkeypatch, start, end, order, rungs):
    asked = train_by(monkeypatch, cheap)
    found = netzoo.ladder(start, end, order=order and order.split(","), seeds=(7,), epochs=3)
    assert asked == {"models": list(rungs), "recipe": BRIEF, "seeds": (7,), "epochs": 3}
    told = {effect.model: effect.change for effect in found.rungs}
    assert {start: "", **told} == rungs


STEPS = ["activation", "pooling", "dropout", "wide", "deep", "size", "augment", "settings"]


def facts(spec):
    """Return all in which a rung's training may differ from another's, by the step to change it."""
    model = model_spec(spec)
    info, chosen = model_info(model), recipe_of(model, "brief", {}, CPU)
    return {
        **{key: value for key, value in info.options.items() if key != "fc_layers"},
        "augment": chosen.augment,
        "settings": (chosen.learning_rate, chosen.batch_size),
        "size": (info.family, info.input_shape, chosen.image_size),
    }


@pytest.mark.parametrize("number", range(20))
@pytest.mark.parametrize(("start", "end"), [("lenet", "alexnet"), ("alexnet", "lenet")])
def test_in_any_order_each_rung_changes_what_its_step_names(monkeypatch, start, end, number):
    order = random.Random(number).sample(STEPS, len(STEPS))
    if number % 3 == 0:
        order.remove("settings")
    asked = train_by(monkeypatch, cheap)
    netzoo.ladder(start, end, order=order, seeds=(0,))
    known = [facts(rung) for rung in asked["models"]]
    for place, step in enumerate(order):
        before, after = known[place], known[place + 1]
        along = {"settings"} if place == 0 and "settings" not in order else set()
        assert {key for key in after if after[key] != before[key]} == {step} | along
    assert known[0] == facts(start)
    assert known[-1] == facts(f"{end}@augment=flip+crop" if "augment" in order else end)


def test_a_ladder_without_the_step_may_augment_all_its_rungs(monkeypatch):
    asked = train_by(monkeypatch, cheap)
    netzoo.ladder("lenet", "lenet-relu", order=["activation"], augment="flip", seeds=(0,))
    assert (asked["models"], asked["augment"]) == (["lenet", "lenet-relu"], "flip")


def rungs_of(monkeypatch, start, end):
    """Return what a ladder asks to be trained, with the change that leads to each."""
    asked = train_by(monkeypatch, cheap)
    found = netzoo.ladder(start, end, seeds=(0,))
    changes = ["", *(effect.change for effect in found.rungs)]
    return dict(zip(asked["models"], changes, strict=True))


def test_a_ladder_through_several_families_is_that_of_their_history(monkeypatch):
    assert rungs_of(monkeypatch, "lenet-modern-wide", "resnet34") == {
        "lenet-modern-wide": "",
        "lenet-modern-wide-deep@as=resnet": ("deep: False → True; settings: lenet's → resnet's"),
        "alexnet@as=resnet": f"size: {OLD}",
        "vgg11@as=resnet": "eight 3×3 convolutions in stages",
        "vgg11-batchnorm@as=resnet": "batchnorm: False → True",
        "resnet18-plain": (
            "17 narrower convolutions, which halve the size by their strides; one dense layer"
        ),
        "resnet18": "shortcut: False → True",
        "resnet34": "depth: 18 → 34",
    }


def test_a_ladder_from_a_later_variant_goes_back_to_where_the_next_family_starts(monkeypatch):
    assert rungs_of(monkeypatch, "vgg16", "vit-tiny-shallow") == {
        "vgg16": "",
        "vgg16-batchnorm@as=vit": "batchnorm: False → True; settings: vgg's → vit's",
        "vgg11-batchnorm@as=vit": "depth: 16 → 11",
        "resnet20-plain@as=vit": "19 narrow convolutions on small images; one dense layer",
        "resnet20@as=vit": "shortcut: False → True",
        "vit-tiny": "patches and attention in place of convolutions",
        "vit-tiny-shallow": "depth: 12 → 6",
    }


def bases():
    return [base_of(family) for family in sorted({info.family for info in MODELS.values()})]


@pytest.mark.parametrize("end", [base.name for base in bases()])
def test_history_leads_from_the_perceptron_to_each_family_by_models_that_there_are(
    monkeypatch, end
):
    if end == "mlp":
        return
    rungs = list(rungs_of(monkeypatch, "mlp", end))
    assert (rungs[0], rungs[-1]) == ("mlp", end)
    assert len(set(rungs)) == len(rungs)
    for before, after in itertools.pairwise(rungs):
        old, new = (model_info(model_spec(rung)) for rung in (before, after))
        if old.family == new.family:
            changed = [key for key in old.options if old.options[key] != new.options[key]]
            assert len(changed) == 1


def test_a_family_of_yours_may_declare_its_history(monkeypatch):
    monkeypatch.setattr(lineage, "_STEPS", dict(lineage._STEPS))

    def tiny(input_shape, num_classes):
        """Build nothing here."""

    with MODELS.temporary():
        register_model("tiny")(lineage.follows("lenet-relu", reaching="tiny", change="less")(tiny))
        assert rungs_of(monkeypatch, "lenet", "tiny") == {
            "lenet": "",
            "lenet-relu@as=tiny": "activation: sigmoid → relu; settings: lenet's → tiny's",
            "tiny": "less",
        }
