"""The four subnetworks, B, D, C and S: plain torch modules without Lightning or I/O."""

from dmenet.networks.blur_estimation import AuxiliaryHeads, BlurEstimate, BlurEstimator
from dmenet.networks.content_preservation import ContentFeatures
from dmenet.networks.domain_adaptation import PatchDiscriminator
from dmenet.networks.sharpness_calibration import DirectCalibrator, SharpnessCalibrator

__all__ = [
    "AuxiliaryHeads",
    "BlurEstimate",
    "BlurEstimator",
    "ContentFeatures",
    "DirectCalibrator",
    "PatchDiscriminator",
    "SharpnessCalibrator",
]
