import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir

from dmenet.commands import export
from dmenet.commands.hydra.composing import configuration_root, set_configuration_root
from dmenet.errors import InputError
from dmenet.networks import BlurEstimator, MobileBlurEstimator
from dmenet.networks.inference import DefocusInference
from dmenet.weights import exporting
from dmenet.weights.checkpoint import LoadedBlurEstimator
from dmenet.weights.exporting import write_onnx, write_openvino, write_torchscript
from own_kinds import run_checked


def run(*overrides: str) -> None:
    set_configuration_root()
    with initialize_config_dir(str(configuration_root() / "conf"), version_base="1.3"):
        run_checked("export", compose("export", list(overrides)))


def networks() -> list[LoadedBlurEstimator]:
    torch.manual_seed(0)
    mobile = MobileBlurEstimator(0.1)
    mobile.head.weight.data *= 10
    pairs: list[Any] = [(mobile, "sigma7"), (BlurEstimator(0.05), "coc15")]
    for network, _ in pairs:
        with torch.inference_mode():
            for _ in range(20):
                network(torch.rand(2, 3, 64, 64))
    return [LoadedBlurEstimator(network.eval(), unit) for network, unit in pairs]


@pytest.mark.parametrize("write", [write_onnx, write_openvino, write_torchscript])
@pytest.mark.parametrize("kind", [0, 1])
def test_an_exported_network_is_the_network_at_any_size(
    tmp_path: Path, write: Any, kind: int
) -> None:
    path = tmp_path / {write_onnx: "x.onnx", write_openvino: "x.xml"}.get(write, "x.pt")
    if write is write_onnx:
        pytest.importorskip("onnx", reason=exporting.NEEDS_ONNX)
        pytest.importorskip("onnxruntime", reason=exporting.NEEDS_ONNX)
    if write is write_openvino:
        pytest.importorskip("openvino", reason=exporting.NEEDS_OPENVINO)
    loaded = networks()[kind]
    write(path, *loaded)
    ours, theirs = DefocusInference(*loaded), export.exported(path, loaded)
    for size in ((64, 96), (33, 150), (200, 31)):
        image = torch.rand(1, 3, *size)
        expected = ours(image)
        assert float(expected.std()) > 0.1
        np.testing.assert_allclose(theirs(image).reshape(*size), expected[0, 0], atol=1e-3)


def test_an_openvino_model_is_two_files_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openvino", reason=exporting.NEEDS_OPENVINO)
    from dmenet.estimators.exported import OpenVinoEstimator

    monkeypatch.setattr(export, "load_blur_estimator", lambda _: networks()[1])
    run("format=openvino", f"output={tmp_path}/x.xml")
    assert {path.name for path in tmp_path.iterdir()} == {"x.xml", "x.bin"}
    image = np.random.default_rng(0).random((40, 50, 3), np.float32)
    low = OpenVinoEstimator(tmp_path / "x.xml", precision="bfloat16")
    assert low.precision == "bfloat16"
    exact = OpenVinoEstimator(tmp_path / "x.xml")(image).sigma_px
    assert float(np.abs(low(image).sigma_px - exact).mean()) < 0.2
    (tmp_path / "x.bin").unlink()
    with pytest.raises(InputError, match=r"x\.bin, which belongs to it, is not there"):
        OpenVinoEstimator(tmp_path / "x.xml")
    monkeypatch.setattr(export, "largest_error_px", lambda *_: float("nan"))
    (tmp_path / "x.xml").unlink()
    with pytest.raises(InputError, match="not kept"):
        run("format=openvino", f"output={tmp_path}/x.xml")
    assert not list(tmp_path.iterdir())


def test_tiles_of_an_onnx_file_leave_no_seams(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason=exporting.NEEDS_ONNX)
    from dmenet.estimators.exported import OnnxEstimator

    loaded = networks()[1]
    write_onnx(tmp_path / "x.onnx", *loaded)
    image = np.random.default_rng(0).random((70, 600, 3), np.float32)
    one, tiled = (OnnxEstimator(tmp_path / "x.onnx", tile) for tile in (1024, 64))
    np.testing.assert_allclose(one(image).sigma_px, tiled(image).sigma_px, atol=1e-4)


def test_the_shipped_weights_are_exported_and_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("format=torchscript", f"output={tmp_path}/mobile.pt")
    assert "px from the network, on 3 photographs" in capsys.readouterr().out
    extra = {"dmenet": ""}
    torch.jit.load(str(tmp_path / "mobile.pt"), _extra_files=extra)
    assert json.loads(extra["dmenet"])["size_multiple"] == 32


def test_a_file_that_is_off_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "largest_error_px", lambda *_: float("nan"))
    with pytest.raises(InputError, match=r"mobile\.pt: not kept"):
        run("format=torchscript", f"output={tmp_path}/mobile.pt")
    assert not list(tmp_path.iterdir())


def test_every_format_has_a_writer() -> None:
    assert {*get_args(export.Format)} == {*export.WRITERS}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["format=coreml"], "format=coreml: expected 'onnx', 'openvino', "),
        (["output=x.txt"], r"output=x\.txt: expected a name that ends in \.onnx"),
        (["weights=none.ckpt"], "none.ckpt"),
    ],
)
def test_nonsense_is_refused(overrides: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run(*overrides)
