"""The four subnetworks, B, D, C and S: plain torch modules without Lightning or I/O."""

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
from dmenet.networks.variants import auxiliary_heads, blur_estimator

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
