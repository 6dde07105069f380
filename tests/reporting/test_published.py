"""Published numbers, and the units that make Table 6 consistent."""

from typing import Any

import numpy as np
import pytest

from dmenet.reporting.means import published_tables
from dmenet.reporting.published import (
    difference,
    published,
    table5,
    table6,
    table6_per_image,
)
from dmenet.reporting.results import Results
from dmenet.reporting.text_tables import mean_and_deviation


def test_some_numbers_as_printed() -> None:
    assert table5()["bdc"]["rtf_mae"] == 0.159
    assert table5()["bdcs_without_aux"]["cuhk_acc"] == 0.880
    assert table6()["1.6", "shi_2015"]["mae_px"] == 0.184
    assert table6()["0", "dmenet_bdcs"]["mae"] == 0.088
    assert table6()["0", "dandres_2016"]["seconds"] == 114
    assert table6_per_image()["17", "karaali_jung_2018"]["mae_px"] == 0.289


def test_both_units() -> None:
    row = table6()["0", "zhuo_sim_2011"]
    assert row["mae"] == pytest.approx(0.332 / 3.275)
    assert row["mse"] == pytest.approx(0.153 / 3.275**2)
    assert table6()["0", "dmenet_bdcs"]["mae_px"] == pytest.approx(0.088 * 3.275)


@pytest.mark.parametrize("noise", ["0", "1", "1.6"])
def test_an_mse_is_at_least_the_square_of_its_mae(noise: str) -> None:
    """True of every method in both units: the table's numbers are errors of the kind named."""
    methods = {method for of_noise, method in table6() if of_noise == noise}
    for method in methods:
        row = table6()[noise, method]
        assert row["mse_px"] >= row["mae_px"] ** 2 * 0.98


def test_the_columns_of_table_6_agree_with_their_averages() -> None:
    for method in {method for _, method in table6_per_image()}:
        values = [row["mae_px"] for (_, m), row in table6_per_image().items() if m == method]
        assert len(values) == 22
        assert np.mean(values) == pytest.approx(table6()["0", method]["mae_px"], rel=0.02)


def test_what_was_published_of_each_data_set() -> None:
    assert {entry.method for entry in published("cuhk")} == {
        "dmenet_b", "dmenet_bd", "dmenet_bc", "dmenet_bdc", "dmenet_bdcs_without_aux",
        "dmenet_bdcs", "dmenet_released",
    }  # fmt: skip
    assert all(set(entry.scores) == {"accuracy", "mAP"} for entry in published("cuhk"))
    rtf = [(entry.noise, entry.method) for entry in published("rtf")]
    assert len(rtf) == len(set(rtf))
    assert {noise for noise, _ in rtf} == {"0", "1", "1.6"}
    released = next(e for e in published("rtf") if (e.method, e.noise) == ("dmenet_released", "1"))
    assert released.scores["mae"] == pytest.approx(0.1006)
    assert released.scores["mae_px"] == pytest.approx(0.1006 * 3.275)
    assert published("embedded") == ()


RELEASED_DATA = {"stored_unit": "coc15", "test_folder": "test/SYNDOF"}


@pytest.mark.parametrize(
    ("protocol", "images", "set_name", "identity", "unit", "words"),
    [
        ("rtf", 22, "rtf_0", {}, "sigma7", ""),
        ("rtf", 1, "rtf_0", {}, "sigma7", "1 of 22 images"),
        ("cuhk", 100, "cuhk_folders", {}, "sigma7", ""),
        ("cuhk", 60, "cuhk_random_60_seed0", {}, "sigma7", "split random_60_seed0, not the 100"),
        ("syndof", 9, "synthetic", RELEASED_DATA, "coc15", ""),
        ("syndof", 9, "synthetic", {"synthetic": RELEASED_DATA}, "coc15", ""),
        ("syndof", 9, "synthetic", RELEASED_DATA, "sigma7", "in coc15, not sigma7"),
        ("syndof", 9, "far", RELEASED_DATA, "coc15", "other images"),
        ("syndof", 9, "synthetic", {"folder": "mine"}, "coc15", "other images than the released"),
        ("embedded", 12, "synthetic", {}, "sigma7", "other data"),
    ],
)  # fmt: skip
def test_scores_compare_only_on_the_published_data_split_and_unit(
    protocol: str, images: int, set_name: str, identity: Any, unit: Any, words: str
) -> None:
    settings = {"unit": "coc15"} if protocol == "syndof" else {}
    data = {"identity": identity, "sets": {set_name: {"images": images}}}
    why = difference({"name": protocol, "settings": settings}, data, set_name, unit=unit)
    assert words in why
    assert bool(why) == bool(words)


def test_published_rows_stand_under_headings_that_say_whether_they_compare() -> None:
    results = Results(
        per_image=[],
        means=[],
        protocol={"name": "syndof", "settings": {"unit": "coc15"}, "columns": {}},
        methods={},
        data={
            "identity": RELEASED_DATA,
            "sets": {"synthetic": {"images": 9}},
        },
        versions={},
    )
    same, other = published_tables(results).split("Published, but not comparable")
    assert same.startswith("Published on this data set:")
    assert "dmenet_released" in same
    assert "Table 5" not in same
    assert other.startswith(" (here: map values in coc15, not sigma7):")
    assert "Table 5" in other


def test_nothing_was_published_of_other_synthetic_images() -> None:
    protocol = {"name": "syndof", "settings": {"unit": "sigma7"}, "columns": {}}
    data = {"identity": {"folder": "mine"}, "sets": {"synthetic": {"images": 9}}}
    assert published_tables(Results([], [], protocol, {}, data, {})) == ""


def test_mean_and_deviation() -> None:
    assert mean_and_deviation([1.0, 3.0, float("nan")]) == (2.0, pytest.approx(2**0.5), 2)
    assert np.isnan(mean_and_deviation([]).mean)
    assert np.isnan(mean_and_deviation([1.0]).deviation)
