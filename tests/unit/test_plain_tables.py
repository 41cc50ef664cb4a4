"""Tables of plain cells are drawn without rich, and as rich draws them."""

import random

from netzoo.tables import plain
from netzoo.tables.table import WIDEST, Cell, Column, Table

HEADINGS = ("Model", "Test\naccuracy", "×\nbase", "A\nb\nc", "")
WORDS = ("", "x", "–", "a b", "75.2 %", "lenet-relu:dropout=0.2", "1 024", "  lead", "größe")


def table(rng, words):
    count = rng.randint(1, 6)
    columns = [Column(rng.choice(HEADINGS), str(n), rng.random() < 0.5) for n in range(count)]
    rows = [[Cell(None, rng.choice(words)) for _ in columns] for _ in range(rng.randint(0, 5))]
    return Table(columns, rows)


def test_a_plain_table_looks_as_rich_draws_it():
    rng = random.Random(1)
    for _ in range(60):
        made = table(rng, WORDS)
        assert made._drawn() == made._drawn_by_rich(WIDEST)


def test_other_cells_and_wide_tables_are_left_to_rich():
    for text in ("数字", "two\nlines", "a\tb", "e\u0301", "x" * 40):
        assert plain.lines(["Model"], [False], [["lenet", text]], 30) is None
    assert plain.lines(["Model"], [False], [["lenet"]], 30) == [" Model", " ─────", " lenet"]
