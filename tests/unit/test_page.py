"""The page as text: what it says, that names stay text, that it is whole in both languages."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from bench_results import benched, run
from page_content import ACCURACIES, CLASSES, MARKUP, content, groups, history, hostile, studies
from study_records import record

from netzoo import units
from netzoo.report import words
from netzoo.report.answer import answer, study_answer
from netzoo.report.foot import foot
from netzoo.report.page import page
from netzoo.results.rows import compare_groups

pytestmark = pytest.mark.page

MOST_BYTES = 3_000_000


class Seen(HTMLParser):
    """What a browser would find in a page: its elements, its scripts and its text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.scripts, self.words, self.places = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.places.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        self.places.append(f"/{tag}")

    def handle_data(self, data):
        if self.places[-1:] == ["script"]:
            self.scripts[-1] += data
        elif self.places[-1:] != ["style"]:
            self.words.append(data)

    def data(self):
        return json.loads(self.scripts[0])


def told(sentence):
    return words.translate("en", sentence[0], **sentence[1])


def test_a_page_holds_all_that_it_shows(monkeypatch):
    text = page(content(studies=studies(monkeypatch)))
    assert len(text.encode()) < MOST_BYTES
    seen = Seen(text)
    for tag, attributes in seen.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base")
        for name in ("src", "href", "data", "srcset", "action"):
            assert attributes.get(name, "data:").startswith(("data:", "#")), (tag, name)
        assert not [name for name in attributes if name.startswith("on")], tag
    assert not re.search(r"url\(|@import", text.partition("</style>")[0])


def test_names_that_look_like_markup_stay_text():
    found = hostile()
    usual, odd = Seen(page(content())), Seen(page(content(found)))
    assert len(odd.scripts) == len(usual.scripts) == 3
    assert odd.scripts[1:] == usual.scripts[1:]
    shown = "".join(odd.words)
    assert f"{MARKUP} is better than lenet" in shown
    assert MARKUP in [each.get("data-model") for _, each in odd.elements]
    assert all(name in shown for name in CLASSES)
    (matrix,) = [each for each in odd.data()["figures"] if each["name"] == "confusion"]
    rows = matrix["datasets"]["confusion"]
    assert {row["true"] for row in rows} == set(CLASSES)
    assert MARKUP in {row["model"] for row in rows}


def test_every_text_of_the_page_has_its_chinese(monkeypatch):
    """Nothing that is told in English for want of a translation, on a page of everything."""
    missing, known = set(), words.dictionary()
    names = {*ACCURACIES, *map(str, range(100)), "alexnet-sigmoid", "alexnet-avgpool"}

    def chinese(language, text, /, **values):
        if language == "zh" and text not in known and re.search("[A-Za-z]{3}", text):
            missing.add(text)
        return translate(language, text, **values)

    translate = words.translate
    monkeypatch.setattr("netzoo.report.words.translate", chinese)
    monkeypatch.setattr("netzoo.report.markup.translate", chinese)
    from netzoo.report.markup import _environment

    monkeypatch.setitem(_environment().globals, "translate", chinese)
    found = studies(monkeypatch)
    timed = benched(*map(run, ACCURACIES))
    page(content(studies=found, benches=(timed,)), "zh")
    answers = [study_answer(study) for study in found]
    answers.append(answer(compare_groups(groups({"lenet": [0.7]}), "lenet")))
    for each in answers:
        if each is not None:
            for text, values in (each.question, *each.sentences):
                chinese("zh", text, **values)
    figures = re.compile(r"[\d .,±×−+%–kMGTBFLOP/s()…x]*|\d+ (min|s|h).*|.*images/s")
    assert {text for text in missing - names if not figures.fullmatch(text)} == set()


def test_the_foot_has_the_command_of_a_bench():
    facts = dict(foot(content(benches=(benched(),)))["facts"])
    assert facts["Command"][-1] == "netzoo bench lenet alexnet"


def test_titles_of_charts_are_in_the_page_in_both_languages():
    data = Seen(page(content())).data()
    assert data["words"]["zh"]["Epoch"] == words.dictionary()["Epoch"]
    titles = set(re.findall(r'"title": "([^"]*)"', json.dumps(data["figures"], ensure_ascii=False)))
    assert titles - set(data["words"]["zh"]) == set()


def test_a_translation_has_the_places_of_its_text():
    for text, chinese in words.dictionary().items():
        assert set(re.findall(r"{\w+}", chinese)) == set(re.findall(r"{\w+}", text)), text


