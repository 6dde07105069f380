"""Measure deblurring on renderings whose sharp picture is known, and draw docs/restoration.md."""

from pathlib import Path

import numpy as np
from PIL import Image as PillowImage
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from tqdm import tqdm

import dmenet
from dmenet.images import photographs
from dmenet.images.reading import read_image
from dmenet.restoration import all_in_focus, deblur, magnify
from dmenet.sample import Image, Map
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.scenes.dead_leaves import dead_leaves
from dmenet.synthesis.scenes.sources import motorcycle

HERE = Path(__file__).parent
NOISE = 0.005


def renderings() -> list[tuple[str, Image, Map, Image]]:
    """Name, photograph of 8 bits with noise, its blur and the sharp picture."""
    found = []
    for number in range(10):
        rng = np.random.default_rng([2019, number])
        is_leaves = number < 5
        scene = dead_leaves((2019, number), 192, 192) if is_leaves else motorcycle((number,), 464)
        camera = ThinLensCamera.for_max_coc(
            max_coc_px=4 * rng.uniform(1.5, 6),
            nearest_mm=float(scene.depth_mm.min()),
            farthest_mm=float(scene.depth_mm.max()),
            focal_length_mm=scene.focal_length_mm or 50.0,
            focus_distance_mm=float(np.quantile(scene.depth_mm, number % 5 / 4)),
            image_width_px=scene.image_width_px,
        )
        taken = scene.photograph(camera)
        noisy = (taken.image + rng.normal(0, NOISE, taken.image.shape)).clip(0, 1)
        photograph = (np.rint(noisy * 255) / 255).astype(np.float32)
        name = f"{'dead leaves' if is_leaves else 'motorcycle'} {number % 5 + 1}"
        found.append((name, photograph, taken.sigma_px, taken.sharp))
    return found


def scores(picture: Image, sharp: Image) -> str:
    """PSNR in dB and SSIM."""
    psnr = peak_signal_noise_ratio(sharp, picture, data_range=1)
    ssim = structural_similarity(sharp, picture, data_range=1, channel_axis=2)
    return f"{psnr:.2f} / {ssim:.3f}"


def main() -> None:
    """Print the table and write the figures."""
    model = dmenet.load()
    rows = []
    for name, photograph, true_px, sharp in tqdm(renderings()):
        own_px = model(photograph).sigma_px
        pictures = (
            photograph,
            deblur(photograph, true_px, prior="wiener"),
            deblur(photograph, true_px),
            deblur(photograph, own_px),
            all_in_focus(photograph, own_px),
        )
        rows.append(f"| {name} | {' | '.join(scores(each, sharp) for each in pictures)} |")
        if name == "motorcycle 1":
            write("deblurred", [photograph, pictures[2], pictures[4], sharp])
    print("\n".join(rows))
    flower = read_image(photographs.paths(photographs.HELD_OUT)[0])
    write("blurred_further", [flower, magnify(flower, model(flower).sigma_px, 3)])


def write(name: str, pictures: list[Image]) -> None:
    """Pictures side by side."""
    pixels = np.rint(np.concatenate(pictures, axis=1) * 255).astype(np.uint8)
    PillowImage.fromarray(pixels).save(HERE / f"{name}.jpg", quality=90)


if __name__ == "__main__":
    main()
