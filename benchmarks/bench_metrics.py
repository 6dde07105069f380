"""Time and memory of the protocols on photographs: python benchmarks/bench_metrics.py."""

import resource
import time

import numpy as np
import torch
from scipy.ndimage import gaussian_filter

from dmenet.metrics.pooled import pooled_scores, score_counts
from dmenet.metrics.protocols import CuhkProtocol, RtfProtocol, SyndofProtocol
from dmenet.sample import Sample

IMAGES = 1000
SHAPE = (480, 640)


def main() -> None:
    torch.set_num_threads(1)
    sigma_px, sample = made()
    print(f"CPU seconds an image of {SHAPE[1]} x {SHAPE[0]}, one thread:")
    for protocol in (SyndofProtocol(), RtfProtocol(), CuhkProtocol()):
        protocol.score(sigma_px, sample)
        start = time.process_time()
        for _ in range(5):
            protocol.score(sigma_px, sample)
            protocol.counts(sigma_px, sample)
        print(f"  {protocol.name}: {(time.process_time() - start) / 5:.3f}")

    maps = torch.from_numpy(sigma_px / 7)[None, None], torch.from_numpy(sample["mask"])[None, None]
    counts = score_counts(*maps)
    before, start = peak_mib(), time.process_time()
    for _ in range(IMAGES - 1):
        counts += score_counts(*maps)
    pooled_scores(counts)
    print(
        f"pooled average precision of {IMAGES} images: {time.process_time() - start:.1f} CPU s, "
        f"peak memory from {before:.0f} to {peak_mib():.0f} MiB"
    )


def made() -> tuple[np.ndarray, Sample]:
    """A smooth map and a mask that is roughly where it is large."""
    rng = np.random.default_rng(0)
    smooth = gaussian_filter(rng.random(SHAPE), 5)
    sigma_px = (7 * (smooth - smooth.min()) / np.ptp(smooth)).astype(np.float32)
    return sigma_px, {
        "name": "made",
        "image": rng.random((*SHAPE, 3), np.float32),
        "sigma_px": sigma_px,
        "defocus": sigma_px / 7,
        "mask": (sigma_px + rng.normal(0, 0.5, SHAPE) > 3).astype(np.float32),
    }


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
