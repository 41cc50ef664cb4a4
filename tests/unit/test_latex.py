"""Tables in LaTeX: what is escaped, which form a table takes, and that LaTeX takes it."""

import re
import shutil
import subprocess

import pytest
from fixed_costs import counted
from hypothesis import given
from hypothesis import strategies as st
from lesson_records import page_of, usual
from study_records import record

from netzoo.cost.layer_cost import COLUMNS
from netzoo.cost.result import layer_table
from netzoo.results.comparison import comparison_table
from netzoo.results.rows import compare_records
from netzoo.tables.latex import ESCAPED, escaped
from netzoo.tables.table import Cell, Column, Table

WRITTEN = [
    ("a_b & 5 %", r"a\_b \& 5 \%"),
    ("$x #1 {y}", r"\$x \#1 \{y\}"),
    ("~ ^ \\", r"\textasciitilde{} \textasciicircum{} \textbackslash{}"),
    # other glyphs in LaTeX's older fonts
    ("p < 0.05 > |t|", r"p \textless{} 0.05 \textgreater{} \textbar{}t\textbar{}"),
    ('"a" `b`', r"{\char34}a{\char34} {\char96}b{\char96}"),
    # an argument or a star of the row before
    ("[28] *", "{[}28{]} {*}"),
    # joined to a dash, to other marks
    ("--seeds --- x", r"-{}-seeds -{}-{}- x"),
    ("alexnet-onefc", "alexnet-onefc"),
    ("a,,b ''", "a,{},b '{}'"),
    ("28 × 28", r"28 $\times$ 28"),
    ("80 ± 1", r"80 $\pm$ 1"),
    ("−5 – …", r"$-$5 -- \ldots{}"),
    ("Δ → ≥ ≤ § ²", r"$\Delta$ $\rightarrow$ $\geq$ $\leq$ \S{} $^{2}$"),
    ("12\u202f%", r"12\,\%"),
    # letters stay
    ("Müller Ωmega 数据 ж", "Müller Ωmega 数据 ж"),
    ("a\tb\nc\x1b[d\u2028e", r"a b c {[}d e"),
]
# What may stand in escaped text beside characters without a meaning.
TOKENS = re.compile(
    r"\\(text\w+|ldots|S)\{\}|\\[{}$&#_%,]|\$-\$|\$\\[a-zA-Z]+\$|\$\^\{(\\circ|\w)\}\$"
    r"|\{[][*]\}|\{\\char\d\d\}|(?<=[-,'!?])\{\}"
)


def table(rows, *, headings=("Name", "Value"), wraps=False, footer=()):
    columns = [Column(word, word, numeric=place > 0) for place, word in enumerate(headings)]
    return Table(columns, [[Cell(text, text) for text in row] for row in rows], footer, wraps)


def comparison(count):
    """Return the table of so many models with two seeds each."""
    models = ["lenet", "alexnet", "lenet-relu", "lenet-maxpool", "lenet-modern", "alexnet-onefc"]
    records = [record(m, seed, 0.75 + 0.02 * seed) for m in models[:count] for seed in (0, 1)]
    return comparison_table(compare_records(records, "lenet"))


@pytest.mark.parametrize(("text", "words"), WRITTEN)
def test_specials_become_commands_and_letters_stay(text, words):
    assert escaped(text) == words


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.text("\\{}$&#_%~^<>|\"`[]*-,'!?a1 "))
def test_no_special_is_left_in_any_text(text):
    left = TOKENS.sub("", escaped(text))
    left = left.replace("~", "") if "\u00a0" in text else left  # the one that does not break
    assert not set(left) & set('\\{}$&#_%~^<>|"`[]*')
    dashless = re.sub("[–—]", "", text)  # a dash is written as the pair that joins
    assert not re.search("--|,,|''|[!?]`", escaped(dashless))


def test_each_symbol_that_netzoo_writes_is_known_to_pdflatex(request):
    source = request.config.rootpath / "netzoo"
    paths = [
        *source.glob("*.py"),
        *source.glob("tables/*.py"),
        *source.glob("results/*.py"),
        *source.glob("cost/*.py"),
        *source.glob("studies/*.py"),
    ]
    written = set("".join(path.read_text() for path in paths))
    marks = set("├└│─●▲■◆○△□◇▼▽")  # of a docstring, and of plots
    assert {each for each in written if not each.isascii()} - marks <= set(ESCAPED)


def test_a_comparison_and_a_model_in_latex(golden):
    golden("comparison.tex", comparison(2).render("latex") + "\n")
    golden("summary-lenet.tex", layer_table(counted("lenet")).render("latex") + "\n")


