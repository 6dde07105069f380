"""B and its auxiliary heads of each variant."""

from dmenet.networks.blocks import Variant
from dmenet.networks.blur_estimation import AuxiliaryHeads, BlurEstimator, BlurNetwork
from dmenet.networks.mobile import MobileAuxiliaryHeads, MobileBlurEstimator


def blur_estimator(width: float = 1.0, variant: Variant = "official") -> BlurNetwork:
    """B of a variant, as training starts from it."""
    return MobileBlurEstimator(width) if variant == "mobile" else BlurEstimator(width, variant)


def auxiliary_heads(
    width: float = 1.0, variant: Variant = "official"
) -> AuxiliaryHeads | MobileAuxiliaryHeads:
    """The heads for B of the same width and variant."""
    return MobileAuxiliaryHeads(width) if variant == "mobile" else AuxiliaryHeads(width, variant)
