"""Errors about images on disk, each from files that are really wrong; see error_cases.py."""

import os
import shutil
import sys
import zipfile
from pathlib import Path

import numpy as np
from image_files import (
    cifar10,
    clothes,
    encoded,
    folder,
    idx_files,
    keras_npz,
    npz,
    parquet,
    photo,
    photos,
    save,
)
from PIL import Image

import netzoo
from netzoo.data import cache, memory
from netzoo.data.disk_images import Rows, of_rows
from netzoo.errors import BadInput, DataError, MissingPackage, UnknownName


def opened(made, settings=""):
    """Open what was made, by its path."""
    netzoo.open_images(f"./{made}{settings}")


def file(path, content=b""):
    """Write a file and the folders above it; return its path."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def put(path, content=b""):
    """Write photographs, and a file among them; open the folder."""
    photos("photos")
    file(f"photos/{path}", content)
    opened("photos")


def cut(ending, share=0.6, **options):
    """Write photographs, and one of a kind that is cut short; open the folder."""
    photos("photos")
    path = save(f"photos/cat/cut.{ending}", photo(size=(64, 64)), **options)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    opened("photos")


def spoilt_png():
    content = bytearray(encoded(photo(size=(64, 64))))
    content[len(content) // 2] ^= 0xFF
    put("cat/spoilt.png", bytes(content))


def huge(patch):
    patch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    photos("photos")
    save("photos/cat/huge.png", photo(size=(40, 40)))
    opened("photos")


def all_huge(patch):
    patch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    opened(photos("photos"), "@damaged=skip")


def deep(path, values, kind=np.uint16):
    return save(path, np.array(values, kind).reshape(2, -1))


def mixed_depths():
    photos("photos")
    for at in range(9):
        deep(f"photos/cat/deep{at}.png", [0, 4095, 7, at])
    opened("photos")


def deep_test_images():
    folder("photos")
    deep("photos/test/c0/deep.png", [0, 4095, 7, 9])
    opened("photos")


def shallow_test_images():
    for name in ("a", "b"):
        for at in range(3):
            deep(f"deep/train/{name}/{at}.png", [0, 4095, 7, at])
    save("deep/test/a/shallow.png", photo(channels=1))
    opened("deep")


def not_finite():
    for name in ("a", "b"):
        for at in range(6):
            deep(f"float/{name}/{at}.tiff", [0, 1, np.nan, at], np.float32)
    opened("float")


def one_value():
    for name in ("a", "b"):
        for at in range(6):
            save(f"flat/{name}/{at}.tiff", np.full((2, 3 + at), 7, np.uint16))
    opened("flat")


def without_classes(*splits):
    for split in splits or [""]:
        for at in range(4):
            save(f"photos/{split}{at}.png", photo(at))
    opened("photos")


def stray_in_test():
    save(folder("photos") / "test" / "stray.png", photo())
    opened("photos")


def links_out():
    photos("elsewhere")
    Path("photos").mkdir()
    for name in ("cat", "dog"):
        Path("photos", name).symlink_to(Path("elsewhere", name).absolute())
    opened("photos")


def circle():
    Path("photos/cat").mkdir(parents=True)
    Path("photos/cat/again").symlink_to("..")
    Path("photos/dog").mkdir()
    opened("photos", "@links=follow")


def unreadable(patch):
    photos("photos")
    real = os.scandir

    def scandir(path):
        if str(path).endswith("dog"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    patch.setattr("os.scandir", scandir)
    opened("photos")


def split_twice():
    folder("photos", ("train", "test"))
    shutil.copytree("photos/test", "photos/Training")
    opened("photos")


def without_class():
    folder("photos")
    shutil.rmtree("photos/train/c2")
    opened("photos")


def only_validation():
    folder("photos", ("val", "test"))
    opened("photos")


def one_class_that_is_nested():
    photos("photos/photos")
    opened("photos")


def archive(name):
    photos("photos")
    shutil.make_archive("photos", name, "photos")
    (made,) = Path().glob("photos.*")
    opened(made)


def archives():
    for name in ("cat", "dog"):
        file(f"photos/{name}/{name}.zip", b"PK\3\4")
    opened("photos")


def arrays(settings="", drop=(), **changes):
    """Write an .npz file as Keras has it, with changes, and open it."""
    given = {key: value for key, value in (keras_npz() | changes).items() if key not in drop}
    opened(npz("a.npz", **given), settings)


def labels(change, like=keras_npz, key="y_train"):
    """Write an .npz file whose training labels are changed, and open it."""
    given = like()
    opened(npz("a.npz", **given | {key: change(given[key])}))


def damaged_npz(memory=None):
    path = npz("a.npz", **keras_npz())
    content = bytearray(path.read_bytes())
    content[2000:2400] = bytes(400)
    path.write_bytes(content)
    netzoo.open_images(path, memory=memory)


def broken_file_of_images():
    with Path("rows").open("wb", buffering=0) as rows:  # it can be written alone
        of_rows(Rows(rows, 0, 8, "rows"), 1, (8, 1, 1))[0]


def cut_npz():
    path = npz("a.npz", **keras_npz())
    path.write_bytes(path.read_bytes()[:-40])
    opened(path)


def member_that_is_no_array():
    with zipfile.ZipFile("a.npz", "w") as archive:
        for key in ("x", "y"):
            archive.writestr(f"{key}.npy", b"\x93NUMPY nothing")
    opened("a.npz")


def kmnist(drop=(), twice=False):
    (x, y), (test_x, test_y) = clothes()
    parts = {"train-imgs": x, "train-labels": y, "test-imgs": test_x, "test-labels": test_y}
    Path("k").mkdir()
    for name, part in parts.items():
        if name not in drop:
            np.savez(f"k/kmnist-{name}.npz", part)
        if twice:
            np.savez(f"k/k49-{name}.npz", part)
    if drop and "two" in drop:
        np.savez("k/kmnist-test-imgs.npz", a=x, b=y)
    opened("k")


def rows(*lines, name="a.csv", settings=""):
    """Write lines, and open the file unless settings is None."""
    path = file(name, "\n".join(lines).encode())
    if settings is not None:
        opened(path, settings)


def table(settings="", name="a.parquet", names=("a", "b", "c", "d"), change=None, **options):
    """Write a Parquet file with changed images or labels, and open it."""
    (x, y), _ = clothes()
    images, found = list(x), list(map(int, y))
    if change is not None:
        images, found = change(images, found)
    opened(parquet(name, images, found, list(names), **options), settings)


def several_labels(first):
    def change(images, found):
        return images, [[1, 1][: 1 + first], *([each, 1] for each in found[1:])]

    table(change=change, described=False)


def two_widths():
    rows("0,1", name="f/test.csv", settings=None)
    rows("0,1,2,3,4", "1,2,3,4,5", name="f/train.csv", settings=None)
    opened("f")


def other_columns():
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table({"text": ["a"], "label": [1]}), "a.parquet")
    opened("a.parquet")


def parts_that_differ():
    (x, y), _ = clothes()
    parquet("p/train-00000-of-00002.parquet", x, y, list("abcd"))
    parquet("p/train-00001-of-00002.parquet", x, y, list("abcd"), label="kind")
    opened("p")


def split_without_labels():
    (x, y), _ = clothes()
    parquet("p/train-0.parquet", x, y, list("abcd"))
    parquet("p/test-0.parquet", x, y, list("abcd"), label="kind")
    opened("p")


def empty_split():
    (x, y), _ = clothes()
    parquet("p/train-0.parquet", x, y, list("abcd"))
    parquet("p/test-0.parquet", x[:0], y[:0], list("abcd"))
    opened("p")


def odd_part():
    (x, y), _ = clothes()
    parquet("p/train-0.parquet", x, y, list("abcd"))
    parquet("p/part-0.parquet", x, y, list("abcd"))
    opened("p")


def without_package(patch, package, name):
    if name.endswith(".parquet"):
        file(name)
    patch.setitem(sys.modules, package, None)
    netzoo.open_images(name)


def cifar(name, content):
    """Write CIFAR-10's files, one of them with other content or, for None, not; open the folder."""
    path = cifar10("c") / name
    path.unlink() if content is None else path.write_bytes(content)
    opened("c")


