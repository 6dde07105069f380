"""The paper's tables from results: our rows above the published ones, and what is missing."""

import csv
from pathlib import Path

import pytest

from dmenet.reporting.paper_tables import table4_of, table5_of, table6_of
from dmenet.reporting.results import Results
from dmenet.reporting.text_tables import (
    MeanAndDeviation,
    TableRow,
    latex_table,
    markdown_table,
    notes_of,
    without_notes,
    write_table,
)


def results(data_set: str, means: dict[str, dict[str, float]], sets: dict[str, int]) -> Results:
    """Results of methods, the same on each test set."""
    return Results(
        per_image=[
            {"method": method, "set": name, "image": "01", **scores}
            for name in sets
            for method, scores in means.items()
        ],
        means=[
            {"set": name, "method": method, **scores, "note": ""}
            for name in sets
            for method, scores in means.items()
        ],
        protocol={"name": data_set, "settings": {}, "columns": {}},
        methods={method: {} for method in means},
        data={"sets": {name: {"images": count} for name, count in sets.items()}},
        versions={},
    )


def find(rows: list[TableRow], **words: str) -> TableRow:
    (row,) = [row for row in rows if all(row[key] == value for key, value in words.items())]
    return row


def test_table_4() -> None:
    runs = [
        results("rtf", {"bdcs": {"mse": 0.01, "mae": 0.1}}, {"rtf_1": 22, "rtf_0": 22}),
        results("rtf", {"BDCS": {"mse": 0.02, "mae": 0.1}}, {"rtf_0": 22}),
    ]
    rows = table4_of(runs, {"bdc": "no run of bdc", "syndof": "no folder of SYNDOF"})["table4"]
    assert list(rows[0]) == [
        "subnetworks", "source", "SYNDOF MSE", "SYNDOF MAE", "RTF MSE", "RTF MAE", "note",
    ]  # fmt: skip
    ours = find(rows, subnetworks="BDCS", source="ours")
    assert ours["RTF MSE"] == (pytest.approx(0.015), pytest.approx(0.005 * 2**0.5), 2)
    assert ours["note"] == "no folder of SYNDOF"
    paper = find(rows, subnetworks="BDCS", source="paper")
    # Table 4 as printed: a part of Table 5.
    assert [paper[key] for key in list(paper)[2:6]] == [0.011, 0.072, 0.012, 0.088]
    without = find(rows, subnetworks="BDC", source="paper")
    assert [without[key] for key in list(without)[2:6]] == [0.015, 0.093, 0.019, 0.159]
    assert find(rows, subnetworks="BDC", source="ours")["note"] == "no run of bdc"
    assert "0.0150 ± 0.0071" in markdown_table(rows)


def test_table_5_takes_what_there_is() -> None:
    cuhk = {"accuracy": 0.87, "ap_per_image": 0.94, "ap_pooled": 0.93}
    run = results("cuhk", {"bdcs": cuhk}, {"cuhk_folders": 100})
    rows = table5_of([run], {})["table5"]
    assert [row["subnetworks"] for row in rows[::2]] == [
        "B", "BD", "BC", "BDC", "BDCS without aux", "BDCS",
    ]  # fmt: skip
    ours = find(rows, subnetworks="BDCS", source="ours")
    assert ours["CUHK accuracy"] == 0.87
    assert ours["CUHK AP pooled"] == 0.93
    assert ours["note"] == "no scores of bdcs on syndof; no scores of bdcs on rtf"
    assert find(rows, subnetworks="BDCS", source="paper")["CUHK AP per image"] == 0.935


