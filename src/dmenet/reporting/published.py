"""Published numbers, as data: the paper's Tables 5 and 6, and what the released checkpoint scores.

Table 6 is in two units at once: the errors of DMENet are of sigma / 3.275 px, as in Tables 4 and 5,
those of the other methods of sigma in px (docs/evaluation.md). Here every one is given in both.
"""

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from dmenet.metrics.protocols.rtf import LARGEST_SIGMA_PX
from dmenet.units import Unit

FOLDER = Path(__file__).parent / "published"

DMENET = "dmenet_bdcs"
"""The only method whose errors in Table 6 are of sigma / 3.275 px."""

SUBNETWORKS = ("b", "bd", "bc", "bdc", "bdcs_without_aux", "bdcs")
"""The rows of Table 5, in its order, named as in ``conf/subnetworks``."""

RELEASED = "dmenet_released"
RELEASED_SOURCE = "released checkpoint"

DATA_SETS = ("syndof", "rtf", "cuhk")
IMAGES = {"rtf": 22, "cuhk": 100}
"""Of the published test sets; not known of SYNDOF."""

CUHK_SETS = ("cuhk_folders", "cuhk_train604_test100")
"""Test sets that may be the published one: the authors' own folder, and the list of the field."""

_METRICS = {"acc": "accuracy", "map": "mAP"}
"""As Table 5 abbreviates them: in full. It does not say what its mAP is a mean of."""


class Published(NamedTuple):
    """Published scores.

    Attributes:
        data_set: "syndof", "rtf" or "cuhk".
        noise: of RTF, the standard deviation of the noise as the tables write it; else empty.
        method: in small letters.
        source: table, or "released checkpoint".
        scores: by metric; errors on RTF in both units.
    """

    data_set: str
    noise: str
    method: str
    source: str
    scores: dict[str, float]


@cache
def table5() -> dict[str, dict[str, float]]:
    """``syndof_mse`` to ``cuhk_map`` by subnetworks, named as in ``conf/subnetworks``."""
    return {
        row["subnetworks"].lower(): _numbers(row, [key for key in row if key != "subnetworks"])
        for row in _rows("table5")
    }


@cache
def table6() -> dict[tuple[str, str], dict[str, float]]:
    """``mse``, ``mae``, ``mse_px``, ``mae_px`` and ``seconds`` by noise and method."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for row in _rows("table6_averages"):
        for method in [key for key in row if key not in ("noise_sigma", "metric")]:
            scores = found.setdefault((f"{float(row['noise_sigma']):g}", method), {})
            value = float(row[method])
            if row["metric"] == "time_s":
                scores["seconds"] = value
            else:
                scores |= in_both_units(row["metric"], value, in_px=method != DMENET)
    return found


@cache
def table6_per_image() -> dict[tuple[str, str], dict[str, float]]:
    """``mae`` and ``mae_px`` by image ("01" to "22") and method, without noise."""
    return {
        (row["image"], method): in_both_units("mae", float(row[method]), in_px=method != DMENET)
        for row in _rows("table6_mae_per_image")
        for method in [key for key in row if key != "image"]
    }


def in_both_units(metric: str, value: float, *, in_px: bool) -> dict[str, float]:
    """An error on RTF of sigma / 3.275 px (``mse``, ``mae``) and of sigma in px (``mse_px``...).

    Args:
        metric: "mse" or "mae".
        value: the error.
        in_px: whether it is of sigma in px.
    """
    scale = LARGEST_SIGMA_PX ** (2 if metric == "mse" else 1)
    px = value if in_px else value * scale
    return {metric: px / scale, f"{metric}_px": px}


@cache
def published(data_set: str) -> tuple[Published, ...]:
    """All that was published of a data set: empty for others than "syndof", "rtf" and "cuhk"."""
    is_rtf = data_set == "rtf"
    in_all_units = _rtf if is_rtf else dict[str, float]
    found = []
    for row, scores in table5().items():
        own = {
            _in_full(key.removeprefix(f"{data_set}_")): value
            for key, value in scores.items()
            if key.startswith(f"{data_set}_")
        }
        if own and not (is_rtf and row == "bdcs"):  # again in Table 6
            noise = "0" if is_rtf else ""
            found.append(Published(data_set, noise, f"dmenet_{row}", "Table 5", in_all_units(own)))
    if is_rtf:
        found += [Published("rtf", *key, "Table 6", scores) for key, scores in table6().items()]
    released: dict[str, dict[str, float]] = {}
    for line in _rows("released_checkpoint"):
        if line["data_set"] == data_set:
            scores = released.setdefault(line["noise"], {})
            scores[_in_full(line["metric"])] = float(line["value"])
    found += [
        Published(data_set, noise, RELEASED, RELEASED_SOURCE, in_all_units(scores))
        for noise, scores in released.items()
    ]
    return tuple(found)


def _in_full(metric: str) -> str:
    return _METRICS.get(metric, metric)


def noise_of(set_name: str) -> str:
    """The noise of a test set of RTF, by its name: ``rtf_1.6`` has "1.6"; else empty."""
    return set_name.removeprefix("rtf_") if set_name.startswith("rtf_") else ""


def is_released_syndof(data: Mapping[str, Any], set_name: str) -> bool:
    """Whether a synthetic test set is the released test/SYNDOF; ``data`` as of ``Results``."""
    identity = data.get("identity", {})
    identity = identity.get("synthetic", identity)
    # Only the released data need to be told their unit, and have a folder for test.
    released = identity.get("stored_unit") == "coc15" and identity.get("test_folder")
    return bool(released) and set_name == "synthetic"


def difference(
    protocol: Mapping[str, Any], data: Mapping[str, Any], set_name: str, *, unit: Unit
) -> str:
    """What of a test set is not as in the publication: other data, a part, another unit.

    Args:
        protocol, data: of ``dmenet.reporting.results.Results``.
        set_name: of the test set.
        unit: of the published map values, which matters on SYNDOF.

    Returns:
        In words; empty where scores compare.
    """
    images = data["sets"][set_name]["images"]
    kind, whole = protocol["name"], IMAGES.get(protocol["name"])
    if kind not in DATA_SETS:
        return "other data"
    found = []
    if kind == "syndof":
        if not is_released_syndof(data, set_name):
            found.append("other images than the released test/SYNDOF")
        if protocol["settings"].get("unit") != unit:
            found.append(f"map values in {protocol['settings'].get('unit')}, not {unit}")
    elif kind == "cuhk" and set_name not in CUHK_SETS:
        found.append(
            f"split {set_name.removeprefix('cuhk_')}, not the {whole} images of its authors"
        )
    if not found and whole not in (None, images):
        found.append(f"{images} of {whole} images")
    return "; ".join(found)


def in_words(subnetworks: str) -> str:
    """A row of Table 5 as the paper writes it."""
    letters, _, rest = subnetworks.partition("_")
    return f"{letters.upper()} {rest.replace('_', ' ')}".rstrip()


def unit_of(source: str) -> Unit:
    """The unit of published map values: the released checkpoint's, or the paper's own runs'."""
    return "coc15" if source == RELEASED_SOURCE else "sigma7"


def _rtf(scores: dict[str, float]) -> dict[str, float]:
    both: dict[str, float] = {}
    for metric, value in scores.items():
        both |= in_both_units(metric, value, in_px=False)
    return both


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _numbers(row: dict[str, str], keys: Sequence[str]) -> dict[str, float]:
    return {key: float(row[key]) for key in keys}
