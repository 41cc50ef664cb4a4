"""Decoded images that the processes of one command share."""

import numpy as np
import pytest
from image_files import photo, photos, save

import netzoo
from netzoo.data import cache, pictures

pytestmark = pytest.mark.backend_independent


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(cache, "_LEAST_BYTES", 1)


def test_images_are_decoded_once_and_the_folder_is_removed(tmp_path, small, monkeypatch):
    place = photos(tmp_path / "photos")
    wanted = netzoo.open_images(str(place)).sha256()
    with cache.kept_in(tmp_path / "kept"):
        assert netzoo.open_images(str(place)).sha256() == wanted
        assert len(list((tmp_path / "kept").glob("*.npy"))) == 2
        with monkeypatch.context() as patch:
            patch.setattr(pictures, "pixels", None)  # nothing is decoded
            again = netzoo.open_images(str(place))
        assert again.sha256() == wanted
        assert again.with_validation(0.3).train.images.flags.writeable
    assert not (tmp_path / "kept").exists()
    assert netzoo.open_images(str(place)).sha256() == wanted


def test_a_changed_file_or_another_size_is_decoded_again(tmp_path, small):
    place = photos(tmp_path / "photos")
    with cache.kept_in(tmp_path / "kept"):
        before = netzoo.open_images(str(place))
        assert netzoo.open_images(f"{place}@size=5").image_shape == (5, 5, 3)
        save(place / "cat" / "0.png", photo(77))
        after = netzoo.open_images(str(place))
    assert after.sha256() != before.sha256()
    assert after.sha256() == netzoo.open_images(str(place)).sha256()


def test_small_arrays_are_not_kept_and_a_full_disk_does_not_matter(tmp_path, monkeypatch):
    place = photos(tmp_path / "photos")
    with cache.kept_in(tmp_path / "kept"):
        netzoo.open_images(str(place))
        assert not (tmp_path / "kept").exists()
        monkeypatch.setattr(cache, "_LEAST_BYTES", 1)
        (tmp_path / "kept").touch()  # a file, where a folder should be
        images = netzoo.open_images(str(place))
    assert np.bincount(images.train.labels).sum() + len(images.test) == 10
