"""How an ablation shares a joint effect out among its changes; the trainings are records."""

import numpy as np
import pytest
from scipy import stats as scipy_stats
from study_figures import CHANGES, FAILED, SETS, by_table
from study_records import holm, train_by

import netzoo
from netzoo.results.ablation import ablation_table


def test_the_joint_effect_is_shared_out(monkeypatch):
    train_by(monkeypatch, by_table(SETS))
    ablation = netzoo.ablate("lenet", changes=CHANGES, factorial=True)
    joint = np.subtract(SETS["lenet-relu-maxpool@augment=flip+crop"], SETS["lenet"])
    assert ablation.total.values == pytest.approx(tuple(joint))
    assert [share.change for share in ablation.shares] == [
        "activation: sigmoid → relu", "pooling: average → max", "augment: none → flip+crop",
    ]  # fmt: skip
    of_seeds = [share.accuracy.values for share in ablation.shares]
    assert np.sum(of_seeds, axis=0) == pytest.approx(joint)
    means = [share.accuracy.mean for share in ablation.shares]
    assert sum(means) == pytest.approx(ablation.total.mean) == pytest.approx(joint.mean())
    assert sum(share.ratio for share in ablation.shares) == pytest.approx(1)
    for share in (ablation.total, *(share.accuracy for share in ablation.shares)):
        interval = scipy_stats.ttest_1samp(share.values, 0).confidence_interval(0.95)
        assert share.ci95 == pytest.approx(tuple(interval))
    assert any(share.accuracy.ci95[0] < 0 for share in ablation.shares)  # not cut off at 0


def test_the_shares_and_the_interaction_of_two_changes(monkeypatch):
    train_by(monkeypatch, by_table(SETS))
    ablation = netzoo.ablate("lenet", changes=["activation", "pooling"], factorial=True)
    none, relu, maxpool, both = (
        np.array(SETS[name])
        for name in ("lenet", "lenet-relu", "lenet-maxpool", "lenet-relu-maxpool")
    )
    activation, pooling = ablation.shares
    assert activation.accuracy.values == pytest.approx(((relu - none) + (both - maxpool)) / 2)
    assert pooling.accuracy.values == pytest.approx(((maxpool - none) + (both - relu)) / 2)
    (interaction,) = ablation.interactions
    beyond = both - relu - maxpool + none
    assert interaction.changes == ("activation", "pooling")
    assert interaction.accuracy.mean == pytest.approx(beyond.mean())
    assert interaction.accuracy.p == pytest.approx(scipy_stats.ttest_1samp(beyond, 0).pvalue)
    assert interaction.verdict == "better"
    assert (
        "Interaction: activation and pooling together give more than the sum of both alone, "
        in "\n".join(ablation_table(ablation).footer)
    )


def test_interactions_are_named_and_corrected_for_all_pairs(monkeypatch):
    train_by(monkeypatch, by_table(SETS))
    ablation = netzoo.ablate("lenet", changes=CHANGES, factorial=True)
    assert [each.changes for each in ablation.interactions] == [
        ("activation", "augment"), ("activation", "pooling"), ("augment", "pooling"),
    ]  # fmt: skip
    values = {names: np.array(SETS[name]) for names, name in zip(
        [(), "a", "p", "g", "ap", "ag", "pg", "apg"], SETS, strict=True
    )}  # fmt: skip
    beyond = [  # the mean of what a pair does without the third change and with it
        (values["ag"] - values["a"] - values["g"] + values[()]
         + values["apg"] - values["ap"] - values["pg"] + values["p"]) / 2,
        (values["ap"] - values["a"] - values["p"] + values[()]
         + values["apg"] - values["ag"] - values["pg"] + values["g"]) / 2,
        (values["pg"] - values["p"] - values["g"] + values[()]
         + values["apg"] - values["ap"] - values["ag"] + values["a"]) / 2,
    ]  # fmt: skip
    ps = holm([scipy_stats.ttest_1samp(each, 0).pvalue for each in beyond])
    assert [each.accuracy.p for each in ablation.interactions] == pytest.approx(ps)
    assert [each.accuracy.mean for each in ablation.interactions] == pytest.approx(
        [each.mean() for each in beyond]
    )


@pytest.mark.parametrize(
    ("lost", "seeds"), [(lambda seed: seed == 1, [0, 2]), (lambda seed: True, None)]
)
def test_shares_are_of_the_seeds_that_every_set_has(monkeypatch, lost, seeds):
    train_by(
        monkeypatch, by_table(SETS, **{"lenet-maxpool": lambda seed: FAILED if lost(seed) else {}})
    )
    ablation = netzoo.ablate("lenet", changes=["activation", "pooling"], factorial=True)
    assert len(ablation.effects) == 2
    if seeds is None:
        assert (ablation.total, ablation.shares, ablation.interactions) == (None, (), ())
        assert len(ablation_table(ablation).columns) == len(ablation_table(ablation).rows[0])
    else:
        joint = [SETS["lenet-relu-maxpool"][seed] - SETS["lenet"][seed] for seed in seeds]
        assert ablation.total.values == pytest.approx(tuple(joint))


def test_shares_of_one_seed_have_no_interval_and_interactions_no_verdict(monkeypatch):
    train_by(monkeypatch, by_table(SETS))
    ablation = netzoo.ablate("lenet", changes=["activation", "pooling"], factorial=True, seeds=(0,))
    assert ablation.total.mean == pytest.approx(0.16)
    assert {share.accuracy.ci95 for share in ablation.shares} == {None}
    assert ablation.interactions == ()
