"""The pixels of image files of every kind, as they come to a network."""

import io

import numpy as np
import pytest
from image_files import encoded, photo, photos, save
from PIL import Image, ImageOps

import netzoo
from netzoo.data import pictures
from netzoo.data.ranges import Range, range_of

pytestmark = pytest.mark.backend_independent


def decoded(content, kind=pictures.COLOUR, size=None):
    """Return an image as it is decoded: its bytes or itself."""
    if isinstance(content, Image.Image):
        raise TypeError("give bytes")
    file = io.BytesIO(content)
    return pictures.pixels(file, kind, size or pictures.header(file).size)


def written(image, form, **options):
    """Return a Pillow image as the bytes of a file."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def read(folder, settings=""):
    return netzoo.open_images(f"{folder}{settings}")


def all_pixels(images):
    return np.concatenate([images.train.images, images.test.images])


def test_a_bmp_with_a_colour_table_gives_colours_not_places_in_it():
    picture = Image.fromarray(photo(size=(20, 20))).quantize(16)
    wanted = np.asarray(picture.convert("RGB"))
    assert (decoded(written(picture, "BMP")) == wanted).all()
    negative = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16), "L").convert("P")
    negative.putpalette([255 - n // 3 for n in range(768)])
    assert (decoded(written(negative, "BMP"))[..., 0].ravel() == 255 - np.arange(256)).all()


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_on_white(form, mode):
    if (form, mode) == ("WEBP", "LA"):
        pytest.skip("WebP has no grey with alpha")
    pixels = np.zeros((6, 6, 4), np.uint8)
    pixels[2:4, 2:4, 3] = 255  # black on transparent black
    options = {"lossless": True} if form == "WEBP" else {}
    found = decoded(written(Image.fromarray(pixels, "RGBA").convert(mode), form, **options))
    assert (found[2:4, 2:4] == 0).all()
    assert (found[0] == 255).all()


def test_half_transparency_is_mixed_with_white():
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[..., 3] = 128
    assert abs(int(decoded(encoded(pixels))[0, 0, 0]) - 127) <= 1


def test_a_transparent_background_of_a_gif_is_white():
    picture = Image.new("P", (8, 8), 0)
    picture.putpalette([200, 0, 0, 0, 0, 200])
    picture.putpixel((4, 4), 1)
    found = decoded(written(picture, "GIF", transparency=0))
    assert found[0, 0].tolist() == [255, 255, 255]
    assert found[4, 4].tolist() == [0, 0, 200]


def test_a_palette_is_converted_before_it_is_resized():
    picture = Image.fromarray(photo(size=(64, 64))).quantize(32)
    wanted = picture.convert("RGB").resize((16, 16), Image.Resampling.BILINEAR)
    found = decoded(written(picture, "PNG"), size=(16, 16))
    assert (found == np.asarray(wanted)).all()


def test_one_bit_is_converted_before_it_is_resized():
    picture = Image.fromarray(photo(size=(64, 64), channels=1)[..., 0]).convert("1")
    found = decoded(written(picture, "PNG"), pictures.GREY, (16, 16))
    assert len(np.unique(found)) > 10
    assert set(np.unique(decoded(written(picture, "PNG"), pictures.GREY))) == {0, 255}


def test_smaller_is_antialiased_and_larger_bilinear():
    stripes = np.zeros((32, 32, 3), np.uint8)
    stripes[:, ::2] = 255
    inside = decoded(encoded(stripes), size=(8, 8))[1:-1, 1:-1]
    assert np.abs(inside.astype(int) - 128).max() <= 1
    ramp = np.repeat(np.array([[[0], [200]]], np.uint8), 3, axis=2)
    assert decoded(encoded(ramp), size=(1, 4))[0, :, 0].tolist() == [0, 50, 150, 200]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_format_is_turned_as_its_exif_says(form, orientation):
    picture = Image.fromarray(photo(size=(16, 24)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}
    content = written(picture, form, exif=exif, **options.get(form, {}))
    turned = Image.fromarray(photo(size=(16, 24)))
    turned.getexif()[0x0112] = orientation
    wanted = np.asarray(ImageOps.exif_transpose(turned))
    head = pictures.header(io.BytesIO(content))
    assert head.size == wanted.shape[:2]
    assert head.is_turned == (orientation > 1)
    found = decoded(content)
    assert found.shape == wanted.shape
    assert np.abs(found.astype(int) - wanted).max() <= (4 if form == "JPEG" else 0)


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "TIFF"])
def test_the_first_frame_is_read_and_the_others_are_counted(tmp_path, form):
    frames = [Image.new("RGB", (10, 12), colour) for colour in ((250, 0, 0), (0, 0, 250))]
    options = {"lossless": True} if form == "WEBP" else {}
    content = written(frames[0], form, save_all=True, append_images=frames[1:], **options)
    photos(tmp_path)
    (tmp_path / "cat" / "moving").write_bytes(content)
    images = read(tmp_path)
    assert "1 animated, the first frame read (1 left out)" in images.lines[-1]
    assert (decoded(content)[..., 0] > 240).all()


def test_cmyk_and_grey_files_become_red_green_and_blue(tmp_path):
    photos(tmp_path)
    inks = Image.fromarray(photo(1, (12, 10))).convert("CMYK")
    inks.save(tmp_path / "cat" / "inks.jpg", quality=100)
    save(tmp_path / "cat" / "grey.png", photo(2, channels=1))
    images = read(tmp_path)
    assert images.image_shape == (12, 10, 3)
    assert "Images: 1 grey, read as colour." in images.lines
    wanted = np.asarray(inks.convert("RGB")).astype(int)
    found = decoded((tmp_path / "cat" / "inks.jpg").read_bytes())
    assert np.abs(found - wanted).mean() < 8


def test_grey_files_alone_have_one_channel(tmp_path):
    for at in range(8):
        pixels = photo(at, channels=1)
        save(tmp_path / "ab"[at % 2] / f"{at}.png", pixels)
        Image.fromarray(pixels[..., 0] // 2).convert("LA").save(tmp_path / "a" / f"{at}a.png")
    assert read(tmp_path).image_shape == (12, 10, 1)


def deep_folder(folder, kind, high, form):
    for at in range(12):
        ramp = np.linspace(0, high, 12 * 10).reshape(12, 10)
        pixels = np.roll(ramp, at, axis=1).astype(kind)
        save(folder / "ab"[at % 2] / f"{at}.{form}", pixels)


@pytest.mark.parametrize(
    ("kind", "high", "form"),
    [(np.uint16, 65535, "png"), (np.uint16, 4095, "tiff"), (np.float32, 1.0, "tiff")],
)
def test_deep_values_are_scaled_by_the_range_of_the_training_images(tmp_path, kind, high, form):
    """Pillow's own conversion clips at 255: a ramp of 16 bits would be white."""
    deep_folder(tmp_path, kind, high, form)
    images = read(tmp_path)
    pixels = all_pixels(images)
    assert pixels.shape[1:] == (12, 10, 1)
    assert (pixels.min(), pixels.max()) == (0, 255)
    assert len(np.unique(pixels)) > 100
    assert (
        f"values of 0 … {high:g} (the range of the training images) scaled to 0 …" in images.source
    )


