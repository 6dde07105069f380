"""The section of ``CONTRIBUTING.md`` on a network of one's own, done literally."""

import importlib
import re
from pathlib import Path
from typing import Literal

import pytest
import torch
import yaml
from hydra.utils import instantiate

from dmenet import networks
from dmenet.networks import BlurNetwork
from dmenet.networks.blocks import Variant
from dmenet.networks.inference import DefocusInference, estimate_any_size
from dmenet.training import DMENet
from dmenet.weights.checkpoint import load_blur_estimator
from official import PAPER_WEIGHTS
from tiny import TinyData, tiny_trainer

PAGE = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text("utf-8")
SECTION = PAGE.partition("## A network")[2]


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", SECTION, re.DOTALL)
    return str(found)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Its configuration, with its name known where the section says that it must be."""
    (tmp_path / "documented_network.py").write_text(block("python"))
    monkeypatch.syspath_prepend(tmp_path)
    own = importlib.import_module("documented_network").MyBlurEstimator
    known = networks.blur_estimator

    def with_own(width: float = 1.0, variant: str = "official") -> BlurNetwork:
        return own(width) if variant == "mine" else known(width, variant)

    monkeypatch.setattr("dmenet.networks.blur_estimator", with_own)
    monkeypatch.setattr("dmenet.weights.checkpoint.blur_estimator", with_own)
    monkeypatch.setattr("dmenet.weights.checkpoint.Variant", Literal[Variant, "mine"])
    return yaml.safe_load(block("yaml"))


def test_it_trains_and_its_checkpoint_is_applied(
    settings: dict[str, object], tmp_path: Path
) -> None:
    network = instantiate(settings)
    start = network.head.weight.detach().clone()
    module = DMENet(network, unit="sigma7", loss_weights=PAPER_WEIGHTS)
    trainer = tiny_trainer(tmp_path, max_epochs=1)
    trainer.fit(module, TinyData(module.domains))
    assert not torch.equal(network.head.weight, start)
    trainer.save_checkpoint(tmp_path / "own.ckpt")
    loaded = load_blur_estimator(tmp_path / "own.ckpt")
    weights = network.state_dict()
    assert loaded.network.state_dict().keys() == weights.keys()
    for name, tensor in loaded.network.state_dict().items():
        assert torch.equal(tensor, weights[name]), name
    image = torch.rand(1, 3, 33, 47)
    with torch.inference_mode():
        whole = estimate_any_size(loaded.network, image)
        # Training leaves its tensors channels last, which other algorithms multiply.
        trained = estimate_any_size(network.eval(), image)
        torch.testing.assert_close(trained, whole, rtol=0, atol=1e-6)
        tiled = DefocusInference(*loaded, tile=16).map(image)
        torch.testing.assert_close(tiled, whole, rtol=0, atol=1e-5)
    assert loaded.unit == "sigma7"
