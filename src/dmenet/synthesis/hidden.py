"""Guessing what an occluder hides, in the band where a lens would see past its edge."""

from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, minimum_filter

from dmenet.synthesis.blur import Stack

EDGE_STEP_PX = 0.35
"""Neighbours whose sigmas differ by more lie on two surfaces."""

BANDS = 6
"""Groups of depth, each of which goes on by itself behind what is nearer."""

REACH_SIGMAS = 4.0
"""How far past an edge a Gaussian lens sees: one point in 30,000 comes from beyond."""


def complete_behind(
    colour: Stack, signed_sigma_px: NDArray[np.float32]
) -> tuple[Stack, NDArray[np.float32]]:
    """Continue what lies behind each depth edge under the occluder.

    A hidden pixel takes the sigma of the nearest far side of an edge, and the colour at its mirror
    image in that edge, so that texture goes on rather than being smeared.

    Args:
        colour: 3 x H x W.
        signed_sigma_px: H x W, rising with depth.

    Returns:
        Colour and alpha (1 where something was completed, else 0) as 4 x H x W, colour times alpha;
        and the signed sigma of the hidden surface, H x W, equal to the input where alpha is 0.
    """
    sigma = signed_sigma_px
    hidden = np.zeros((4, *sigma.shape), np.float32)
    behind = sigma.copy()
    far_side = sigma - minimum_filter(sigma, size=3) > EDGE_STEP_PX
    if not far_side.any():
        return hidden, behind
    place = np.array(np.indices(sigma.shape, dtype=np.int32))
    nearest = np.full(sigma.shape, np.inf)
    limits = np.unique(np.quantile(sigma[far_side], np.linspace(0, 1, BANDS + 1)))
    bands = np.digitize(sigma, limits[1:-1])
    for band in range(BANDS):
        seeds = far_side & (bands == band)
        if not seeds.any():
            continue
        distance, seed = cast(
            "tuple[NDArray[np.float64], NDArray[np.int32]]",
            distance_transform_edt(~seeds, return_indices=True),
        )
        beyond = sigma[seed[0], seed[1]]
        reach = REACH_SIGMAS * np.maximum(np.abs(sigma), np.abs(beyond)) + 2
        better = (beyond - sigma > EDGE_STEP_PX) & (distance < np.minimum(reach, nearest))
        nearest[better] = distance[better]
        across, beyond = seed[:, better], beyond[better]
        behind[better] = beyond
        # Mirrored in the seed rather than in the edge: this skips the rim, whose colours are mixed.
        last = np.array(sigma.shape)[:, np.newaxis] - 1
        mirrored = np.clip(2 * across - place[:, better], 0, last)
        # Where the mirror image lies on another surface, the seed itself must do.
        same = np.abs(sigma[*mirrored] - beyond) <= EDGE_STEP_PX
        hidden[:3, better] = colour[:, *np.where(same, mirrored, across)]
        hidden[3, better] = 1
    return hidden, behind
