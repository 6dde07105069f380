"""B on images of any size: padded to what it takes, and in parts where memory is short."""

from collections.abc import Callable
from typing import NamedTuple, get_args

import torch
from torch import Tensor

from dmenet.errors import InputError, check_number
from dmenet.networks.blur_estimation import BlurNetwork
from dmenet.networks.folding import folded
from dmenet.networks.precision import Precision, dtype_of
from dmenet.networks.reach import reach_of
from dmenet.networks.scales import Scales, enlarged, estimate_at_scales, reduced
from dmenet.tiles import Box, Tile, area, batches, divided, placed, tiles, whole
from dmenet.units import Unit, sigma_px_from_map

TILE = 4096
"""Images with a longer side are estimated in tiles of this side. 12 megapixels are one tile."""

FINE_TILE = {torch.float32: 640, torch.bfloat16: 1024}
"""The side of tiles inside a tile, for the parts of B that look at a small neighbourhood: larger
ones overlap less and need more memory."""

TILES_AT_ONCE = 4
"""Of ``FINE_TILE``, on a GPU, which one of them does not fill. A CPU is full with one."""

COARSE_SHARE = 0.35
"""Of the work on a tile, roughly, for progress bars."""

Report = Callable[[float], None]
"""Called now and then with the share of the work that was done since; the shares add up to 1."""


def _silent(share: float) -> None:
    """Report to nobody."""


class Padding(NamedTuple):
    """How images are padded for a network that is no torch module; see ``BlurNetwork``."""

    margin: int
    size_multiple: int


def pad(image: Tensor, network: BlurNetwork | Padding) -> Tensor:
    """N x 3 x H x W, grown to the sizes that a network takes, with its margin at every border."""
    height, width = image.shape[-2:]
    margin, multiple = network.margin, network.size_multiple
    below, right = margin + -height % multiple, margin + -width % multiple
    if margin and below < height and right < width:
        return torch.nn.functional.pad(image, (margin, right, margin, below), mode="reflect")
    return torch.nn.functional.pad(image, (margin, right, margin, below), mode="replicate")


def crop(padded: Tensor, image: Tensor, network: BlurNetwork | Padding) -> Tensor:
    """Of a map of ``pad(image, network)``, what belongs to ``image``."""
    margin = network.margin
    return padded[..., margin : margin + image.shape[-2], margin : margin + image.shape[-1]]


def estimate_any_size(network: BlurNetwork, image: Tensor) -> Tensor:
    """The defocus map of images of any size, with gradients, in one pass.

    Args:
        network: B.
        image: N x 3 x H x W, RGB in [0, 1].

    Returns:
        N x 1 x H x W in [0, 1].
    """
    return crop(network(pad(image, network)).defocus, image, network)


