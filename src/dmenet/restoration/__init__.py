"""What a sigma map is good for: deblurring, all in focus, refocus, masks, sorting by sharpness.

>>> import numpy as np
>>> from dmenet.restoration import all_in_focus
>>> image = np.full((32, 48, 3), 0.5, np.float32)  # H x W x 3, RGB in [0, 1]
>>> sigma_px = np.full((32, 48), 1.5, np.float32)  # as of model(image).sigma_px
>>> all_in_focus(image, sigma_px).shape
(32, 48, 3)
"""

from dmenet.restoration.deblurring import all_in_focus, deblur
from dmenet.restoration.masks import blurred_mask
from dmenet.restoration.refocusing import magnify, refocus
from dmenet.restoration.sharpness import Sharpness, sharpness

__all__ = [
    "Sharpness",
    "all_in_focus",
    "blurred_mask",
    "deblur",
    "magnify",
    "refocus",
    "sharpness",
]