def test_numbers_stand_to_the_right_with_a_minus_and_names_keep_their_hyphens():
    text = table([("lenet-5", "-9.7 (-13.5 … -5.9)"), ("x -1", "1e-06")]).render("latex")
    assert "\\begin{tabular}{lr}\n" in text
    assert r"lenet-5 & $-$9.7 ($-$13.5 \ldots{} $-$5.9) \tabularnewline" in text
    assert r"x -1 & 1e-06 \tabularnewline" in text


def test_a_heading_of_two_lines_is_stacked():
    text = table([("a", "1")], headings=("Name", "Test\naccuracy")).render("latex")
    assert r"Name & \begin{tabular}[b]{@{}r@{}}Test\\accuracy\end{tabular} \tab" in text


def test_the_footer_is_set_below_and_its_long_words_may_break():
    text = table([("a", "1")], footer=["Of a_b=c,d.", "100 %"]).render("latex")
    assert text.endswith(
        "{\\footnotesize\\raggedright\nOf a\\_\\allowbreak{}b=\\allowbreak{}c,d.\\par\n"
        "100 \\%\\par\n}"
    )
    assert "footnotesize" not in table([("a", "1")]).render("latex")


def test_a_wide_table_is_turned_if_that_is_narrower_and_scaled_if_it_must():
    narrow, turned, scaled = (comparison(count).render("latex") for count in (1, 2, 6))
    for text in (narrow, turned):
        assert text.splitlines()[0] == r"% Needs \usepackage{booktabs}"
        assert "resizebox" not in text
    assert "Model & lenet & alexnet \\tabularnewline" in turned
    assert "Test accuracy & 76.0 $\\pm$ 1.4 \\% & " in turned
    assert turned.count(r"\par") > 5  # its notes
    assert scaled.splitlines()[0] == r"% Needs \usepackage{booktabs,graphicx}"
    assert r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%" in scaled
    wide_both_ways = layer_table(counted("alexnet"), columns=COLUMNS).render("latex")
    assert "\nLayer & Type & Output &" in wide_both_ways


@pytest.mark.parametrize(
    ("characters", "size", "needs"),
    [
        (70, "footnotesize", "booktabs,longtable"),
        (85, "scriptsize", "booktabs,longtable"),
        (120, "footnotesize", "booktabs,longtable,pdflscape"),
        (160, "tiny", "booktabs,longtable,pdflscape"),
        (300, "tiny", "booktabs,longtable,pdflscape"),
    ],
)
def test_a_long_table_goes_on_over_the_page(characters, size, needs):
    text = table([(f"{row}", "9" * (characters - 6)) for row in range(41)]).render("latex")
    assert text.splitlines()[0] == rf"% Needs \usepackage{{{needs}}}"
    assert rf"\{size}\setlength" in text
    assert text.count(r"\endhead") == text.count(r"\end{longtable}") == 1
    assert (r"\end{landscape}" in text) == ("pdflscape" in needs)
    assert "longtable" not in table([("a", "b")] * 40).render("latex")


def test_cells_that_wrap_share_the_line():
    text = page_of(*usual()).table().render("latex")
    widths = [float(share) for share in re.findall(r"p\{([\d.]+)\\linewidth\}", text)]
    assert len(widths) == 3
    assert 0.5 <= sum(widths) < 1
    assert min(widths) > 0.1
    assert text.count(r"\addlinespace") == len(page_of(*usual()).claims)
    assert r"& \raggedright netzoo ablate alexnet -{}-changes dropout" in text


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex compiles it")
@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: comparison(2), id="comparison"),
        pytest.param(lambda: comparison(6), id="six models"),
        pytest.param(lambda: layer_table(counted("alexnet")), id="model"),
        pytest.param(lambda: page_of(*usual()).table(), id="lesson"),
        pytest.param(lambda: usual()[1].table(), id="probe"),
        pytest.param(lambda: table([(c, c) for c in ESCAPED] * 2, footer=ESCAPED), id="symbols"),
        pytest.param(lambda: table([(f"[{n}", "9" * 100) for n in range(60)]), id="long and wide"),
    ],
)
def test_latex_takes_it(made, tmp_path):
    text = made().render("latex")
    (packages,) = re.findall(r"^% Needs (.*)", text)
    page = (
        f"\\documentclass{{article}}\n{packages}\n\\begin{{document}}\n{text}\n\\end{{document}}\n"
    )
    (tmp_path / "page.tex").write_text(page)
    for _ in range(2):  # the second time with the widths that the first found
        done = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout
    assert "Missing character" not in (tmp_path / "page.log").read_text(errors="replace")