def test_table_6_is_in_one_unit() -> None:
    """As published, DMENet's 0.088 stands beside 0.332; in px it is 0.288."""
    scores = {"mse": 0.01, "mae": 0.08, "mse_px": 0.1, "mae_px": 0.26, "seconds": 2.0}
    run = results("rtf", {"zhuo_sim_2011": scores, "mine": scores}, {"rtf_0": 22, "rtf_1.6": 22})
    tables = table6_of([run], {"park_2017": "no network", "rtf": "no folder"})
    rows = tables["table6"]
    assert find(rows, noise="0", method="dmenet_bdcs", source="paper")["MAE px"] == pytest.approx(
        0.288, abs=5e-4
    )
    assert find(rows, noise="1.6", method="zhuo_sim_2011", source="ours")["MAE px"] == 0.26
    assert find(rows, noise="0", method="mine", source="ours")["seconds"] == 2
    assert find(rows, noise="1", method="mine", source="ours")["note"] == "no folder"
    assert find(rows, noise="0", method="park_2017", source="ours")["note"] == "no network"
    assert [row["method"] for row in rows[:12:2]] == [
        "zhuo_sim_2011", "shi_2015", "dandres_2016", "park_2017", "karaali_jung_2018",
        "dmenet_bdcs",
    ]  # fmt: skip
    by_image = tables["table6_per_image"]
    assert len(by_image) == 22
    assert by_image[0]["mine"] == by_image[0]["zhuo_sim_2011"] == 0.26
    assert by_image[0]["zhuo_sim_2011 (paper)"] == 0.229


def test_a_part_of_rtf_is_said_to_be_one() -> None:
    run = results("rtf", {"bdcs": {"mse": 0.01, "mae": 0.1}}, {"rtf_0": 1})
    rows = table4_of([run], {})["table4"]
    known = find(rows, subnetworks="BDCS", source="ours")
    assert str(known["note"]).startswith("RTF: 1 of 22 images, no comparison with published means")
    unknown = find(rows, subnetworks="BDC", source="ours")
    assert "of 22" not in str(unknown["note"])


def test_another_split_is_said_to_be_one() -> None:
    run = results("cuhk", {"bdcs": {"accuracy": 0.9}}, {"cuhk_all_704": 704})
    note = find(table5_of([run], {})["table5"], subnetworks="BDCS", source="ours")["note"]
    assert str(note).startswith("CUHK: split all_704, not the 100 images of its authors")


ROWS: list[TableRow] = [
    {"method": "a_b", "MAE px²": MeanAndDeviation(0.5, 0.1, 3), "note": "a | b"},
    {"method": "c", "MAE px²": float("nan"), "note": ""},
    {"method": "d", "MAE px²": 1.0, "note": "a | b"},
]


def test_a_table_is_written_in_three_forms(tmp_path: Path) -> None:
    write_table(tmp_path / "new", "t", ROWS)
    markdown = (tmp_path / "new/t.md").read_text()
    assert markdown == (
        "| method   |         MAE px² |\n"
        "|:---------|----------------:|\n"
        "| a_b      | 0.5000 ± 0.1000 |\n"
        "| c        |               - |\n"
        "| d        |          1.0000 |\n"
        "\n"
        "- a_b and 1 more: a | b\n"
    )
    with (tmp_path / "new/t.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "method": "a_b", "MAE px²": "0.5", "MAE px² (sd)": "0.1", "MAE px² (runs)": "3",
        "note": "a | b",
    }  # fmt: skip
    assert rows[1]["MAE px²"] == rows[1]["MAE px² (runs)"] == ""
    latex = (tmp_path / "new/t.tex").read_text().splitlines()
    assert [" ".join(line.split()) for line in latex] == [
        r"\begin{tabular}{lr}",
        r"\toprule",
        r"method & MAE px$^2$ \\",
        r"\midrule",
        r"a\_b & 0.5000 $\pm$ 0.1000 \\",
        r"c & - \\",
        r"d & 1.0000 \\",
        r"\bottomrule",
        r"\end{tabular}",
        r"\par - a\_b and 1 more: a | b",
    ]


def test_parts_of_tables() -> None:
    assert "a \\| b" in markdown_table(ROWS)
    assert notes_of(ROWS[1:2]) == ""
    assert list(without_notes(ROWS)[0]) == ["method", "MAE px²"]
    assert "a | b" in latex_table(ROWS)
