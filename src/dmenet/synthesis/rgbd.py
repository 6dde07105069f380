"""Rendering one photograph with its depth map."""

import numpy as np
from numpy.typing import NDArray

from dmenet.errors import InputError
from dmenet.synthesis.blur import blur_grown, kernel_radius_px
from dmenet.synthesis.camera import ThinLensCamera
from dmenet.synthesis.hidden import complete_behind
from dmenet.synthesis.rendering import Rendering, overlap, resolve
from dmenet.synthesis.slices import cut
from dmenet.units import sigma_px_from_coc_px


def render_rgbd(
    image: NDArray[np.float32], depth_mm: NDArray[np.float32], camera: ThinLensCamera
) -> Rendering:
    """Photograph a scene known by one sharp image and its depth.

    The pixels, and a guess of what they hide behind depth edges, are cut into slices of equal blur.
    Each slice is spread and takes what those in front of it have left of a pixel's coverage.
    Coverage adds up, so that the slices of one slanted surface fill a pixel without a seam, and
    blurred occluders let through what is behind them. The image is mirrored at its borders.

    Args:
        image: H x W x 3 in [0, 1].
        depth_mm: H x W, over 0.
        camera: its ``image_width_px`` need not be the width: the image may be a part of the frame.

    Raises:
        InputError: if the shapes differ or a depth is NaN or not over 0.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.shape[:2] != depth_mm.shape:
        raise InputError(
            f"image of shape {image.shape} with a depth map of shape {depth_mm.shape}: expected "
            "H x W x 3 and H x W"
        )
    height, width = depth_mm.shape
    signed = sigma_px_from_coc_px(camera.signed_coc_px(depth_mm)).astype(np.float32)
    sharp = np.asarray(image, np.float32)
    margin = kernel_radius_px(float(np.abs(signed).max()))
    around = ((margin, margin), (margin, margin))
    signed = np.pad(signed, around, mode="symmetric")
    visible = np.ones((4, *signed.shape), np.float32)
    visible[:3] = np.pad(sharp, (*around, (0, 0)), mode="symmetric").transpose(2, 0, 1)
    hidden, behind = complete_behind(visible[:3], signed)

    layers = np.stack([visible, hidden])
    taken = np.zeros_like(visible)
    for part in cut(np.stack([signed, behind])):
        box = layers[:, :, part.rows, part.columns]
        spread = blur_grown((box * part.weight[:, np.newaxis]).sum(axis=0), part.sigma_px)
        radius = kernel_radius_px(part.sigma_px)
        top, left = part.rows.start - radius, part.columns.start - radius
        inside, own = overlap(signed.shape, spread.shape[1:], top, left)
        front, target = spread[:, *own], taken[:, *inside]
        # The nearest slices come first and take what is left of a pixel.
        target += front * (np.minimum(front[3], 1 - target[3]) / np.maximum(front[3], 1e-6))
    return Rendering(
        image=resolve(taken[:, margin : margin + height, margin : margin + width]),
        sigma_px=camera.sigma_px(depth_mm),
        depth_mm=np.asarray(depth_mm, np.float32),
        sharp=sharp,
    )