def broken_disk(patch):
    def broken(path):
        raise OSError(5, "Input/output error")

    patch.setattr(Path, "read_bytes", broken)
    opened(cifar10("c"))


EMNIST = ("train", "test")


def few_idx(prefix, words):
    os.remove(f"{idx_files('i', prefix, words)}/{prefix}{words[1]}-labels-idx1-ubyte.gz")
    opened("i")


def several_idx():
    idx_files("i", "emnist-letters-", EMNIST)
    opened(idx_files("i", "emnist-digits-", EMNIST))


def several_kinds():
    (x, y), _ = clothes()
    parquet("i/train-0.parquet", x, y, list("abcd"))
    opened(idx_files("i"))


def little_memory(patch):
    patch.setattr(memory, "free_bytes", lambda: 1000)
    opened(idx_files("i"))


def little_memory_and_disk(patch):
    patch.setattr(memory, "free_bytes", lambda: 1000)
    patch.setattr(cache, "room_bytes", lambda: 1000)
    opened(npz("a.npz", **keras_npz()))


def fifo():
    os.mkfifo("pipe")
    opened("pipe")


def a_folder_of(kind, *names):
    for name in names:
        file(f"f/{name}", kind)
    opened("f")


def no_scandir(patch):
    photos("photos")

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    patch.setattr(Path, "iterdir", refuse)
    opened("photos")


