"""The page in a real browser: what it shows, what it links, and that nothing is fetched."""

import shutil
from contextlib import contextmanager

import image_files
import pytest
from page_content import ACCURACIES, CLASSES, MARKUP, content, hostile, studies

from netzoo.report.images_page import write_images_page
from netzoo.report.page import page
from netzoo.runs.inspect_images import inspect_images

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright drives the browser")
axe_package = pytest.importorskip("axe_playwright_python.sync_playwright", reason="it brings axe")

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.page,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium opens the page"),
]
# Root in a container can have no sandbox; and nothing of the browser's own goes to the net.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


class Opened:
    """A page in the browser, with all that it said and asked for."""

    def __init__(self, tab, path):
        self.tab, self.messages, self.requests = tab, [], []
        tab.on("console", lambda message: self.messages.append(message.text))
        tab.on("pageerror", lambda error: self.messages.append(str(error)))
        tab.on("dialog", lambda dialog: (self.messages.append(dialog.message), dialog.dismiss()))
        tab.on("request", lambda request: self.requests.append(request.url))
        tab.goto(path.as_uri())
        tab.wait_for_selector("html[data-drawn]")

    def opacities(self, figure):
        """Return the highest opacity of each model's marks in a figure."""
        return self.tab.evaluate(
            """(figure) => {
                const found = {};
                for (const mark of document.querySelectorAll(`#${figure} .chart svg *`)) {
                    const item = mark.__data__;
                    const model = item?.datum?.model;
                    if (!model || item.mark?.role !== "mark") continue;
                    const own = item.opacity ?? 1;
                    found[model] = Math.max(own, found[model] ?? 0);
                }
                return found;
            }""",
            figure,
        )

    def says(self, figure, words):
        """Wait until a figure has the words in it."""
        self.tab.wait_for_function(
            "([id, words]) => document.querySelector(`#${id} svg`).textContent.includes(words)",
            arg=[figure, words],
        )

    def shown(self, selector):
        """Return the texts of the elements that can be seen."""
        found = self.tab.locator(selector)
        return [
            found.nth(n).inner_text() for n in range(found.count()) if found.nth(n).is_visible()
        ]


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Return the folder of three pages: of everything, of names like markup, of one model."""
    folder = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patch:
        everything = content(studies=studies(patch))
    few = {"lenet": content().records["lenet"]}
    for name, of in (("all", everything), ("odd", content(hostile())), ("one", content(few))):
        (folder / f"{name}.html").write_text(page(of), encoding="utf-8")
    return folder


@pytest.fixture
def opened(browser, pages):
    """Open a page in a tab of its own; at its end, nothing may have been said or fetched."""

    @contextmanager
    def opening(name="all", width=1280, theme="light"):
        tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
        found = Opened(tab, pages / f"{name}.html")
        try:
            yield found
            assert found.messages == []
            fetched = [url for url in found.requests if not url.startswith("data:")]
            assert fetched == [(pages / f"{name}.html").as_uri()]
        finally:
            tab.close()

    return opening


@pytest.mark.parametrize("name", ["all", "odd", "one"])
def test_it_opens_without_a_word_and_draws_every_figure(opened, name):
    with opened(name) as seen:
        charts = seen.tab.locator(".chart")
        assert charts.count() > 0
        for number in range(charts.count()):
            assert charts.nth(number).locator("svg").bounding_box()["height"] > 50


def test_names_like_markup_are_read_as_text(opened):
    with opened("odd") as seen:
        assert MARKUP in seen.shown("#models button")
        assert f"{MARKUP} is better than lenet" in seen.tab.locator("header").inner_text()
        labels = seen.tab.locator("#confusion svg").text_content()
        assert all(name in labels for name in CLASSES)


def test_a_picked_model_stands_out_everywhere(opened):
    with opened() as seen:
        seen.tab.click("#models button[data-model='alexnet']")
        assert seen.tab.locator("tr.picked").count() == len(ACCURACIES)  # of each baseline's table
        for figure in ("curves", "tradeoff", "layers", "architecture"):
            strong = seen.opacities(figure)
            assert strong["alexnet"] > 3 * strong["lenet"], figure
        assert seen.tab.input_value("#confusion select") == "alexnet"
        assert seen.tab.locator(".sheets li.dimmed").count() == len(ACCURACIES) - 1
        seen.tab.keyboard.press("Escape")
        assert seen.tab.locator("tr.picked").count() == 0
        assert seen.opacities("layers")["lenet"] == 1


def test_a_model_is_picked_in_a_chart_and_in_the_table(opened):
    with opened() as seen:
        seen.tab.locator("#layers path[aria-label*='layer: fc1; model: alexnet']").click()
        pressed = seen.tab.locator("#models button[aria-pressed='true']")
        assert pressed.inner_text() == "alexnet"
        seen.tab.locator("tbody tr[data-model='lenet-relu'] th").first.click()
        assert pressed.inner_text() == "lenet-relu"


def test_the_keyboard_alone_picks_a_model(opened):
    with opened() as seen:
        for _ in range(20):
            seen.tab.keyboard.press("Tab")
            if seen.tab.evaluate("document.activeElement.className") == "pick":
                break
        seen.tab.keyboard.press("Enter")
        assert seen.tab.locator("#models button[aria-pressed='true']").inner_text() == "lenet"


def test_the_table_is_sorted_by_numbers_and_back(opened):
    with opened() as seen:
        heading = seen.tab.locator(".sorted:visible th", has_text="Test accuracy")
        heading.locator("button").click()
        assert heading.get_attribute("aria-sort") == "descending"
        order = ["alexnet", "lenet-relu", "lenet-modern", "lenet"]
        assert seen.shown(".sorted tbody th") == order
        heading.locator("button").click()
        assert seen.shown(".sorted tbody th") == order[::-1]
        seen.tab.locator(".sorted:visible th", has_text="Verdict").locator("button").click()
        assert seen.shown(".sorted tbody th")[-1] in ("alexnet", "lenet")


def test_another_baseline_changes_answer_and_table(opened):
    with opened() as seen:
        assert "alexnet is better than lenet: +" in seen.tab.locator("header").inner_text()
        seen.tab.select_option("#baseline", "alexnet")
        assert "lenet-relu is worse than alexnet: -" in seen.tab.locator("header").inner_text()
        (row,) = [
            row for row in seen.shown(".sorted tbody tr") if row.startswith("alexnet\t")
        ]  # fmt: skip
        assert "baseline" in row


def test_language_and_theme_are_switched(opened):
    with opened() as seen:
        seen.tab.select_option("#language", "zh")
        assert "学习曲线" in seen.shown("h2")
        assert "Learning curves" not in seen.shown("h2")
        seen.tab.wait_for_function(
            "document.querySelector('#curves svg').textContent.includes('轮次')"
        )
        paper = "getComputedStyle(document.body).backgroundColor"
        assert seen.tab.evaluate(paper) == "rgb(255, 255, 255)"
        seen.tab.click("#theme")
        assert seen.tab.evaluate(paper) == "rgb(20, 22, 26)"


def test_a_figure_shows_what_is_chosen(opened):
    with opened() as seen:
        for choice, words in (("0", "Loss"), ("1", "Training FLOPs")):
            place = f"#curves select[data-choice='{choice}']"
            value = {"Loss": "loss", "Training FLOPs": "flops"}[words]
            seen.tab.select_option(place, value)
            seen.says("curves", words)


def test_each_pair_of_models_has_its_pictures(opened):
    with opened() as seen:
        assert "lenet and lenet-relu (seed 0) disagree" in "".join(seen.shown(".pair p"))
        seen.tab.select_option("#pair", label="lenet – alexnet")
        assert "lenet and alexnet (seed 0) disagree" in "".join(seen.shown(".pair p"))
        pictures = seen.tab.locator(".pair:visible img")
        assert pictures.count() > 0
        assert pictures.first.evaluate("image => image.naturalWidth") == 4


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("name", ["all", "odd"])
def test_it_is_as_wide_as_the_window(opened, tmp_path, width, name):
    with opened(name, width) as seen:
        for language in ("en", "zh"):
            seen.tab.select_option("#language", language)
            seen.tab.wait_for_timeout(300)
            assert seen.tab.evaluate("document.documentElement.scrollWidth") == width
        seen.tab.screenshot(path=tmp_path / "page.png", full_page=True)
        assert (tmp_path / "page.png").stat().st_size > 20_000


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(opened, width, theme):
    with opened(width=width, theme=theme) as seen:
        for language in ("en", "zh"):
            seen.tab.select_option("#language", language)
            seen.tab.wait_for_timeout(300)
            for details in seen.tab.locator("details").all():
                details.evaluate("each => each.open = true")
            found = axe_package.Axe().run(seen.tab)
            assert found.violations_count == 0, found.generate_report()


def test_it_prints_on_a4(opened, tmp_path):
    with opened() as seen:
        seen.tab.emulate_media(media="print")
        seen.tab.set_viewport_size({"width": 688, "height": 1000})  # between the margins of A4
        assert seen.tab.evaluate("document.documentElement.scrollWidth") <= 688
        assert not seen.tab.locator("#theme").is_visible()
        seen.tab.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
        assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (360, "dark")])
def test_the_page_of_a_data_set_shows_its_pictures_and_fetches_nothing(
    browser, tmp_path, width, theme
):
    root = image_files.folder(tmp_path / "photos")
    for kind in ("train", "test"):
        (root / kind / "c0").rename(root / kind / "<b>c0")
    (root / "train" / "c1" / "<i>bad.png").write_bytes(b"")
    found = inspect_images(root, augment="flip", output=tmp_path / "out", near=8)
    path = write_images_page(found, tmp_path / "out")
    tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    said, asked = [], []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(path.as_uri())
    try:
        assert said == []
        assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
        assert tab.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 300)")
        assert tab.locator("img").count() == 2
        assert tab.locator("main b, main i").count() == 0
        text = tab.locator("body").inner_text()
        assert "Nothing was found that weakens a verdict." in text
        assert "<b>c0" in text
        assert "Damaged: train/c1/<i>bad.png: an empty file." in text
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        results = axe_package.Axe().run(tab)
        assert results.violations_count == 0, results.generate_report()
    finally:
        tab.close()
