"""Fashion-MNIST: the full set where it is, and the places where it is looked for."""

import shutil

import pytest
from reference import SAMPLE_SHA256

import netzoo
from netzoo.data import default_images, fashion_mnist, idx, make_sample
from netzoo.data.source import Images
from netzoo.errors import BadInput, DataError

pytestmark = pytest.mark.backend_independent

full_set = pytest.mark.skipif(
    not fashion_mnist.DEBIAN_FOLDER.exists(), reason="apt-get install dataset-fashion-mnist"
)


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """Leave no place to find Fashion-MNIST in, and a proxy that refuses every connection."""
    monkeypatch.setattr(fashion_mnist, "DEBIAN_FOLDER", tmp_path / "debian")
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("NETZOO_DATA_DIR", raising=False)
    return tmp_path


@full_set
def test_the_sample_is_what_limits_take_from_the_full_set(tmp_path):
    full = netzoo.open_images("fashion_mnist")
    assert (len(full.train), len(full.test)) == (60_000, 10_000)
    assert full.limited(6000, 1000).sha256() == SAMPLE_SHA256
    make_sample.write(full, tmp_path)
    train, test = idx.read(tmp_path)
    assert Images("again", "a test", fashion_mnist.CLASS_NAMES, train, test).sha256() == (
        SAMPLE_SHA256
    )


@full_set
@pytest.mark.parametrize("way", ["--data-dir", "NETZOO_DATA_DIR", "keras"])
def test_each_way_to_the_idx_files_gives_the_same_arrays(way, nowhere, monkeypatch):
    expected = fashion_mnist.SHA256
    source = "/usr/share/datasets/fashion-mnist"
    folder = nowhere / ("keras/datasets/fashion-mnist" if way == "keras" else "mine")
    shutil.copytree(source, folder)
    if way == "NETZOO_DATA_DIR":
        monkeypatch.setenv(way, str(folder))
    found = netzoo.open_images("fashion_mnist", folder if way == "--data-dir" else None)
    assert found.sha256() == expected
    assert str(folder) in found.source


def test_without_files_and_network_the_error_names_the_three_ways(nowhere):
    with pytest.raises(DataError) as caught:
        netzoo.open_images("fashion_mnist")
    for words in ("apt-get install", "`data_dir`", "TFDS downloads", "fashion_mnist_sample"):
        assert words in str(caught.value)


def test_the_default_falls_back_on_the_sample_only_where_it_holds_the_same_images(nowhere):
    found = default_images(None, 6000, 1000, sample_will_do=True)
    assert found.name == "fashion_mnist_sample"
    for train, will_do in ((6001, True), (None, True), (6000, False)):
        with pytest.raises(DataError, match="no Fashion-MNIST"):
            default_images(None, train, 1000, sample_will_do=will_do)
    with pytest.raises(DataError, match="no Fashion-MNIST"):
        default_images(nowhere, 6000, 1000, sample_will_do=True)
    with pytest.raises(BadInput, match="does not exist"):
        default_images(nowhere / "missing", 6000, 1000, sample_will_do=True)


@full_set
def test_fashion_mnist_is_found_where_torchvision_keeps_it(tmp_path):
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for path in fashion_mnist.DEBIAN_FOLDER.glob("*ubyte.gz"):
        (raw / path.name.replace("-idx", ".idx")).symlink_to(path)
    images = netzoo.open_images("fashion_mnist", tmp_path)
    assert images.sha256() == fashion_mnist.SHA256
    assert images.source == f"IDX files in {tmp_path}"
