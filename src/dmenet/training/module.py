"""The LightningModule: B, D, C and S, trained together by hand-ordered steps."""

from collections.abc import Mapping
from contextlib import nullcontext
from functools import partial
from typing import Any, Literal, cast

import pytorch_lightning as pl
import torch
from pytorch_lightning.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torchmetrics import Metric

from dmenet import losses
from dmenet.data.sampling import is_within_epoch
from dmenet.errors import InputError
from dmenet.metrics.detection import BlurDetection
from dmenet.metrics.regression import DefocusMapErrors
from dmenet.networks import (
    AuxiliaryHeads,
    BlurEstimate,
    BlurNetwork,
    ContentFeatures,
    DirectCalibrator,
    EfficientNetContentFeatures,
    MobileAuxiliaryHeads,
    PatchDiscriminator,
    SharpnessCalibrator,
)
from dmenet.networks.inference import estimate_any_size
from dmenet.ranges import Count, NotNegative, Positive, Whole
from dmenet.training.optimisation import (
    FLOAT16,
    PlaceInStep,
    checked_gradient_norm,
    loss_scale_kept,
    parameter_groups,
    place_in_step,
    warm_cosine,
)
from dmenet.units import Unit
from dmenet.weights.checkpoint import DESCRIPTION_KEY, describe

Batch = Mapping[str, Mapping[str, Tensor]]
"""Per domain ("synthetic", "real", "unlabelled"): image, and defocus or mask where known."""

LOSSES = (
    "defocus",
    "auxiliary",
    "content",
    "sharpness",
    "adversarial",
    "discriminator",
    "reblurring",
)
REGRESSION_LOSSES = {"squared": losses.defocus_loss, "charbonnier": losses.charbonnier_loss}
REBLURRED = "reblurred"


