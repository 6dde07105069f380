"""The LightningModule of DMENet and its callbacks."""

from dmenet.training.module import DMENet

__all__ = ["DMENet"]
