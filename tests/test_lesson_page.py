"""The page of the lesson's claims in each form; it is of trainings and probes that never were."""

import csv
import html
import io
import json
import re
from dataclasses import replace

import pytest
from lesson_records import GPU, counts, page_of, probed, trained, usual

from netzoo.records.codec import to_text
from netzoo.results.lesson import lesson_page_text, lesson_table

pytestmark = pytest.mark.backend_independent

FAILED = {"status": "failed", "error": "its process was ended by SIGKILL."}
DEVICE = "Device: CPU (2 cores). Backend: tensorflow. python 3.11.0, netzoo 0.1.0, keras 3.15.1, "


PAGES = {
    "finished": lambda: page_of(*usual()),
    "stopped in the trainings": lambda: page_of(trained(**{"alexnet-onefc": FAILED})),
    "stopped in the probe": lambda: page_of(usual()[0], probed((0,))),
    "only counted": lambda: page_of(counted=counts(device=GPU), slow=counts()),
}


def closed(text):
    """Return a text without the white space, which a wrapped cell has elsewhere."""
    return "".join(text.split())


def unwrapped(table, width):
    """Return the cells of a drawn table that wraps, each put together again without spaces."""
    heading, _, *lines = table.render("table", width=width).split("\n\n")[0].splitlines()
    assert all(len(line) <= (width or 120) for line in lines)
    starts = [heading.index(column.heading) for column in table.columns]
    places = [slice(*ends) for ends in zip(starts, [*starts[1:], None], strict=True)]
    rows = []
    for line in lines:
        cells = [line[place] for place in places]
        if cells[2].strip():  # n, which never wraps: here a row begins
            rows.append([""] * len(cells))
        rows[-1] = [closed(old + new) for old, new in zip(rows[-1], cells, strict=True)]
    return rows


@pytest.mark.parametrize("name", PAGES)
def test_each_form_of_the_table_has_every_claim(name):
    page = PAGES[name]()
    table = lesson_table(page)
    expected = [
        [each.text, each.measured, "–" if each.n is None else str(each.n), each.verdict,
         each.command]
        for each in page.claims
    ]  # fmt: skip
    assert len(expected) == 13
    rows = list(csv.DictReader(io.StringIO(table.render("csv"))))
    assert list(rows[0]) == ["claim", "measured", "n", "verdict", "command"]
    assert [list(row.values()) for row in rows] == [
        ["" if cell == "–" else cell for cell in cells] for cells in expected
    ]
    markdown = table.render("markdown")
    drawn = [line for line in markdown.splitlines() if line.startswith("| ")][2:]
    assert [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in drawn] == expected
    page_html = table.render("html")
    cells = [html.unescape(cell) for cell in re.findall("<td[^>]*>(.*?)</td>", page_html)]
    assert cells == [cell for row in expected for cell in row]
    for width in (None, 80, 200):
        assert unwrapped(table, width) == [[closed(cell) for cell in row] for row in expected]
    for line in table.footer:
        assert line in markdown.splitlines()
        assert html.escape(line) in page_html
        assert closed(line) in closed(table.render("table", width=80))


@pytest.mark.parametrize("name", PAGES)
def test_the_page_tells_each_claim_with_all_that_is_known_of_it(name):
    page = PAGES[name]()
    text = lesson_page_text(page)
    assert text.startswith("# The lesson's claims, measured\n\n1. **")
    for number, claim in enumerate(page.claims, 1):
        (told,) = re.findall(
            rf"^{number}\. .*?(?=^{number + 1}\. |^Intervals: )", text, re.M | re.S
        )
        first, measured, command = told.split("\n\n")[:3]
        assert first == f"{number}. **{claim.text}** *{claim.verdict}*"
        of = ""
        if claim.p is not None:
            p = "< 0.001" if claim.p < 0.001 else f"= {claim.p:.3f}"
            of = f" (n = {claim.n} seeds, p {p})"
        assert measured.strip() == f"{claim.measured}{of}. {claim.note}".strip()
        assert command.strip() == f"`{claim.command}`"
    foot = text[text.index("Intervals: ") :]
    assert "p < 0.05 after Holm's correction for all tested claims." in foot
    device = DEVICE.replace("CPU (2 cores)", "NVIDIA H100") if name == "only counted" else DEVICE
    assert device in foot
    assert foot.count("Backend: ") == 1
    assert ("Recipe brief: epochs 2" in foot) == (page.comparison is not None)
    assert ("n = 4 seeds (0, 1, 2, 3)" in foot) == (page.comparison is not None)
    failure = "alexnet-onefc failed: seed 0: its process was ended by SIGKILL.; seed 1: "
    assert (failure in foot) == (name == "stopped in the trainings")


def test_the_table_numbers_the_notes_by_the_claims():
    page = page_of(*usual())
    footer = lesson_table(page).footer
    noted = [number for number, claim in enumerate(page.claims, 1) if claim.note]
    assert noted == [1, 2, 5, 6, 7, 11, 12, 13]
    assert list(footer[: len(noted)]) == [
        f"{number}: {page.claims[number - 1].note}" for number in noted
    ]


def test_the_finished_page_as_text_and_as_markdown(golden):
    page = page_of(*usual())
    golden("lesson.txt", lesson_table(page).render("table") + "\n")
    golden("lesson.md", lesson_page_text(page))


def test_what_was_not_the_same_for_all_trainings_is_a_warning_below():
    warning = "Models differ in device: alexnet CPU (2 cores); alexnet-onefc CPU (4 cores)."
    page = page_of(replace(usual()[0], warnings=(warning,)), usual()[1])
    for text in (lesson_page_text(page), lesson_table(page).render("markdown")):
        assert f"Warning: {warning}" in text.splitlines()


def test_why_a_model_could_not_be_probed_stands_below():
    why = "seed 0: its process was ended by SIGKILL."
    page = page_of(usual()[0], probed(failed={"alexnet-sigmoid": why}))
    for text in (lesson_page_text(page), "\n".join(lesson_table(page).footer)):
        assert any("alexnet-sigmoid" in line and why in line for line in text.splitlines())


def test_the_json_of_the_page_has_the_keys_that_were_promised():
    comparison, probe = usual()
    page = replace(page_of(comparison, probe), command="netzoo lesson", commit="ab" * 20)
    told = json.loads(to_text(page))
    assert next(iter(told)) == "schema"
    assert set(told) == {
        "schema", "claims", "size", "backend", "device", "versions", "comparison", "probe",
        "command", "commit",
    }  # fmt: skip
    assert len(told["claims"]) == 13
    for claim, said in zip(page.claims, told["claims"], strict=True):
        assert said == {
            "text": claim.text, "command": claim.command, "measured": claim.measured,
            "verdict": claim.verdict, "n": claim.n, "p": claim.p, "note": claim.note,
        }  # fmt: skip
    assert told["comparison"] == json.loads(to_text(comparison))
    assert told["probe"] == json.loads(to_text(probe))
    assert (told["schema"], told["size"], told["backend"]) == (1, "brief", "tensorflow")
    assert told["device"]["name"] == "CPU (2 cores)"
    assert (told["command"], told["commit"]) == ("netzoo lesson", "ab" * 20)
    told = json.loads(to_text(page_of()))
    assert (told["comparison"], told["probe"], told["commit"]) == (None, None, None)
