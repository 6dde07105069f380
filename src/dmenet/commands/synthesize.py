"""``python -m dmenet.synthesize``: photographs with known defocus from scenes with known depth."""

from pathlib import Path

import numpy as np
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from tqdm import trange

from dmenet.commands.configuration import command
from dmenet.reporting.preview import write_preview
from dmenet.synthesis.scenes import choose_camera
from dmenet.synthesis.writing import is_written, write_rendering


@command("synthesize")
def main(configuration: DictConfig) -> None:
    """Write image, sigma map, preview and camera of each photograph; go on where it stopped."""
    source = instantiate(configuration.source)
    output = Path(configuration.output).expanduser()
    output.mkdir(parents=True, exist_ok=True)
    largest_sigma_px = tuple(configuration.largest_sigma_px)
    settings = OmegaConf.to_container(configuration.source, resolve=True)
    for number in trange(configuration.count, desc=str(output), unit="image"):
        name, seed = f"{number:04d}", [configuration.seed, number]
        origin = {"source": settings, "largest_sigma_px": list(largest_sigma_px), "seed": seed}
        if is_written(output, name, origin):
            continue
        scene = source(seed)
        camera = choose_camera(scene, np.random.default_rng([*seed, 1]), largest_sigma_px)
        rendering = scene.photograph(camera)
        write_preview(output / f"{name}_preview.png", rendering.sigma_px)
        write_rendering(output, name, rendering, camera, origin)
    print(f"{configuration.count} photographs with their sigma maps (px) in {output}")
