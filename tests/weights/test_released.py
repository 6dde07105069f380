"""The released checkpoint: every entry is read or named."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dmenet.errors import InputError
from dmenet.networks import AuxiliaryHeads, BlurEstimator, PatchDiscriminator, SharpnessCalibrator
from dmenet.weights.checkpoint import load_blur_estimator
from dmenet.weights.released import VARIABLES, load_released, read_released
from official import official_weights

CALIBRATOR = {name: array for name, array in official_weights().items() if "binary_net" in name}


def save(folder: Path, arrays: dict[str, np.ndarray]) -> Path:
    path = folder / "checkpoint.npz"
    np.savez(path, **arrays)
    return path


def test_the_names_are_those_of_the_released_graph(official_checkpoint: Path) -> None:
    ours = {name for names in VARIABLES.values() for name in names.values()}
    assert set(read_released(official_checkpoint)) == ours


def test_every_parameter_is_filled(official_checkpoint: Path) -> None:
    networks = {
        "blur_estimation": BlurEstimator(),
        "auxiliary": AuxiliaryHeads(),
        "domain_adaptation": PatchDiscriminator(),
        "sharpness_calibration": SharpnessCalibrator(),
    }
    for network in networks.values():
        for parameter in network.parameters():
            if parameter.requires_grad:
                parameter.data.fill_(torch.nan)
    load_released(official_checkpoint, **networks)
    for name, network in networks.items():
        assert all(bool(p.isfinite().all()) for p in network.parameters()), name


def test_names_without_main_net(tmp_path: Path) -> None:
    with_prefix, without = SharpnessCalibrator(), SharpnessCalibrator()
    load_released(save(tmp_path, CALIBRATOR), sharpness_calibration=with_prefix)
    bare = {name.removeprefix("main_net/"): array for name, array in CALIBRATOR.items()}
    load_released(save(tmp_path, bare), sharpness_calibration=without)
    for a, b in zip(with_prefix.state_dict().values(), without.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_the_unit_of_the_released_map(official_checkpoint: Path) -> None:
    assert load_blur_estimator(official_checkpoint).unit == "coc15"


def test_a_missing_entry_is_named(tmp_path: Path) -> None:
    arrays = dict(CALIBRATOR)
    del arrays["main_net/binary_net/l2/b3/beta:0"]
    with pytest.raises(InputError, match=r"lacks the entry 'binary_net/l2/b3/beta:0'"):
        load_released(save(tmp_path, arrays), sharpness_calibration=SharpnessCalibrator())


def test_an_extra_entry_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'binary_net/l9/c1/kernel:0'"):
        read_released(save(tmp_path, CALIBRATOR | {"binary_net/l9/c1/kernel:0": np.zeros(1)}))


def test_a_misshaped_entry_is_named(tmp_path: Path) -> None:
    arrays = CALIBRATOR | {"main_net/binary_net/l1/c2/kernel:0": np.zeros((3, 3, 64, 64))}
    with pytest.raises(InputError, match=r"l1/c2/kernel:0.*\(64, 64, 3, 3\).*\(64, 64, 1, 1\)"):
        load_released(save(tmp_path, arrays), sharpness_calibration=SharpnessCalibrator())


class Malicious:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("executed"),))  # type: ignore[return-value]


def test_a_pickle_in_the_archive_is_not_executed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    objects = np.array([Malicious()], dtype=object)
    path = save(tmp_path, CALIBRATOR | {"main_net/binary_net/l1/c1/kernel:0": objects})
    with pytest.raises(InputError, match=r"checkpoint.npz.*plain arrays"):
        read_released(path)
    assert not Path("executed").exists()


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 cut short"])
def test_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"weights.npz is not a released checkpoint"):
        read_released(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no checkpoint at .*nowhere.npz"):
        read_released(tmp_path / "nowhere.npz")
