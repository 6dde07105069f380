"""The Python API: a model is loaded once and called with photographs."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any, overload

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as PillowImage
from tqdm import tqdm

from dmenet.errors import InputError, check_number
from dmenet.estimators.dmenet import DMENetEstimator
from dmenet.images.given import Photograph, image_of
from dmenet.images.maps import write_map
from dmenet.networks.precision import Precision
from dmenet.networks.scales import Scales
from dmenet.sample import Image, Map


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """How blurred the pixels of a photograph are.

    Shown in a notebook, it is the photograph and the map side by side.

    Attributes:
        image: the photograph as it was estimated: upright, H x W x 3, RGB in [0, 1], float32.
        sigma_px: Gaussian sigma of the blur at every pixel in px, H x W, float32; 0 is sharp.
        name: of the file; empty where the photograph had none.
    """

    image: Image
    sigma_px: Map
    name: str = ""

    def mask(self, threshold_px: float = 1.0) -> NDArray[np.bool_]:
        """Where the photograph is blurred, H x W: the sigma is over a threshold.

        Args:
            threshold_px: at least 0.

        Raises:
            InputError: it is not.
        """
        check_number("threshold_px", threshold_px, least=0)
        return np.asarray(self.sigma_px > threshold_px)

    def preview(self, shown_up_to_px: float | None = None) -> PillowImage.Image:
        """The photograph beside its map, with a scale in px.

        Args:
            shown_up_to_px: sigma of the brightest colour; None takes one that fits the map.
        """
        return PillowImage.open(BytesIO(self._png(shown_up_to_px)))

    def save(self, path: str | Path) -> None:
        """Write the map in px as ``.npy`` or ``.tiff``, both float32, or the preview as ``.png``.

        Raises:
            InputError: the suffix is another, or the file cannot be written.
        """
        path = Path(path).expanduser()
        if path.suffix.lower() == ".png":
            from dmenet.images.preview import write_preview

            write_preview(path, self.image, self.sigma_px)
        else:
            write_map(path, self.sigma_px)

    def __repr__(self) -> str:
        """One line: the size, and the blur from the least over the median to the greatest."""
        height, width = self.sigma_px.shape
        low, middle, high = np.quantile(self.sigma_px, [0, 0.5, 1])
        name = f"{self.name}: " if self.name else ""
        return f"<{name}{width} x {height} px, blur σ {low:.2f} … {middle:.2f} … {high:.2f} px>"

    def _repr_png_(self) -> bytes:
        return self._png(None)

    def _repr_html_(self) -> str:
        picture = b64encode(self._png(None)).decode()
        caption = escape(repr(self)[1:-1])
        return (
            f'<figure><img src="data:image/png;base64,{picture}" style="max-width:100%" '
            f'alt="photograph and blur"/><figcaption>{caption}</figcaption></figure>'
        )

    def _png(self, shown_up_to_px: float | None) -> bytes:
        from dmenet.images.preview import preview

        if shown_up_to_px is not None:
            check_number("shown_up_to_px", shown_up_to_px, over=0)
        return preview(self.image, self.sigma_px, shown_up_to_px)


class Model:
    """Weights, ready to estimate; see ``dmenet.load`` for the arguments."""

    def __init__(
        self,
        weights: str | Path = "mobile",
        *,
        device: str | torch.device | None = None,
        precision: Precision = "float32",
        tile: int | None = None,
        scales: Scales = "auto",
        working_size: int | None = None,
    ) -> None:
        there = None if device is None else _device(device)
        self.estimator = DMENetEstimator.from_checkpoint(
            weights,
            precision=precision,
            tile=tile,
            scales=scales,
            working_size=working_size,
            device=there,
        )

    @overload
    def __call__(self, photograph: Photograph) -> Result: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, photograph: Sequence[Photograph]) -> list[Result]: ...
    def __call__(self, photograph: Photograph | Sequence[Photograph]) -> Result | list[Result]:
        """Estimate a photograph, or several.

        Args:
            photograph: a path, an array (H x W x 3, or H x W if grey; uint8, uint16, or floats in
                [0, 1]), a picture of Pillow's, or a tensor (3 x H x W); or a list of these, of any
                sizes, or a batch: an array N x H x W x 3 or a tensor N x 3 x H x W.

        Returns:
            A result, or a list of them.

        Raises:
            InputError: a file cannot be read, or what was given is no photograph.
        """
        several = _several(photograph)
        if several is None:
            return self._one(photograph)  # type: ignore[arg-type]  # what else it is, is refused
        bar = tqdm(several, unit="photograph", disable=None if len(several) > 1 else True)
        return [self._one(each) for each in bar]

    def _one(self, photograph: Photograph) -> Result:
        image = image_of(photograph)
        name = Path(photograph).name if isinstance(photograph, str | Path) else ""
        return Result(image, self.estimator(image).sigma_px, name)


def _several(photograph: Any) -> Sequence[Any] | None:
    """The photographs one by one where several were given."""
    if isinstance(photograph, np.ndarray | torch.Tensor):
        return list(photograph) if photograph.ndim == 4 else None
    is_list = isinstance(photograph, Iterable) and not isinstance(photograph, str)
    return list(photograph) if is_list else None


def _device(name: str | torch.device) -> torch.device:
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(
            f"device={name}: cannot be used here: {reason}. Expected cpu, cuda or cuda:1"
        ) from error
    return device
