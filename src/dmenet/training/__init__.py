"""The LightningModule of DMENet and its callbacks."""