class DefocusInference:
    """A trained B, made ready to estimate photographs of any size fast and in bounded memory.

    The map is that of ``estimate_any_size`` up to rounding: tiles leave no seams. Where B looks at
    a small neighbourhood, it is run in small tiles; where it looks far, on everything at a quarter
    of the size.

    Args:
        network: B; it is copied.
        unit: what its map values mean.
        precision: ``float32`` is exact to 1e-5 on a CPU (on a GPU from Ampere on only with
            ``torch.backends.cudnn.allow_tf32 = False``, which is not torch's default);
            ``bfloat16`` is several times faster on processors that have it, and many times slower
            on others; ``auto`` asks the processor.
        tile: px, a multiple of ``network.size_multiple``; the knob of memory. None takes ``TILE``.
        scales: ``one``: a map of at most 7 px, what the network knows; ``auto``: sizes are halved
            as often as there is more blur, see ``dmenet.networks.scales``.
        working_size: px: larger images are reduced to this longest side first. None: none is.
        device: None takes the GPU where there is one.

    Attributes:
        dtype: of weights and features, as ``precision`` was understood.
        fine_tile: side of the small tiles, a multiple of ``network.size_multiple``.
        tiles_at_once: so many of the small tiles make a batch.

    Raises:
        InputError: an argument is none of these.
    """

    def __init__(
        self,
        network: BlurNetwork,
        unit: Unit,
        *,
        precision: Precision = "float32",
        tile: int | None = None,
        scales: Scales = "one",
        working_size: int | None = None,
        device: torch.device | str | None = None,
    ) -> None:
        multiple = network.size_multiple
        self.tile = TILE if tile is None else tile
        check_number("tile", self.tile, least=multiple, whole=True, multiple_of=multiple)
        if scales not in get_args(Scales):
            raise InputError(f"scales={scales}: expected one of {list(get_args(Scales))}")
        if working_size is not None:
            check_number("working_size", working_size, least=1, whole=True)
        self.scales: Scales = scales
        self.working_size = working_size
        self.unit: Unit = unit
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.tiles_at_once = 1 if self.device.type == "cpu" else TILES_AT_ONCE
        self.dtype = dtype_of(precision, self.device)
        self.fine_tile = FINE_TILE[self.dtype]
        self.factor = network.coarse_factor or multiple
        self.reach = reach_of(network)
        self.network = folded(network, self.dtype).to(self.device)

    def __call__(self, image: Tensor, report: Report = _silent) -> Tensor:
        """Estimate how blurred images are.

        Args:
            image: N x 3 x H x W, RGB in [0, 1], on any device.
            report: see ``Report``.

        Returns:
            N x 1 x H x W on the CPU: Gaussian sigma in px, float32.
        """
        height, width = image.shape[-2:]
        smaller = reduced(image, self.working_size or max(height, width))
        left = 1.0

        def estimate(picture: Tensor, share: float) -> Tensor:
            nonlocal left
            left -= share
            map_ = self.map(picture, _part(report, share))
            sigma_px: Tensor = sigma_px_from_map(map_, self.unit)
            return sigma_px

        if self.scales == "auto":
            sigma_px = estimate_at_scales(estimate, smaller)
        else:
            sigma_px = estimate(smaller, 1.0)
        report(left)
        if smaller is image:
            return sigma_px
        return enlarged(sigma_px, height, width) * (max(height, width) / max(smaller.shape[-2:]))

    @torch.inference_mode()
    def map(self, image: Tensor, report: Report = _silent) -> Tensor:
        """The network's own map values in [0, 1], at the image's own size; else as ``__call__``."""
        padded = pad(image, self.network)
        all_of_it = whole(padded.shape)
        defocus = torch.empty(len(image), 1, *padded.shape[-2:])
        for tile in tiles(all_of_it, padded.shape, self.tile, self.reach.whole):
            seen = padded[(..., *tile.seen)].to(self.device)
            share = area(tile.part) / area(all_of_it)
            self._estimate(seen, tile, defocus, _part(report, share))
        return crop(defocus, image, self.network)

    def _estimate(self, image: Tensor, tile: Tile, defocus: Tensor, report: Report) -> None:
        """Fill in a tile of the map; ``image`` is what it sees."""
        coarse = self._coarse(image, _part(report, COARSE_SHARE))
        small = tiles(tile.inside, image.shape, self.fine_tile, self.reach.fine)
        for group in batches(small, self.tiles_at_once):
            near = _stacked(image, [fine.seen for fine in group])
            far = _stacked(coarse, [divided(fine.seen, self.factor) for fine in group])
            maps = self.network.fine(near, far).chunk(len(group))
            for fine, seen in zip(group, maps, strict=True):
                defocus[(..., *placed(fine.part, tile.seen))] = seen[(..., *fine.inside)]
                report((1 - COARSE_SHARE) * area(fine.part) / area(tile.part))

    def _coarse(self, image: Tensor, report: Report) -> Tensor:
        """The last coarse stage of the whole of ``image``."""
        network, factor = self.network, self.factor
        height, width = image.shape[-2:]
        features: Tensor | None = None
        small = tiles(whole(image.shape), image.shape, self.fine_tile, self.reach.coarse_input)
        for group in batches(small, self.tiles_at_once):
            parts = network.coarse_input(_stacked(image, [tile.seen for tile in group]))
            if features is None:
                size = (len(image), parts.shape[1], height // factor, width // factor)
                features = _last(parts.new_empty(size))
            for tile, part in zip(group, parts.chunk(len(group)), strict=True):
                inside = part[(..., *divided(tile.inside, factor))]
                features[(..., *divided(tile.part, factor))] = inside
                report(area(tile.part) / (height * width) / 2)
        assert features is not None
        stages = network.coarse(features)
        report(1 / 2)
        return stages[-1]


def _part(report: Report, share: float) -> Report:
    """What reports on a part of the work, which is a share of the whole."""
    return lambda done: report(share * done)


def _stacked(x: Tensor, boxes: list[Box]) -> Tensor:
    """Equal parts of N x C x H x W, one after the other along the first axis."""
    return _last(torch.cat([x[(..., *box)] for box in boxes]))


def _last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)
