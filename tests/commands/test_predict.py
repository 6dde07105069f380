from io import StringIO

import numpy as np
import pytest
from omegaconf import OmegaConf
from tqdm import tqdm

from dmenet.commands.hydra.configuration import configuration_root
from dmenet.commands.predict import estimate, the_method
from dmenet.errors import InputError, UnavailableError
from edges_of_known_blur import textured


def test_photographs_are_estimated_by_one_method() -> None:
    several = OmegaConf.load(configuration_root() / "conf/estimator/constant.yaml")
    with pytest.raises(InputError, match="by one method at a time"):
        the_method(several)


def test_a_method_that_cannot_run_says_so_before_anything_is_read() -> None:
    unavailable = OmegaConf.load(configuration_root() / "conf/estimator/dandres_2016.yaml")
    with pytest.raises(UnavailableError, match="neither code nor"):
        the_method(unavailable)


@pytest.mark.parametrize("name", ["zhuo_sim_2011", "shi_2015"])
def test_progress_counts_the_pixels_of_any_method(name: str) -> None:
    method = the_method(OmegaConf.load(configuration_root() / f"conf/estimator/{name}.yaml"))
    with tqdm(file=StringIO()) as progress:
        sigma_px = estimate(method, textured((20, 30)), progress)
        assert progress.n == sigma_px.size == 600
    assert np.isfinite(sigma_px).all()