def test_a_range_that_is_asked_for_is_taken(tmp_path):
    deep_folder(tmp_path, np.uint16, 4095, "png")
    images = read(tmp_path, "@range=0:8190")
    assert all_pixels(images).max() in (127, 128)
    assert "values of 0 … 8190 (as asked for)" in images.source
    assert (all_pixels(read(tmp_path, "@range=0:255")) == 255).mean() > 0.9


def test_colour_of_16_bits_is_read_with_8_and_said(tmp_path):
    photos(tmp_path)
    png = encoded(photo(3, (12, 10)))
    deep = _sixteen_bit(photo(3, (12, 10)))
    assert (decoded(deep) == decoded(png)).all()
    (tmp_path / "cat" / "deep.png").write_bytes(deep)
    assert "1 of 16-bit colour, read with 8 bits" in read(tmp_path).lines[-1]


def _sixteen_bit(pixels):
    """Return a PNG of 16 bits a value, written by hand, since Pillow writes none in colour."""
    import struct
    import zlib

    def chunk(name, data):
        end = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + end

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + (row.astype(">u2") << 8).astype(">u2").tobytes() for row in pixels)
    about = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    parts = chunk(b"IHDR", about) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def test_numbers_are_rounded_and_then_clipped():
    values = np.array([-40.0, 0.4, 0.5, 1.5, 254.5, 254.6, 300.0] * 15)
    wanted = np.array([0, 0, 0, 2, 254, 255, 255] * 15)
    assert (Range(0.0, 255.0).pixels(values) == wanted).all()
    assert (
        Range(-1.0, 1.0).pixels(np.array([-2.0, -1.0, 0.0, 1.0, 9.0])) == [0, 0, 128, 255, 255]
    ).all()


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0, 1, "0 … 1"),
        (0.2, 0.9, "0 … 1"),
        (-0.5, 1, "-1 … 1"),
        (0, 16, "0 … 16"),
        (0, 17, "0 … 255"),
        (0, 255, "0 … 255"),
        (0, 256, "0 … 256"),
        (-3, 9, "-3 … 9"),
    ],
)
def test_the_usual_ranges_are_known(low, high, words):
    assert range_of("a test", [(low, high)]).text == words


def test_the_name_and_version_of_the_decoder_are_in_the_source(tmp_path):
    import PIL

    assert read(photos(tmp_path)).source.endswith(f"; decoded by Pillow {PIL.__version__}")


def test_a_jpeg_of_sharp_patterns_is_not_inverted():
    random = np.random.default_rng(0)
    sharp = np.kron(random.random((16, 16)) < 0.5, np.ones((4, 4))).astype(np.uint8) * 255
    found = decoded(written(Image.fromarray(sharp), "JPEG", quality=100), pictures.GREY)[..., 0]
    assert ((found > 127) == (sharp > 127)).all()