def test_values_that_are_no_numbers_do_not_end_up_in_the_data():
    """JSON has no NaN: a browser would refuse all of it."""
    lost = [replace(epoch, train_loss=float("nan")) for epoch in history(0.1)]
    last = [*history(0.1)[:2], replace(history(0.1)[2], test_loss=float("inf"))]
    by_model = groups()
    by_model["lenet"][0] = replace(by_model["lenet"][0], status="diverged", history=tuple(last))
    by_model["lenet-relu"] = [
        replace(record("lenet-relu", seed, 0.1), status="diverged", history=tuple(lost))
        for seed in (0, 1, 2)
    ]
    text = Seen(page(content(by_model))).scripts[0]
    assert not re.search(r"[:,\[] *-?(NaN|Infinity)\b", text)
    json.loads(text, parse_constant=pytest.fail)


def test_the_first_lines_are_the_question_and_the_answer():
    found = answer(compare_groups(groups(), "lenet"))
    assert told(found.question) == (
        "lenet, lenet-relu, lenet-modern, alexnet on fashion_mnist, 3 seeds"
    )
    best, second, third, *on_such_images = map(told, found.sentences)
    assert re.fullmatch(
        r"alexnet is better than lenet: \+16\.7 \(\+1\d\.\d … \+1\d\.\d\) points of test "
        r"accuracy \(p < 0\.01\), at .* the MACs\.|alexnet is better than lenet: .*",
        best,
    )
    assert second.startswith("lenet-relu is better than lenet: +8.7")
    assert third.startswith("lenet-modern and lenet are not separable: +3.0 ")
    such = "On such images, with seeds and test images both as samples, "
    assert [line.removeprefix(such).partition(" ")[0] for line in on_such_images] == [
        "alexnet", "lenet-relu", "lenet-modern",
    ]  # fmt: skip


def test_the_answer_where_there_is_none():
    by_model = groups({"lenet": [0.7, 0.7], "alexnet": [0.1, 0.1]})
    by_model["alexnet"] = [record("alexnet", n, 0, status="failed", error="gone") for n in (0, 1)]
    (only,) = answer(compare_groups(by_model, "lenet")).sentences
    assert told(only) == "alexnet cannot be compared with lenet: one of them has no result."
    alone = answer(compare_groups({"lenet": by_model["lenet"]}, "lenet"))
    assert told(alone.question) == "lenet on fashion_mnist, 2 seeds"
    assert told(alone.sentences[0]) == "lenet reaches 70.0 ± 0.0 % test accuracy."


def test_a_study_alone_on_its_page_has_its_own_answer(monkeypatch):
    ablation, ladder, probe, lesson = studies(monkeypatch)
    found = study_answer(ablation)
    assert told(found.question) == "Ablation of lenet on fashion_mnist, seeds 0, 1, 2"
    for sentence, effect in zip(found.sentences, ablation.effects, strict=True):
        assert told(sentence).startswith(f"{effect.model} and lenet are not separable: ")
        assert told(sentence).endswith(f"(p {units.p_value(effect.accuracy.p)}).")
    found = study_answer(ladder)
    start = "From lenet to alexnet@augment=flip+crop, one change at a time, on "
    assert told(found.question).startswith(start)
    names = [model.name for model in ladder.models]
    for sentence, (before, after) in zip(found.sentences, pairwise(names), strict=True):
        assert sentence[1] | {"model": after, "base": before} == sentence[1]
    assert study_answer(probe) is None
    (claims,) = study_answer(lesson).sentences
    verdicts = [claim.verdict for claim in lesson.claims]
    assert told(claims).startswith(f"{verdicts.count('holds')} of 13 claims hold, ")
    assert told(claims) in "".join(Seen(page(content(studies=(lesson,)))).words)


def test_the_foot_of_a_study_whose_trials_are_gone_tells_what_it_knows(monkeypatch):
    for study in studies(monkeypatch):
        facts = dict(foot(content({}, studies=(study,)))["facts"])
        assert facts["Backend"] == ["tensorflow"]
        assert facts["Versions"][0].startswith("python ")


def test_the_foot_has_all_that_is_needed_to_do_it_again():
    by_model = groups()
    by_model["lenet"] = [replace(r, commit="abc123", command="one") for r in by_model["lenet"]]
    assert "Threads" not in dict(foot(content(by_model))["facts"])  # records of older versions
    for threads, records in zip((2, 1), by_model.values(), strict=False):
        records[:] = [replace(r, device=replace(r.device, threads=threads)) for r in records]
    facts = dict(foot(content(by_model, notes=("plan.json is damaged.",)))["facts"])
    assert facts["Command"] == ["one", "netzoo compare …"]
    assert facts["Seeds"] == ["0, 1, 2 (n = 3)"]
    assert facts["Data"][1] == f"SHA-256 {'ab' * 32}"
    assert facts["Versions"] == ["python 3.11.0, netzoo 0.1.0, keras 3.15.1, tensorflow 2.21.0"]
    assert facts["Threads"] == ["2", "1"]
    assert facts["Git commit"] == ["abc123"]
    assert "plan.json is damaged." in foot(content(notes=("plan.json is damaged.",)))["caveats"]
