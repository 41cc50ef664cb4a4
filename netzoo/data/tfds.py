"""Image-classification data sets by their TensorFlow Datasets (TFDS) name.

TFDS prepares a data set and reads a prepared one. A prepared data set is recognised by its folder,
without importing TFDS, and the network is tested first, since TFDS itself tries for over three
minutes.
"""

import http.client
import json
import os
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

from netzoo.data import prepared
from netzoo.data.settings import split_settings
from netzoo.data.source import SOURCES, Images
from netzoo.errors import BadInput, DataError, no_such

REACH_SECONDS = 4.0
REACH_URL = "https://storage.googleapis.com/tfds-data/"


def default_folder() -> Path:
    """Return the folder in which TFDS keeps prepared data sets."""
    return Path(os.environ.get("TFDS_DATA_DIR") or Path.home() / "tensorflow_datasets")


def open_dataset(named: str, folder: Path | None = None, *, inspects: bool = False) -> Images:
    """Return a data set by its TFDS name, downloaded if it is not prepared.

    named: as in TFDS, "mnist", "mnist:3.0.1", "cifar10_corrupted/fog_1:1.0.0", and settings.
    inspects: as in the settings.
    Raises UnknownName for a name that TFDS does not have, BadInput for a name that fits several
    configurations, DataError if the download fails, or for other data than images with one
    class each.
    """
    name, settings = split_settings(named)
    settings = replace(settings, inspects=inspects)
    place = folder or default_folder()
    found = find_prepared(place, name)
    if found is None:
        tfds = prepared.package()
        known = tfds.list_builders(with_community_datasets=False)
        if _split_name(name)[0] not in known:
            raise no_such("data set", name, [*SOURCES, *known])
        if not reachable(REACH_URL):
            raise DataError(
                f"no data set {name!r} in {place}, and no network to download it: prepare it on a "
                "machine that has one, copy the folder, and name it with `data_dir`."
            )
        found = prepare(name, folder)
    source = f"TFDS folder {found}{_other_versions(found)}"
    return prepared.open_prepared(named, found, source, settings)


def find_prepared(folder: Path, name: str) -> Path | None:
    """Return the folder of a data set that is prepared below a folder, None without one.

    As in TFDS, the newest of several versions and the default of several configurations. Raises
    BadInput, with the names to choose from, if several configurations have no default.
    """
    base, config, version = _split_name(name)
    place = folder / base
    if not config and not _versions(place, version):
        config = _configuration(place, base, version)
    return max(_versions(place / config, version), key=_version, default=None)


def _split_name(name: str) -> tuple[str, str, str]:
    """Return data set, configuration and version of "name/configuration:version", or ""."""
    name, _, version = name.partition(":")
    base, _, config = name.partition("/")
    return base, config, version


def _versions(folder: Path, version: str) -> list[Path]:
    """Return the prepared versions in a folder; version: a pattern such as "3.*.*", "" for all."""
    return [info.parent for info in folder.glob(f"{version or '*'}/dataset_info.json")]


def _configuration(place: Path, base: str, version: str) -> str:
    """Return the prepared configuration for a name without one, "" without any. Raises BadInput."""
    configs = sorted(path.name for path in place.glob("*") if _versions(path, version))
    try:
        default = json.loads((place / ".config" / "metadata.json").read_text("utf-8"))
        usual = str(default["default_config_name"])
    except (OSError, ValueError, LookupError, TypeError):  # another program's folder
        usual = ""
    if usual in configs or not configs:
        return usual
    if len(configs) == 1 and not usual:
        return configs[0]
    names = ", ".join(f"{base}/{config}" for config in configs)
    wanted = f", and TFDS's default is {base}/{usual}" if usual else ""
    raise BadInput(f"{base} is prepared in {place} as {names}{wanted}; name one of them.")


def prepare(name: str, folder: Path | None) -> Path:
    """Download and prepare a data set; return its folder. Raises DataError."""
    tfds = prepared.package()
    try:
        builder = tfds.builder(name, data_dir=str(folder or default_folder()))
        builder.download_and_prepare()
    except Exception as error:  # TFDS raises whatever its downloads raise
        reason = str(error).strip().partition("\n")[0]
        raise DataError(f"TFDS cannot prepare {name!r}: {reason}") from error
    return Path(builder.data_dir)


def reachable(url: str) -> bool:
    """Return whether an address answers within REACH_SECONDS; a proxy's refusal is no answer."""
    request = urllib.request.Request(url, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=REACH_SECONDS):
            return True
    except urllib.error.HTTPError as error:
        return error.code in (400, 404, 405)
    except (OSError, http.client.HTTPException):
        return False


def _other_versions(chosen: Path) -> str:
    """Return the versions that a prepared one was chosen from, in words; "" for a single one."""
    others = sorted(_versions(chosen.parent, ""), key=_version)
    if len(others) < 2:
        return ""
    return f" (of the versions {', '.join(path.name for path in others)})"


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else -1 for part in path.name.split("."))