# fmt: off
CASES = [
    # Text that names a path.
    ("path that does not exist", UnknownName,
     lambda: (photos("photos"), netzoo.open_images("./photo")),
     "no file or folder 'photo' in <any>; did you mean 'photos'? Known: photos."),
    ("file that does not exist", UnknownName, lambda: netzoo.open_images("mine.npz"),
     "no file or folder 'mine.npz' in <any>; there are none."),
    ("folder in no folder", UnknownName, lambda: netzoo.open_images("/nowhere/at/all/"),
     "no file or folder 'all' in /nowhere/at; there are none."),
    ("path of nobody", UnknownName, lambda: netzoo.open_images("~no-such-user/photos"),
     "no file or folder 'photos' in <any>~no-such-user; there are none."),
    ("path of many letters", UnknownName, lambda: netzoo.open_images("./" + "a" * 300),
     "no file or folder '<any>' in <any>; there are none."),
    ("path of a zero byte", BadInput, lambda: netzoo.open_images("./a\0b"),
     "'./a\\x00b' is no path: it holds a zero byte."),
    ("setting of a path", UnknownName, lambda: opened(photos("photos"), "@sise=8"),
     "no setting 'sise' in a data set on disk; did you mean 'size'? Known: channels, damaged, "
     "group, label, links, range, size, test."),
    ("setting without a value of a path", BadInput,
     lambda: opened(photos("photos"), "@size=8,links"),
     "a setting is written name=value; received 'links' in './photos@size=8,links'."),
    ("size of images", BadInput, lambda: opened(photos("photos"), "@size=big"),
     "size is a number of px or height x width, such as 64 or 48x64, up to 4096; received "
     "'big'."),
    ("size of nothing", BadInput, lambda: opened(photos("photos"), "@size=0"),
     "size is a number of px or height x width, such as 64 or 48x64, up to 4096; received '0'."),
    ("size beyond all", BadInput, lambda: opened(photos("photos"), "@size=9999x3"),
     "size is a number of px or height x width, such as 64 or 48x64, up to 4096; received "
     "'9999x3'."),
    ("share of a test split", BadInput, lambda: opened(photos("photos"), "@test=1.5"),
     "test is a share above 0 and below 1, such as 0.2; received '1.5'."),
    ("no share of a test split", BadInput, lambda: opened(photos("photos"), "@test=some"),
     "test is a share above 0 and below 1, such as 0.2; received 'some'."),
    ("setting twice", BadInput, lambda: opened(photos("photos"), "@size=8,size=9"),
     "the setting 'size' is given twice in './photos@size=8,size=9'."),
    ("no name of Hugging Face", BadInput, lambda: netzoo.open_images("hf:"),
     "'hf:' names no data set; expected hf:NAME or hf:FOLDER."),
    ("share beside a test split", BadInput, lambda: opened(folder("photos"), "@test=0.5"),
     "<any>/photos@test=0.5 has the splits test, train, so no share is held out; leave out @test."),
    ("range of 8 bits", BadInput, lambda: opened(photos("photos"), "@range=0:9"),
     "<any>/photos@range=0:9: its images have 8 bits a value, which are 0 … 255 already; leave out "
     "@range."),
    ("range of values", BadInput, lambda: opened(photos("photos"), "@range=9:3"),
     "range is the values of black and white, the lower first, such as 0:4095; received '9:3'."),
    ("links of a folder", UnknownName, lambda: opened(photos("photos"), "@links=yes"),
     "no value of links 'yes'. Known: follow, no."),
    ("setting of another kind", BadInput, lambda: opened(photos("photos"), "@channels=first"),
     "folders of images take no channels; they take size, test, links, damaged, range, "
     "group."),
    ("setting of no use", BadInput, lambda: opened(cifar10("c"), "@size=8"),
     "CIFAR's files take no size, nor any other setting."),
    ("setting of a name", BadInput, lambda: netzoo.open_images("fashion_mnist_sample@size=8"),
     "the images of fashion_mnist_sample take no size, nor any other setting."),
    # Folders of images.
    ("folder that is empty", DataError, lambda: (Path("photos").mkdir(), opened("photos")),
     "<any>/photos holds no images in folders of classes; expected CLASS/IMAGE or "
     "SPLIT/CLASS/IMAGE."),
    ("folder of empty classes", DataError, lambda: (photos("photos", count=0), opened("photos")),
     "<any>/photos holds no images in folders of classes; expected CLASS/IMAGE or "
     "SPLIT/CLASS/IMAGE."),
    ("folder of texts", DataError, lambda: a_folder_of(b"x", "a/x.txt", "b/y.csv"),
     "<any>/f holds no images in folders of classes (skipped: 2 not an image); expected "
     "CLASS/IMAGE or SPLIT/CLASS/IMAGE."),
    ("folder of hidden images", DataError, lambda: (photos("photos/.cats"), opened("photos")),
     "<any>/photos holds no images in folders of classes (skipped: 1 hidden); expected "
     "CLASS/IMAGE or SPLIT/CLASS/IMAGE."),
    ("folder of macOS's additions", DataError,
     lambda: (photos("photos/__MACOSX"), opened("photos")),
     "<any>/photos holds no images in folders of classes (skipped: 1 hidden); expected "
     "CLASS/IMAGE or SPLIT/CLASS/IMAGE."),
    ("folder of images without classes", DataError, lambda: without_classes(),
     "<any>/photos: images (0.png, 1.png, 2.png and 1 more) and no folders; expected a folder "
     "for each class."),
    ("image beside the classes", DataError, lambda: put("stray.png", encoded(photo())),
     "<any>/photos: images beside the folders of classes: stray.png; move each into one."),
    ("image beside the classes of a split", DataError, stray_in_test,
     "<any>/photos/test: images beside the folders of classes: stray.png; move each into one."),
    ("splits without classes", DataError, lambda: without_classes("train/", "test/"),
     "<any>/photos: test, train is named as a split and holds no folders of classes; expected "
     "test/CLASS/IMAGE."),
    ("split twice", DataError, split_twice,
     "<any>/photos holds Training and train, which both name the train split; expected one of "
     "them."),
    ("split without a class", DataError, without_class,
     "<any>/photos: test images of the class 'c2', and no training images of it; a network "
     "cannot learn it."),
    ("splits without a training split", DataError, only_validation,
     "<any>/photos has the splits test, validation; expected train among them, since netzoo "
     "trains."),
    ("one class", DataError, lambda: (photos("photos", ["cat"]), opened("photos")),
     "<any>/photos: training images of 1 class ('cat'); expected two or more."),
    ("one class that holds the classes", DataError, one_class_that_is_nested,
     "<any>/photos holds the one class 'photos', with the folders cat, dog in it; if these are"
     " the classes, name <any>/photos/photos."),
    ("class with the only images", DataError,
     lambda: (photos("photos", ["cat"]), Path("photos/dog").mkdir(), opened("photos")),
     "<any>/photos: training images of 1 class ('cat'); expected two or more."),
    ("links out of a folder", DataError, links_out,
     "<any>/photos holds no images in folders of classes (skipped: 2 links out of the folder);"
     " follow links by @links=follow behind the path; expected CLASS/IMAGE or "
     "SPLIT/CLASS/IMAGE."),
    ("links in a circle", DataError, circle,
     "<any>/photos holds no images in folders of classes (skipped: 1 links to a folder above);"
     " expected CLASS/IMAGE or SPLIT/CLASS/IMAGE."),
    ("folder that cannot be read", DataError, unreadable,
     "<any>/photos/dog: cannot be read: Permission denied."),
    ("top folder that cannot be read", DataError, no_scandir,
     "<any>/photos: cannot be read: Permission denied."),
    ("images of zero bytes", DataError, lambda: put("cat/empty.jpg"),
     "<any>/photos: 1 of 11 images cannot be read, such as cat/empty.jpg: an empty file. "
     "Repair, convert or remove them, or leave them out by @damaged=skip behind the path."),
    ("text named as an image", DataError, lambda: put("cat/notes.png", b"not an image"),
     "<any>/photos: 1 of 11 images cannot be read, such as cat/notes.png: not an image that "
     "Pillow reads. Repair, convert or remove them, or leave them out by @damaged=skip behind "
     "the path."),
    ("page named as an image", DataError,
     lambda: put("cat/page.jpg", b"<html><body>404</body></html>"),
     "<any>/photos: 1 of 11 images cannot be read, such as cat/page.jpg: not an image that "
     "Pillow reads. Repair, convert or remove them, or leave them out by @damaged=skip behind "
     "the path."),
    ("vectors", DataError, lambda: put("cat/drawing.svg", b"<svg/>"),
     "<any>/photos: 1 of 11 images cannot be read, such as cat/drawing.svg: not an image that "
     "Pillow reads. Repair, convert or remove them, or leave them out by @damaged=skip behind "
     "the path."),
    ("photograph of a phone", DataError,
     lambda: put("cat/photo.heic", b"\0\0\0\x1cftypheic\0\0\0\0heic"),
     "<any>/photos: 1 of 11 images cannot be read, such as cat/photo.heic: not an image that "
     "Pillow reads. Repair, convert or remove them, or leave them out by @damaged=skip behind "
     "the path."),
    ("program for printers", DataError, lambda: put("cat/drawing.eps", b"%!PS-Adobe-3.0 EPSF-3.0"),
     "<any>/photos: 1 of 11 images cannot be read, such as cat/drawing.eps: not an image that "
     "Pillow reads. Repair, convert or remove them, or leave them out by @damaged=skip behind "
     "the path."),
    ("JPEG cut short", DataError, lambda: cut("jpg"),
     "<any>/photos: 1 of 11 images cannot be read, such as cat/cut.jpg: <any>. Repair, convert"
     " or remove them, or leave them out by @damaged=skip behind the path."),
    ("JPEG of a header", DataError, lambda: cut("jpg", 0.02),
     "<any>/photos: 1 of 11 images cannot be read, such as cat/cut.jpg: not an image that "
     "Pillow reads. Repair, convert or remove them, or leave them out by @damaged=skip behind "
     "the path."),
    ("PNG cut short", DataError, lambda: cut("png"),
     "<any>/photos: 1 of 11 images cannot be read, such as cat/cut.png: <any>. Repair, convert"
     " or remove them, or leave them out by @damaged=skip behind the path."),
    ("PNG of a signature", DataError, lambda: put("cat/cut.png", b"\x89PNG\r\n\x1a\n"),
     "<any>/photos: 1 of 11 images cannot be read, such as cat/cut.png: not an image that "
     "Pillow reads. Repair, convert or remove them, or leave them out by @damaged=skip behind "
     "the path."),
    ("PNG with another byte", DataError, spoilt_png,
     "<any>/photos: 1 of 11 images cannot be read, such as cat/spoilt.png: <any>. Repair, "
     "convert or remove them, or leave them out by @damaged=skip behind the path."),
    ("GIF cut short", DataError, lambda: cut("gif"),
     "<any>/photos: 1 of 11 images cannot be read, such as cat/cut.gif: <any>. Repair, convert"
     " or remove them, or leave them out by @damaged=skip behind the path."),
    ("BMP cut short", DataError, lambda: cut("bmp"),
     "<any>/photos: 1 of 11 images cannot be read, such as cat/cut.bmp: <any>. Repair, convert"
     " or remove them, or leave them out by @damaged=skip behind the path."),
    ("TIFF cut short", DataError, lambda: cut("tiff"),
     "<any>/photos: 1 of 11 images cannot be read, such as cat/cut.tiff: <any>. Repair, "
     "convert or remove them, or leave them out by @damaged=skip behind the path."),
    ("WebP cut short", DataError, lambda: cut("webp"),
     "<any>/photos: 1 of 11 images cannot be read, such as cat/cut.webp: <any>. Repair, "
     "convert or remove them, or leave them out by @damaged=skip behind the path."),
    ("image beyond Pillow's limit", DataError, huge,
     "<any>/photos: 1 of 11 images cannot be read, such as cat/huge.png: 40 x 40 px exceed "
     "Pillow's limit of 1000 pixels. Repair, convert or remove them, or leave them out by "
     "@damaged=skip behind the path."),
    ("images beyond Pillow's limit", DataError, all_huge,
     "<any>/photos@damaged=skip: 10 of 10 images cannot be read, such as cat/0.png: 10 x 12 px"
     " exceed Pillow's limit of 100 pixels. Repair, convert or remove them, or leave them out "
     "by @damaged=skip behind the path."),
    ("some images of 16 bits", DataError, mixed_depths,
     "<any>/photos: <any> training images have more than 8 bits a value, the others 8; "
     "expected one kind, since there is no common range."),
    ("test images of 16 bits", DataError, deep_test_images,
     "<any>/photos: 1 of 21 test images have more than 8 bits a value, the training images 8; "
     "expected one kind, since there is no common range."),
    ("test images of 8 bits", DataError, shallow_test_images,
     "<any>/deep: 1 of 1 test images have 8 bits a value, the training images more than 8; "
     "expected one kind, since there is no common range."),
    ("values that are no numbers", DataError, not_finite,
     "<any>/float, <any>: values are nan to nan; expected finite numbers."),
    ("values that are all equal", DataError, one_value,
     "<any>/flat: every value of every training image is 7."),
    ("images beyond the memory", DataError, little_memory,
     "<any>/i: 60 images of 28 × 28 × 1 take 47.0 kB of memory, and 1.00 kB are free; take a "
     "smaller version."),
    ("images beyond memory and disk", DataError, little_memory_and_disk,
     "<any>/a.npz: its arrays take 48.0 kB of memory, and 1.00 kB are free; take a smaller "
     "version."),
    ("budget of memory in words", BadInput,
     lambda: netzoo.open_images("fashion_mnist_sample", memory="lots"),
     "`memory` is a size such as 2GB, 500MB or 1.5GiB; received 'lots'."),
    ("budget of memory without a unit", BadInput,
     lambda: netzoo.open_images("fashion_mnist_sample", memory="2.5"),
     "`memory` is a size such as 2GB, 500MB or 1.5GiB; received '2.5'."),
    ("budget of memory below 0", BadInput,
     lambda: netzoo.open_images("fashion_mnist_sample", memory=-1),
     "`memory` is a size such as 2GB, 500MB or 1.5GiB; received -1."),
    ("folder of archives", DataError, archives,
     "<any>/photos holds no images, but archives (cat.zip, dog.zip); unpack them first."),
    # Files that are not opened.
    ("archive of images", DataError, lambda: archive("zip"),
     "<any>/photos.zip is an archive; unpack it, and name the folder."),
    ("archive of Unix", DataError, lambda: archive("gztar"),
     "<any>/photos.tar.gz is an archive; unpack it, and name the folder."),
    ("packed file", DataError, lambda: opened(file("mine.csv.gz", b"1,2")),
     "<any>/mine.csv.gz is an archive; unpack it, and name the folder."),
    ("one image", DataError, lambda: opened(save("cat.jpg", photo())),
     "<any>/cat.jpg is one image; name a folder with a folder of images a class."),
    ("one image of another name", DataError,
     lambda: opened(save("cat.png", photo()).rename("cat.data")),
     "<any>/cat.data is one image; name a folder with a folder of images a class."),
    ("one array", DataError, lambda: (np.save("a.npy", photo()), opened("a.npy")),
     "<any>/a.npy is one array; save images and labels together: numpy.savez(file, x_train=…, "
     "y_train=…)."),
    ("pickle", DataError, lambda: opened(file("a.pkl", b"\x80\4N.")),
     "<any>/a.pkl is a pickle, which can run any program as it is read, and is not opened; "
     "save images and labels with numpy.savez."),
    ("one of several files", DataError, lambda: opened(file("data_batch_1.bin", b"x")),
     "<any>/data_batch_1.bin is one file of several; name the folder that holds them."),
    ("file of another kind", DataError, lambda: opened(file("a.mat", b"MATLAB 5.0")),
     "<any>/a.mat is of no kind that netzoo reads: folders of images, .npz, .csv and .parquet "
     "files, and folders with those, IDX files or CIFAR's binary files."),
    ("pipe", DataError, fifo,
     "<any>/pipe is neither a file nor a folder."),
    ("several .npz files", DataError, lambda: a_folder_of(b"", "a.npz", "b.npz"),
     "<any>/f holds the .npz files a.npz, b.npz; name one."),
    ("several kinds of files", DataError, several_kinds,
     "<any>/i holds IDX files and Parquet files; put each into a folder of its own."),
    # .npz files.
    (".npz of other arrays", DataError, lambda: opened(npz("a.npz", weights=np.ones(3))),
     "<any>/a.npz holds the arrays weights; expected x_train and y_train, train_images and "
     "train_labels, or x and y."),
    (".npz of nothing", DataError, lambda: opened(npz("a.npz")),
     "<any>/a.npz holds the arrays (none); expected x_train and y_train, train_images and "
     "train_labels, or x and y."),
    (".npz of zero bytes", DataError, lambda: opened(file("a.npz")),
     "<any>/a.npz cannot be read: it is cut short or no .npz file."),
    (".npz cut short", DataError, cut_npz,
     "<any>/a.npz cannot be read: it is cut short or no .npz file."),
    (".npz with other bytes", DataError, lambda: damaged_npz(),
     "<any>/a.npz: x_train is damaged: <any>."),
    (".npz with other bytes, read from disk", DataError, lambda: damaged_npz(memory=0),
     "<any>/a.npz: x_train is damaged: <any>."),
    ("file of images that cannot be read", DataError, broken_file_of_images,
     "rows: cannot be read: <any>."),
    (".npz of no arrays", DataError, member_that_is_no_array,
     "<any>/a.npz: x is damaged: <any>."),
    (".npz of a pickle", DataError, lambda: arrays(y_train=np.array([{}] * 40, object)),
     "<any>/a.npz: y_train is a pickle, which can run any program as it is read, and is not "
     "opened; save it as an array of numbers."),
    (".npz without training images", DataError, lambda: arrays(drop=("x_train", "y_train")),
     "<any>/a.npz has the splits test; expected train among them, since netzoo trains."),
    (".npz of more labels", DataError, lambda: labels(lambda y: y[:-1]),
     "<any>/a.npz, train images: expected at least one image, and a label for each; received "
     "images (40, 28, 28) and labels (39,)."),
    (".npz without images", DataError,
     lambda: arrays(x_train=np.zeros((0, 8, 8)), y_train=np.zeros(0, int)),
     "<any>/a.npz, train images: expected at least one image, and a label for each; received "
     "images (0, 8, 8) and labels (0,)."),
    (".npz of one label", DataError, lambda: arrays(y_train=np.array(3)),
     "<any>/a.npz, train images: expected at least one image, and a label for each; received "
     "images (40, 28, 28) and labels ()."),
    (".npz of a number", DataError, lambda: arrays(x_train=np.array(3)),
     "<any>/a.npz, train images: expected at least one image, and a label for each; received "
     "images () and labels (40,)."),
    (".npz of images without height", DataError, lambda: arrays(x_train=np.zeros((40, 0, 5))),
     "<any>/a.npz, train images: expected at least one image, and a label for each; received "
     "images (40, 0, 5) and labels (40,)."),
    ("labels that are fractions", DataError, lambda: labels(lambda y: y + 0.5),
     "<any>/a.npz, train labels: expected whole numbers or words; received float64, such as "
     "0.5."),
    ("labels that are floats", DataError, lambda: labels(lambda y: y.astype(np.float32)),
     "<any>/a.npz, train labels: expected whole numbers or words; received float32, such as "
     "0.0."),
    ("labels below 0", DataError, lambda: labels(lambda y: np.where(np.arange(len(y)) < 3, -1, y)),
     "<any>/a.npz, train labels: 3 of 40 are below 0 (such as -1), which marks images without "
     "a label; remove them."),
    ("labels of several classes", DataError,
     lambda: labels(lambda y: np.maximum(np.eye(4)[y], np.eye(4)[0])),
     "<any>/a.npz, train labels: received several classes for an image (multi-label), or none,"
     " the shape (40, 4); expected one label each, or one-hot."),
    ("labels of several values", DataError,
     lambda: labels(lambda y: np.stack([y, y], 1), key="y_train"),
     "<any>/a.npz, train labels: received several values for an image, the shape (40, 2); "
     "expected one label each, or one-hot."),
    ("labels of rows and columns", DataError,
     lambda: labels(lambda y: np.zeros((len(y), 2, 2), int)),
     "<any>/a.npz, train labels: expected one label an image; received the shape (40, 2, 2)."),
    ("labels of words and numbers", DataError, lambda: labels(lambda y: y.astype(str)),
     "<any>/a.npz: labels of different kinds: train <U21, test int64."),
    ("test label without training images", DataError, lambda: labels(lambda y: y + 1, key="y_test"),
     "<any>/a.npz: test images of the class '4', and no training images of it; a network "
     "cannot learn it."),
    ("training label alone", DataError, lambda: labels(np.zeros_like),
     "<any>/a.npz: test images of the class '1', '2', '3', and no training images of it; a "
     "network cannot learn it."),
    ("volumes", DataError, lambda: arrays(x_train=np.zeros((40, 28, 28, 28))),
     "<any>/a.npz, train images: received volumes of the shape (40, 28, 28, 28); expected "
     "(count, height, width), or with 1 or 3 channels."),
    ("volumes of colours", DataError, lambda: arrays(x_train=np.zeros((40, 8, 8, 8, 3))),
     "<any>/a.npz, train images: received volumes of the shape (40, 8, 8, 8, 3); expected "
     "(count, height, width), or with 1 or 3 channels."),
    ("images with alpha", DataError, lambda: arrays(x_train=np.zeros((40, 8, 8, 4), np.uint8)),
     "<any>/a.npz, train images: received the shape (40, 8, 8, 4); expected (count, height, "
     "width), or with 1 or 3 channels."),
    ("rows that are not square", DataError, lambda: arrays(x_train=np.zeros((40, 785))),
     "<any>/a.npz, train images: received rows of 785 numbers; expected those of a square "
     "image of 1 or 3 channels, such as 784 or 3072."),
    ("images that are words", DataError, lambda: arrays(x_train=np.full((40, 8, 8), "a")),
     "<any>/a.npz, train images: expected numbers; received <U1."),
    ("images that are not finite", DataError, lambda: arrays(x_train=np.full((40, 28, 28), np.inf)),
     "<any>/a.npz, train images: values are inf to inf; expected finite numbers."),
    ("images of one value", DataError, lambda: arrays(x_train=np.full((40, 28, 28), 3.0)),
     "<any>/a.npz: every value of every training image is 3."),
    ("images of another size in test", DataError, lambda: arrays(x_test=np.zeros((20, 9, 9))),
     "<any>/a.npz (.npz file): training images are (28, 28, 1), test images (9, 9, 1); "
     "expected one shape."),
    ("KMNIST without a file", DataError, lambda: kmnist(drop=("test-imgs",)),
     "<any>/k/kmnist-test-imgs.npz cannot be read: No such file or directory."),
    ("KMNIST twice", DataError, lambda: kmnist(twice=True),
     "<any>/k holds several data sets: k49, kmnist; put each in a folder."),
    ("KMNIST with two arrays", DataError, lambda: kmnist(drop=("test-imgs", "two")),
     "<any>/k/kmnist-test-imgs.npz holds 2 arrays; expected one."),
    # CSV files.
    ("CSV of nothing", DataError, lambda: rows(),
     "<any>/a.csv: expected a row of numbers for each image; its first line is empty."),
    ("CSV of a header", DataError, lambda: rows("label,pixel0,pixel1,pixel2,pixel3"),
     "<any>/a.csv: expected a row of numbers for each image; it has no rows."),
    ("CSV without labels", DataError, lambda: rows("pixel0,pixel1,pixel2,pixel3", "1,2,3,4"),
     "<any>/a.csv has 0 columns named label or labels or class or target or y; it has pixel0, "
     "pixel1, pixel2, pixel3. Name the column of the labels by @label=NAME behind the path; a "
     "file without labels cannot be trained on or tested."),
    ("CSV of labels", DataError, lambda: rows("label", "1", "0"),
     "<any>/a.csv has the columns label; expected one for each pixel, such as pixel0."),
    ("CSV without pixels", DataError, lambda: rows("label,usage", "1,train"),
     "<any>/a.csv has the columns label, usage; expected one for each pixel, such as pixel0."),
    ("CSV of texts of pixels", DataError,
     lambda: rows("emotion,pixels,Usage", "0,70 80 82,Training"),
     "<any>/a.csv has 0 columns named label or labels or class or target or y; it has emotion,"
     " pixels, Usage. Name the column of the labels by @label=NAME behind the path; a file "
     "without labels cannot be trained on or tested."),
    ("CSV with an empty cell", DataError,
     lambda: rows("label,pixel0,pixel1,pixel2,pixel3", "1,2,,4,5"),
     "<any>/a.csv: <any>."),
    ("CSV with a word", DataError, lambda: rows("label,pixel0,pixel1,pixel2,pixel3", "1,2,x,4,5"),
     "<any>/a.csv: <any>."),
    ("CSV with a short row", DataError, lambda: rows("1,2,3,4,5", "1,2,3,4"),
     "<any>/a.csv: <any>."),
    ("CSV with a fraction as label", DataError, lambda: rows("0.5,2,3,4,5", "1,2,3,4,5"),
     "<any>/a.csv: expected whole numbers or words as labels; received 0.5."),
    ("CSV without a label", DataError,
     lambda: rows("label,pixel0,pixel1,pixel2,pixel3", ",2,3,4,5", "1,2,3,4,5"),
     "<any>/a.csv: a row has no label."),
    ("CSV that is not square", DataError, lambda: rows("0,1,2,3,4,5", "1,2,3,4,5,6"),
     "<any>/a.csv, train images: received rows of 5 numbers; expected those of a square image "
     "of 1 or 3 channels, such as 784 or 3072."),
    ("images of one content a class", DataError,
     lambda: rows("0,1,2,3,4", "0,1,2,3,4", "1,2,3,4,5"),
     "<any>/a.csv has no test split, and no class with two different images, of which one "
     "could be held out."),
    ("CSV in another encoding", DataError,
     lambda: opened(file("a.csv", "label,é".encode("utf-16"))),
     "<any>/a.csv cannot be read: it is not text in UTF-8."),
    ("CSV of another label", DataError, lambda: rows("kind,pixel0", "1,2", settings="@label=sort"),
     "<any>/a.csv has 0 columns named sort; it has kind, pixel0. Name the column of the labels"
     " by @label=NAME behind the path; a file without labels cannot be trained on or tested."),
    ("CSV files of no split", DataError, lambda: a_folder_of(b"1,2", "a.csv", "b.csv"),
     "<any>/f holds the CSV files a.csv, b.csv; expected train.csv and test.csv, or name one "
     "file."),
    ("CSV files of two widths", DataError, two_widths,
     "<any>/f: rows of different numbers of pixels: test.csv 1, train.csv 4."),
    # Parquet files.
    ("Parquet of zero bytes", DataError, lambda: opened(file("a.parquet")),
     "<any>/a.parquet cannot be read: <any>."),
    ("Parquet of texts", DataError, other_columns,
     "<any>/a.parquet: expected one column of images, as bytes or bytes and path; found 0 "
     "among text, label."),
    ("Parquet without labels", DataError, lambda: table(label="kind", described=False),
     "<any>/a.parquet: expected a column of labels, as label; found image, kind. Name it by "
     "@label=NAME behind the path."),
    ("Parquet of another label", DataError, lambda: table("@label=sort"),
     "<any>/a.parquet@label=sort: expected a column of labels, named sort; found image, label."
     " Name it by @label=NAME behind the path."),
    ("Parquet with a label below 0", DataError,
     lambda: table(change=lambda x, y: (x, [-1, *y[1:]])),
     "<any>/a.parquet, train labels: 1 of 40 are below 0 (such as -1), which marks images "
     "without a label; remove them."),
    ("Parquet with a label beyond the names", DataError, lambda: table(names=("a", "b")),
     "<any>/a.parquet: labels are up to 3; it names 2 classes."),
    ("Parquet without a label", DataError, lambda: table(change=lambda x, y: (x, [None, *y[1:]])),
     "<any>/a.parquet: 1 rows of its train split have no label."),
    ("Parquet of several labels", DataError, lambda: several_labels(1),
     "<any>/a.parquet, train labels: received several values for an image, the shape (40, 2); "
     "expected one label each, or one-hot."),
    ("Parquet of lists of labels", DataError, lambda: several_labels(0),
     "<any>/a.parquet: rows of its train split have 1 to 2 labels; expected one each."),
    ("Parquet of a damaged image", DataError,
     lambda: table(change=lambda x, y: ([b"broken", *x[1:]], y)),
     "<any>/a.parquet: 1 of 40 images cannot be read, such as train[0]: not an image that "
     "Pillow reads. Repair, convert or remove them, or leave them out by @damaged=skip behind "
     "the path."),
    ("Parquet of a path alone", DataError, lambda: table(change=lambda x, y: ([None, *x[1:]], y)),
     "<any>/a.parquet: 1 of 40 images cannot be read, such as train[0]: an empty file. Repair,"
     " convert or remove them, or leave them out by @damaged=skip behind the path."),
    ("Parquet of parts that differ", DataError, parts_that_differ,
     "<any>/p: the files of one split have different columns."),
    ("Parquet of a split without labels", DataError, split_without_labels,
     "<any>/p: its test split has no column label."),
    ("Parquet of an empty split", DataError, empty_split,
     "<any>/p: its test split is empty."),
    ("Parquet of no split", DataError, odd_part,
     "<any>/p holds part-0.parquet; expected names that begin with the split, such as "
     "train-00000-of-00002.parquet."),
    ("Parquet without pyarrow", MissingPackage,
     lambda patch: without_package(patch, "pyarrow", "a.parquet"),
     "a Parquet file needs the package pyarrow, which is not installed: pip install "
     '"netzoo[parquet]"'),
    ("Hugging Face without its package", MissingPackage,
     lambda patch: without_package(patch, "datasets", "hf:./photos"),
     "`dataset` hf:./photos needs the package datasets, which is not installed: pip install "
     '"netzoo[huggingface]"'),
    # CIFAR's and IDX files.
    ("CIFAR as pickles", DataError, lambda: a_folder_of(b"x", "data_batch_1", "batches.meta"),
     "<any>/f holds CIFAR as Python pickles, which can run any program as they are read, and "
     "are not opened; take the binary version (cifar-10-binary.tar.gz, "
     "cifar-100-binary.tar.gz), or the name cifar10 or cifar100."),
    ("CIFAR-100 as pickles", DataError, lambda: a_folder_of(b"x", "train", "test", "meta"),
     "<any>/f holds CIFAR as Python pickles, which can run any program as they are read, and "
     "are not opened; take the binary version (cifar-10-binary.tar.gz, "
     "cifar-100-binary.tar.gz), or the name cifar10 or cifar100."),
    ("CIFAR without a batch", DataError, lambda: cifar("data_batch_3.bin", None),
     "<any>/c: expected the file data_batch_3.bin of CIFAR-10; found none."),
    ("CIFAR cut short", DataError, lambda: cifar("data_batch_3.bin", b"x" * 3000),
     "<any>/c/data_batch_3.bin: expected whole records of 3073 bytes; found 3000 bytes."),
    ("CIFAR of zero bytes", DataError, lambda: cifar("test_batch.bin", b""),
     "<any>/c/test_batch.bin: expected whole records of 3073 bytes; found 0 bytes."),
    ("CIFAR with another label", DataError, lambda: cifar("test_batch.bin", b"\x0b" * 3073),
     "<any>/c: labels are up to 11; expected 0 to 9."),
    ("CIFAR that cannot be read", DataError, broken_disk,
     "<any>/c/data_batch_1.bin: cannot be read: Input/output error."),
    ("several data sets in IDX files", DataError, several_idx,
     "<any>/i holds several data sets in IDX files: emnist-digits, emnist-letters; put each "
     "into a folder of its own."),
    ("IDX files without labels", DataError, lambda: few_idx("", ("train", "t10k")),
     "<any>/i: expected the file t10k-labels-idx1-ubyte or t10k-labels.idx1-ubyte or "
     "t10k-labels-idx1-ubyte.gz or t10k-labels.idx1-ubyte.gz, there or in raw or "
     "FashionMNIST/raw; found none of them."),
    ("EMNIST without labels", DataError, lambda: few_idx("emnist-letters-", EMNIST),
     "<any>/i: expected the file emnist-letters-test-labels-idx1-ubyte or emnist-letters-test-"
     "labels.idx1-ubyte or emnist-letters-test-labels-idx1-ubyte.gz or emnist-letters-test-"
     "labels.idx1-ubyte.gz, there or in raw or FashionMNIST/raw; found none of them."),
]
# fmt: on
