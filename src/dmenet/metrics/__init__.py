"""torchmetrics for defocus maps and blur masks."""
