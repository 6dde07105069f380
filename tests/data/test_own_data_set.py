"""The data set that docs/data.md adds as an example."""

import re
from pathlib import Path

import pytest
import yaml
from hydra.utils import instantiate
from omegaconf import OmegaConf

from made_cuhk import BLURRED_COLUMNS, generate

DOCUMENT = Path(__file__).parents[2] / "docs/data.md"


def block(language: str) -> str:
    section = DOCUMENT.read_text("utf-8").partition("## Adding a data set")[2]
    (found,) = re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
    return str(found)


def test_it_works_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DMENET_DATA", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path / "code")
    (tmp_path / "code").mkdir()
    (tmp_path / "code/documented_data_set.py").write_text(block("python"))
    generate(tmp_path / "mine", [1, 2])
    settings = yaml.safe_load(block("yaml"))
    settings["_target_"] = settings["_target_"].replace("dmenet.data.mine", "documented_data_set")
    data = instantiate(OmegaConf.create(settings))
    data.prepare_data()
    (samples,) = data.test_sets.values()
    assert set(data.protocol.needs) <= set(samples[0])
    assert samples[0]["mask"][0].sum() == BLURRED_COLUMNS
    assert data.status().facts == ["4 images"]
