"""The four subnetworks, B, D, C and S: plain torch modules without Lightning or I/O."""

from dmenet.networks.blocks import Variant
from dmenet.networks.blur_estimation import (
    AuxiliaryHeads,
    BlurEstimate,
    BlurEstimator,
    BlurNetwork,
)
from dmenet.networks.content_preservation import ContentFeatures, EfficientNetContentFeatures
from dmenet.networks.domain_adaptation import PatchDiscriminator
from dmenet.networks.mobile import MobileAuxiliaryHeads, MobileBlurEstimator
from dmenet.networks.sharpness_calibration import (
    DirectCalibrator,
    SharpnessCalibrator,
)

__all__ = [
    "AuxiliaryHeads",
    "BlurEstimate",
    "BlurEstimator",
    "BlurNetwork",
    "ContentFeatures",
    "DirectCalibrator",
    "EfficientNetContentFeatures",
    "MobileAuxiliaryHeads",
    "MobileBlurEstimator",
    "PatchDiscriminator",
    "SharpnessCalibrator",
    "auxiliary_heads",
    "blur_estimator",
]


def blur_estimator(width: float = 1.0, variant: Variant = "official") -> BlurNetwork:
    """B of a variant, as training starts from it."""
    return MobileBlurEstimator(width) if variant == "mobile" else BlurEstimator(width, variant)


def auxiliary_heads(
    width: float = 1.0, variant: Variant = "official"
) -> AuxiliaryHeads | MobileAuxiliaryHeads:
    """The heads for B of the same width and variant."""
    return MobileAuxiliaryHeads(width) if variant == "mobile" else AuxiliaryHeads(width, variant)
