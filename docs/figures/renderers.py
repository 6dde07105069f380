"""Draw ``label_and_blur.png`` and ``beside_the_truth.png``: both renderers against brute force.

``make figures``. Scenes are procedural; their true photographs come from ``tests/brute_force.py``.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

import brute_force
from dmenet.files import replacing
from dmenet.synthesis.released.compositing import render_released
from dmenet.synthesis.rendering.image_with_depth import render_rgbd

FOLDER = Path(__file__).parent
PLANE_WIDTH_PX = 601
WIDEST_RATIO = 3.2
ERROR_GAIN = 4.0

Image = NDArray[np.float32]


def faithful(sharp: Image, signed_sigma_px: NDArray[np.float32]) -> Image:
    """The photograph of a scene whose labels are these."""
    return render_rgbd(sharp, brute_force.depth_mm(signed_sigma_px), brute_force.CAMERA).image


def released(sharp: Image, signed_sigma_px: NDArray[np.float32]) -> Image:
    """The same as the released generator takes it."""
    depth_mm = brute_force.released_depth_mm(signed_sigma_px)
    return render_released(sharp, depth_mm, brute_force.CAMERA).image


RENDERERS: dict[str, Callable[[Image, NDArray[np.float32]], Image]] = {
    "faithful": faithful,
    "released": released,
}


def label_and_blur() -> None:
    """The standard deviation of an impulse over its label, on a slanted plane."""
    plane = brute_force.slanted_plane(PLANE_WIDTH_PX)
    labels = brute_force.LABELS_PX
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
    for name, render in RENDERERS.items():
        ratios = plane.std_over_label(render(plane.image, plane.signed_sigma_px))
        print(f"{name}: measured over label from {ratios.min():.3f} to {ratios.max():.3f}")
        for side, panel in enumerate(panels):
            for axis, style in enumerate(("o-", "s--")):
                label = f"{name}, {('along', 'across')[axis]} the slope"
                panel.plot(
                    labels,
                    ratios[:, side, axis],
                    style,
                    color={"faithful": "tab:blue", "released": "tab:red"}[name],
                    markersize=4,
                    label=label,
                )
    for side, panel in enumerate(panels):
        panel.axhspan(0.95, 1.05, color="0.85", zorder=0, label="within 5 %")
        panel.set_title(("in front of the focal plane", "behind the focal plane")[side])
        panel.set_xlabel("label: σ of the map (px)")
        panel.set_ylim(0, WIDEST_RATIO)
    panels[0].set_ylabel("measured σ of the blur / label")
    panels[1].legend(fontsize=8, loc="upper right")
    save(figure, "label_and_blur.png")


class Case(NamedTuple):
    """A scene with its true photograph."""

    title: str
    sharp: Image
    signed_sigma_px: NDArray[np.float32]
    photograph: Image
    rms: Callable[[Image], float]


def cases() -> list[Case]:
    """Both kinds of edge, a thin structure, a slanted plane."""
    disc, twigs = brute_force.disc(), brute_force.twigs()
    planes = {
        "blurred before sharp\nσ 4 before 0 px": brute_force.before_a_soft_wall(disc, (-4.0, 0.0)),
        "sharp before blurred\nσ 0 before 4 px": brute_force.before_a_soft_wall(disc, (0.0, 4.0)),
        "both blurred, behind\nσ 2 before 4 px": brute_force.before_a_soft_wall(disc, (2.0, 4.0)),
        "thin structure\nσ 3 before 3 px": brute_force.before_a_soft_wall(twigs, (-3.0, 3.0)),
    }
    slanted = brute_force.slanted_photograph()
    return [
        *(
            Case(title, s.sharp, s.signed_sigma_px, s.photograph, s.rms)
            for title, s in planes.items()
        ),
        Case(
            "slanted plane\nσ 5 to 0 to 5 px",
            slanted.sharp,
            slanted.signed_sigma_px,
            slanted.photograph,
            slanted.rms,
        ),
    ]


def beside_the_truth() -> None:
    """Pictures of both renderers and their errors."""
    all_ = cases()
    titles = ["sharp", "truth", "faithful", "error x 4", "released", "error x 4"]
    size = len(titles) * 1.75, len(all_) * 1.95
    figure, panels = plt.subplots(len(all_), len(titles), figsize=size, layout="constrained")
    for row, case in zip(panels, all_, strict=True):
        pictures, texts = [case.sharp, case.photograph], ["", "by brute force"]
        for name, render in RENDERERS.items():
            image = render(case.sharp, case.signed_sigma_px)
            error = np.clip(0.5 + ERROR_GAIN * (image - case.photograph), 0, 1)
            pictures += [image, error]
            texts += ["", f"RMS {case.rms(image):.4f}"]
            print(f"{case.title.splitlines()[0]}, {name}: RMS {case.rms(image):.4f}")
        for panel, picture, text in zip(row, pictures, texts, strict=True):
            panel.imshow(picture, interpolation="nearest")
            panel.set_xticks([])
            panel.set_yticks([])
            panel.set_xlabel(text, fontsize=8)
        row[0].set_ylabel(case.title, fontsize=8)
    for panel, title in zip(panels[0], titles, strict=True):
        panel.set_title(title, fontsize=9)
    save(figure, "beside_the_truth.png")


def save(figure: plt.Figure, name: str) -> None:
    """Write a figure beside this file, without a date: the same pictures are the same bytes."""
    with replacing(FOLDER / name) as temporary:
        figure.savefig(temporary, format="png", dpi=110, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    label_and_blur()
    beside_the_truth()