class DMENet(pl.LightningModule):
    """DMENet's training (paper Section 4): B always, the other parts where given.

    A part that is None does not exist: its loss is not computed and the domains that only it needs
    are not loaded.

    Args:
        blur_estimation: B.
        auxiliary: its auxiliary heads.
        domain_adaptation: D.
        content_preservation: C.
        sharpness_calibration: S.
        unit: what the map values mean (``dmenet.units``); stored in every checkpoint.
        loss_weights: weight of each of ``LOSSES``. Where "reblurring" is over 0, unlabelled
            photographs are looked at twice, the second time blurred further (unit sigma7 only).
        regression_loss: of the map and its heads: ``squared`` (the paper) or ``charbonnier``.
        learning_rate: of both Adam optimisers.
        encoder_learning_rate: of B's encoder; None: the same.
        schedule: ``steps``, or ``cosine`` to 1 % of the rate at the end of the run, which must then
            be bounded by epochs or steps.
        decay_factor, decay_every_epochs: of ``steps``: the rate is multiplied by the factor every
            so many epochs.
        warm_up_steps: of ``cosine``: so many steps at the start the rate grows linearly.
        accumulate_batches: so many batches share a step, fewer at the end of an epoch. All but the
            last of them meet D as it was before the step.
        batch_norm: whether the domains of a step pass through B's batch norm ``separately``, each
            with its own statistics (the paper), or ``together`` as one batch, whose statistics are
            then much like the averages that a trained B uses.
        clip_gradient_norm: the norm that each optimiser's gradient is scaled down to; None leaves
            it alone.
    """

    def __init__(
        self,
        blur_estimation: BlurNetwork,
        *,
        unit: Unit,
        loss_weights: Mapping[str, NotNegative],
        auxiliary: AuxiliaryHeads | MobileAuxiliaryHeads | None = None,
        domain_adaptation: PatchDiscriminator | None = None,
        content_preservation: ContentFeatures | EfficientNetContentFeatures | None = None,
        sharpness_calibration: SharpnessCalibrator | DirectCalibrator | None = None,
        regression_loss: Literal["squared", "charbonnier"] = "squared",
        learning_rate: Positive = 1e-4,
        encoder_learning_rate: Positive | None = None,
        schedule: Literal["steps", "cosine"] = "steps",
        warm_up_steps: Whole = 0,
        decay_factor: Positive = 0.8,
        decay_every_epochs: Count = 20,
        accumulate_batches: Count = 1,
        batch_norm: Literal["separately", "together"] = "separately",
        clip_gradient_norm: Positive | None = None,
    ) -> None:
        super().__init__()
        if set(loss_weights) != set(LOSSES):
            raise InputError(
                f"model.loss_weights names {sorted(loss_weights)}: expected exactly {list(LOSSES)}"
            )
        if loss_weights["reblurring"] and unit != "sigma7":
            raise InputError(f"model.loss_weights.reblurring needs unit sigma7, not {unit}")
        self.automatic_optimization = False
        self.blur_estimation = blur_estimation
        self.auxiliary = auxiliary
        self.domain_adaptation = domain_adaptation
        self.content_preservation = content_preservation
        self.sharpness_calibration = sharpness_calibration
        self.unit = unit
        self.loss_weights = dict(loss_weights)
        self.regression_loss = REGRESSION_LOSSES[regression_loss]
        self.learning_rate = learning_rate
        self.encoder_learning_rate = encoder_learning_rate
        self.schedule = schedule
        self.warm_up_steps = warm_up_steps
        self.decay_factor = decay_factor
        self.decay_every_epochs = decay_every_epochs
        self.accumulate_batches = accumulate_batches
        self.batch_norm = batch_norm
        self.clip_gradient_norm = clip_gradient_norm

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains that the parts learn from; no other is loaded."""
        weights = self.loss_weights
        real = self.domain_adaptation or self.sharpness_calibration
        unlabelled = self.domain_adaptation or weights["reblurring"]
        return ("synthetic", *(["real"] if real else []), *(["unlabelled"] if unlabelled else []))

    def configure_optimizers(self) -> tuple[list[torch.optim.Optimizer], list[Any]]:
        """Adam for B, its heads and S; another for D."""
        main = [self.blur_estimation, self.auxiliary, self.sharpness_calibration]
        groups = parameter_groups(main)
        if self.encoder_learning_rate is not None:
            encoder = cast("nn.Module", self.blur_estimation.encoder)
            groups = parameter_groups(main, encoder, self.encoder_learning_rate)
        optimisers: list[torch.optim.Optimizer] = [torch.optim.Adam(groups, lr=self.learning_rate)]
        if self.domain_adaptation is not None:
            groups = parameter_groups([self.domain_adaptation])
            optimisers.append(torch.optim.Adam(groups, lr=self.learning_rate))
        return optimisers, [self._scheduler(optimiser) for optimiser in optimisers]

    def _scheduler(self, optimiser: torch.optim.Optimizer) -> Any:
        if self.schedule == "steps":
            return torch.optim.lr_scheduler.StepLR(
                optimiser, self.decay_every_epochs, self.decay_factor
            )
        batches, limit = self.trainer.estimated_stepping_batches, self.trainer.max_steps
        steps = batches / self.accumulate_batches if limit == -1 else min(batches, limit)
        rate = partial(warm_cosine, steps=steps, warm_up_steps=self.warm_up_steps)
        return torch.optim.lr_scheduler.LambdaLR(optimiser, rate)

    def training_step(self, batch: Batch, batch_idx: int) -> None:
        """One forward of B per domain; D on detached features; then B and S against the new D."""
        main, *rest = self._optimisers()
        place = place_in_step(self.trainer, batch_idx, self.accumulate_batches)
        self.toggle_optimizer(main)
        estimates = self._estimates(batch)
        self.untoggle_optimizer(main)
        logged: dict[str, Tensor] = {}
        if self.domain_adaptation is not None:
            (adversary,) = rest
            self._do_not_count_steps(adversary)
            self.toggle_optimizer(adversary)
            logged |= self._step(adversary, self._discriminator_losses(estimates), place)
            self.untoggle_optimizer(adversary)
        self.toggle_optimizer(main)
        logged |= self._step(main, self._main_losses(batch, estimates), place)
        self.untoggle_optimizer(main)
        self.log_dict({f"train/{name}": value for name, value in logged.items()})
        self.log("loss", logged["total"], prog_bar=True, logger=False)
        if self.schedule == "cosine" and place.ends:
            self._step_schedulers()

    def _estimates(self, batch: Batch) -> dict[str, BlurEstimate]:
        images = {domain: batch[domain]["image"] for domain in self.domains}
        if self.loss_weights["reblurring"]:
            if REBLURRED not in batch["unlabelled"]:
                raise InputError("model.loss_weights.reblurring needs data.reblur=true")
            images[REBLURRED] = batch["unlabelled"][REBLURRED]
        if self.batch_norm == "separately":
            return {domain: self.blur_estimation(image) for domain, image in images.items()}
        sizes = [len(image) for image in images.values()]
        defocus, stages = self.blur_estimation(torch.cat(list(images.values())))
        of_stages = zip(*(stage.split(sizes) for stage in stages), strict=True)
        parts = zip(images, defocus.split(sizes), of_stages, strict=True)
        return {domain: BlurEstimate(map_, of_domain) for domain, map_, of_domain in parts}

    def _optimisers(self) -> list[LightningOptimizer]:
        optimisers = self.optimizers()
        return optimisers if isinstance(optimisers, list) else [optimisers]

    def _do_not_count_steps(self, optimiser: LightningOptimizer) -> None:
        """Keep ``global_step`` the number of batches: Lightning counts every optimiser's steps."""
        profiler = cast("Any", self.trainer).profiler
        optimiser._on_before_step = partial(profiler.start, "optimizer_step")
        optimiser._on_after_step = partial(profiler.stop, "optimizer_step")

    def _discriminator_losses(self, estimates: Mapping[str, BlurEstimate]) -> dict[str, Tensor]:
        assert self.domain_adaptation is not None
        logits = [
            self.domain_adaptation(estimates[domain].feature.detach())
            for domain in ("synthetic", "real", "unlabelled")
        ]
        return {"discriminator": losses.discriminator_loss(*logits)}

    def _main_losses(
        self, batch: Batch, estimates: Mapping[str, BlurEstimate]
    ) -> dict[str, Tensor]:
        synthetic, truth = estimates["synthetic"], batch["synthetic"]["defocus"]
        terms = {"defocus": self.regression_loss(synthetic.defocus, truth)}
        if self.auxiliary is not None:
            maps = self.auxiliary(synthetic.stages)
            terms["auxiliary"] = losses.auxiliary_loss(maps, truth, self.regression_loss)
        if self.content_preservation is not None:
            with torch.no_grad():
                true_features = self.content_preservation(truth)
            features = self.content_preservation(synthetic.defocus)
            terms["content"] = losses.content_loss(features, true_features)
        if self.sharpness_calibration is not None:
            logits = self.sharpness_calibration(estimates["real"].defocus)
            terms["sharpness"] = losses.sharpness_loss(logits, batch["real"]["mask"])
        if self.domain_adaptation is not None:
            terms["adversarial"] = losses.adversarial_loss(
                self.domain_adaptation(estimates["real"].feature),
                self.domain_adaptation(estimates["unlabelled"].feature),
            )
        if REBLURRED in estimates:
            terms["reblurring"] = losses.reblurring_loss(
                estimates["unlabelled"].defocus,
                estimates[REBLURRED].defocus,
                batch["unlabelled"]["added_sigma_px"],
            )
        return terms

    def _step(
        self, optimiser: LightningOptimizer, terms: dict[str, Tensor], place: PlaceInStep
    ) -> dict[str, Tensor]:
        """Update by the weighted sum of ``terms``; returns them, for B and S with their "total"."""
        total = torch.stack([self.loss_weights[name] * term for name, term in terms.items()]).sum()
        if place.begins:
            optimiser.zero_grad()
        self.manual_backward(total / place.size)
        others_follow = "discriminator" in terms
        if place.ends:
            parameters = [p for group in optimiser.param_groups for p in group["params"]]
            norm = checked_gradient_norm(parameters, terms, self.trainer)
            if self.clip_gradient_norm is not None:
                nn.utils.clip_grads_with_norm_(parameters, self.clip_gradient_norm, norm)
            with loss_scale_kept(self.trainer) if others_follow else nullcontext():
                optimiser.step()
        values = {name: term.detach() for name, term in terms.items()}
        return values if others_follow else values | {"total": total.detach()}

    def on_train_epoch_end(self) -> None:
        """Log the epoch's rate, then step the schedulers, which Lightning leaves to us here."""
        if is_within_epoch(self.trainer):
            return  # a limit of steps or time ends the run here
        self.log("learning_rate", self._optimisers()[0].param_groups[0]["lr"])
        if self.schedule == "steps":
            self._step_schedulers()

    def _step_schedulers(self) -> None:
        schedulers = self.lr_schedulers() or []
        for scheduler in schedulers if isinstance(schedulers, list) else [schedulers]:
            scheduler.step()  # type: ignore[call-arg]

    def setup(self, stage: str) -> None:
        """Lay tensors channels last, which is faster, and make the metrics of each validation set.

        Raises:
            InputError: clipping in float16, where gradients are scaled until they are applied.
        """
        if self.trainer.precision == FLOAT16 and self.clip_gradient_norm is not None:
            raise InputError(
                f"model.clip_gradient_norm does not go with trainer.precision={FLOAT16}: take "
                "bf16-mixed or 32-true, or clip nothing"
            )
        self.to(memory_format=torch.channels_last)
        names = self.trainer.datamodule.validation_sets  # type: ignore[attr-defined]
        self.validation_sets = list(names)
        self.map_errors = nn.ModuleDict({name: DefocusMapErrors() for name in names})
        self.detection = nn.ModuleDict({name: BlurDetection() for name in names})

    def on_validation_epoch_start(self) -> None:
        """Give every process rank 0's batch-norm statistics, which are those that are saved.

        DistributedDataParallel would do it before its first forward alone, and wait there for
        processes that have no image to validate on.
        """
        if self.trainer.world_size > 1:
            if isinstance(self.trainer.model, DistributedDataParallel):
                self.trainer.model.require_forward_param_sync = False
            for buffer in self.blur_estimation.buffers():
                torch.distributed.broadcast(buffer, src=0)

    def validation_step(
        self, batch: Mapping[str, Tensor], batch_idx: int, dataloader_idx: int = 0
    ) -> Tensor:
        """Compare B's map with what the set knows: the map, the mask or both; returns B's map."""
        name = self.validation_sets[dataloader_idx]
        defocus = estimate_any_size(self.blur_estimation, batch["image"])
        for metrics, key in ((self.map_errors, "defocus"), (self.detection, "mask")):
            if key in batch:
                cast("Metric", metrics[name]).update(defocus, batch[key])
        return defocus

    def on_validation_epoch_end(self) -> None:
        """Log ``val/<set>/<metric>``, over the images of all processes."""
        for metrics in (self.map_errors, self.detection):
            for name, module in metrics.items():
                metric = cast("Metric", module)
                # `compute` waits for the other processes: all of them call it, or none.
                if self.trainer.strategy.reduce_boolean_decision(metric.update_called, all=False):
                    self.log_dict({f"val/{name}/{k}": v for k, v in metric.compute().items()})
                    metric.reset()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Raise ``InputError`` if a checkpoint has entries of other names."""
        if checkpoint["state_dict"].keys() != self.state_dict().keys():
            raise InputError(
                f"{self.trainer.ckpt_path}: its weights have other names, so that another version "
                "of dmenet wrote it: resume the run with that one, or train in another folder "
                "(hydra.run.dir=...)"
            )

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Describe B, so that its weights can be used without the configuration of the run."""
        checkpoint[DESCRIPTION_KEY] = describe(self.blur_estimation, self.unit)
