"""The commands, run as a user runs them, in a temporary folder."""

import csv
import signal
import time
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from dmenet.run_file import read_run
from forked import Command

NARROW = "model.blur_estimation.width=0.03"
FAKE = "data.generate._target_=fake_embedded.generate"
SHORT = (
    "trainer.max_epochs=2",
    "trainer.check_val_every_n_epoch=1",
    "trainer.log_every_n_steps=1",
    "data.crop=32",
    "data.batch_size=4",
)


class Workplace:
    """An empty folder to run commands in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self, command: str, *overrides: str) -> Command:
        environment = {
            "DMENET_CACHE": str(self.folder / "cache"),
            "WANDB_DIR": str(self.folder),
            "WANDB_MODE": "offline",
        }
        return Command(self.folder, command, *overrides, environment=environment)

    def run(self, command: str, *overrides: str) -> CompletedProcess[str]:
        return self.start(command, *overrides).wait()

    def succeed(self, command: str, *overrides: str) -> str:
        done = self.run(command, *overrides)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert "Warning" not in done.stderr, done.stderr
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    return Workplace(tmp_path_factory.mktemp("workplace"))


@pytest.fixture(scope="module")
def trained(workplace: Workplace) -> Path:
    """The checkpoint of a short run of the whole of DMENet."""
    workplace.succeed("train", NARROW, FAKE, *SHORT, "hydra.run.dir=run")
    return workplace.folder / "run/checkpoints/last.ckpt"


def test_training_leaves_what_its_user_needs(workplace: Workplace, trained: Path) -> None:
    run = workplace.folder / "run"
    kept = {path.name for path in (run / "checkpoints").iterdir()}
    assert kept == {"best.ckpt", "last.ckpt", "previous.ckpt"}
    with (run / "csv/version_0/metrics.csv").open() as file:
        columns = csv.DictReader(file).fieldnames or []
    terms = (
        "defocus",
        "auxiliary",
        "content",
        "sharpness",
        "adversarial",
        "discriminator",
        "total",
    )
    assert {f"train/{t}" for t in terms} <= set(columns)
    assert {"val/synthetic/mse", "val/synthetic/mae", "learning_rate"} <= set(columns)
    assert (run / ".hydra/overrides.yaml").is_file()
    checkpoint = torch.load(trained, weights_only=True)
    assert checkpoint["global_step"] == 4
    assert checkpoint["dmenet"] == {"unit": "sigma7", "width": 0.03, "variant": "official"}


def test_the_recipe_of_the_shipped_weights_runs(workplace: Workplace) -> None:
    workplace.succeed(
        "train",
        "experiment=mobile",
        "data=embedded",
        FAKE,
        "initial_weights.encoder=null",
        "data.crop=32",
        "data.batch_size=2",
        "trainer.max_epochs=1",
        "trainer.log_every_n_steps=1",
        "hydra.run.dir=mobile",
    )
    checkpoint = torch.load(workplace.folder / "mobile/checkpoints/last.ckpt", weights_only=True)
    assert checkpoint["dmenet"]["variant"] == "mobile"
    assert checkpoint["global_step"] == 4
    with (workplace.folder / "mobile/csv/version_0/metrics.csv").open() as file:
        columns = csv.DictReader(file).fieldnames or []
    terms = {"defocus", "auxiliary", "sharpness", "reblurring", "total"}
    assert {c.removeprefix("train/") for c in columns if c.startswith("train/")} == terms


def test_the_same_command_goes_on(workplace: Workplace, trained: Path) -> None:
    longer = [o.replace("max_epochs=2", "max_epochs=3") for o in SHORT]
    shown = workplace.succeed("train", NARROW, FAKE, *longer, "hydra.run.dir=run")
    assert "Resuming from" in shown
    assert "it/s" in shown, "a log shows the rate too, as no bar of Rich's does"
    assert torch.load(trained, weights_only=True)["global_step"] == 6


def test_ctrl_c_loses_nothing(workplace: Workplace) -> None:
    folder = workplace.folder / "interrupted"
    endless = [o.replace("max_epochs=2", "max_epochs=100000") for o in SHORT]
    process = workplace.start("train", NARROW, FAKE, *endless, f"hydra.run.dir={folder}")
    last = folder / "checkpoints/last.ckpt"
    while not last.is_file():
        assert process.poll() is None, process.wait()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    left = process.wait()
    assert left.returncode == 128 + signal.SIGINT
    assert f"resume with the same command and hydra.run.dir={folder}" in left.stdout
    assert "Traceback" not in left.stderr
    metrics = folder / "csv/version_0/metrics.csv"
    done = torch.load(last, weights_only=True)
    epochs = done["epoch"] + 2
    more = [o.replace("max_epochs=2", f"max_epochs={epochs}") for o in SHORT]
    workplace.succeed("train", NARROW, FAKE, *more, f"hydra.run.dir={folder}")
    assert torch.load(last, weights_only=True)["epoch"] == epochs - 1
    with metrics.open() as file:
        steps = [int(row["step"]) for row in csv.DictReader(file) if row["train/total"]]
    assert steps == list(range(2 * epochs)), "every step once"


def test_other_settings_are_not_mixed_in(workplace: Workplace, trained: Path) -> None:
    before = trained.read_bytes()
    done = workplace.run(
        "train", NARROW, FAKE, *SHORT, "model.learning_rate=0.5", "hydra.run.dir=run"
    )
    assert done.returncode == 2
    assert "model.learning_rate was 0.001, is 0.5" in done.stderr
    assert "Traceback" not in done.stderr
    assert trained.read_bytes() == before


def test_evaluation(workplace: Workplace, trained: Path) -> None:
    shown = workplace.succeed(
        "evaluate", FAKE, f"weights={trained}", "estimator=[dmenet,untrained,constant]",
        "save_maps=true", "hydra.run.dir=evaluation",
    )  # fmt: skip
    folder = workplace.folder / "evaluation"
    with (folder / "per_image.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 * (2 + 1)
    assert {row["method"] for row in rows} == {
        "dmenet", "untrained", "constant (mean)", "constant (median)",
    }  # fmt: skip
    (constant,) = {
        float(row["mse"])
        for row in rows
        if row["method"] == "constant (mean)" and row["set"] == "motorcycle"
    }
    # The truth is a ramp from 0 to 1, whose variance is 1/12.
    assert constant == pytest.approx(1 / 12, rel=1e-3)
    for name in ("synthetic", "motorcycle"):
        assert Image.open(folder / f"{name}.png").width > 500
        saved = np.load(folder / "maps/dmenet" / name / "0000.npy")
        assert saved.shape == (66, 72)
        assert saved.dtype == np.float32
    table = (folder / "means.md").read_text()
    assert table in shown
    assert "| motorcycle | constant (mean)" in table
    assert f"Rows per image, figures: {folder}" in shown


def test_figures_are_not_spoken_of_where_none_are_drawn(workplace: Workplace) -> None:
    shown = workplace.succeed(
        "evaluate", FAKE, "estimator=constant", "shown=0", "hydra.run.dir=bare"
    )
    assert f"Rows per image: {workplace.folder / 'bare'}" in shown


@pytest.fixture(scope="module")
def photographs(workplace: Workplace) -> Path:
    """Photographs of many kinds, whose sizes are no multiples of 16."""
    folder = workplace.folder / "photographs"
    folder.mkdir()
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (37, 53, 3), np.uint8)
    Image.fromarray(colours).save(folder / "plain.jpg")
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.fromarray(colours).save(folder / "turned.jpg", exif=turned)
    Image.fromarray(colours[..., 0]).save(folder / "grey.png")
    Image.fromarray(np.dstack([colours, colours[..., :1]])).save(folder / "transparent.png")
    tifffile.imwrite(folder / "deep.tiff", (colours * 257.0).astype(np.uint16), photometric="rgb")
    Image.fromarray(colours).save(folder / "plain.png")
    return folder


@pytest.mark.parametrize("kind", ["npy", "tiff"])
def test_prediction(workplace: Workplace, trained: Path, photographs: Path, kind: str) -> None:
    shown = workplace.succeed(
        "predict",
        f"input={photographs}",
        f"weights={trained}",
        f"output=maps_{kind}",
        f"format={kind}",
    )
    assert "6 of 6 photographs" in shown
    output = workplace.folder / f"maps_{kind}"
    names = {p.name for p in output.iterdir()}
    stems = {"deep", "grey", "plain_jpg", "plain_png", "transparent", "turned"}
    of_all = {"settings.json", "summary.csv"}
    maps, previews = ({f"{s}_{end}" for s in stems} for end in (f"sigma_px.{kind}", "preview.png"))
    assert names == maps | previews | of_all
    for stem in stems:
        path = output / f"{stem}_sigma_px.{kind}"
        sigma_px = np.load(path) if kind == "npy" else tifffile.imread(path)
        assert sigma_px.dtype == np.float32
        assert sigma_px.shape == ((53, 37) if stem == "turned" else (37, 53))
        assert 0 <= sigma_px.min() <= sigma_px.max() <= 7


def test_prediction_by_a_method_without_weights(workplace: Workplace, photographs: Path) -> None:
    photograph = f"input={photographs / 'plain.png'}"
    shown = workplace.succeed(
        "predict", photograph, "estimator=karaali_jung_2018", "output=maps_karaali_jung"
    )
    assert "1 of 1 photographs" in shown
    sigma_px = np.load(workplace.folder / "maps_karaali_jung/plain_sigma_px.npy")
    assert sigma_px.dtype == np.float32
    assert sigma_px.shape == (37, 53)
    assert (workplace.folder / "maps_karaali_jung/plain_preview.png").is_file()


def test_prediction_goes_past_what_it_cannot_read(
    workplace: Workplace, trained: Path, photographs: Path
) -> None:
    mixed = workplace.folder / "mixed"
    mixed.mkdir()
    good = (photographs / "plain.jpg").read_bytes()
    (mixed / "good.jpg").write_bytes(good)
    (mixed / "truncated.jpg").write_bytes(good[: len(good) // 2])
    (mixed / "empty.png").write_bytes(b"")
    (mixed / "text.png").write_text("not a picture")
    done = workplace.run("predict", f"input={mixed}", f"weights={trained}", "output=mixed_maps")
    assert done.returncode == 2
    assert "1 of 4 photographs" in done.stdout
    for name in ("truncated.jpg", "empty.png", "text.png"):
        assert str(mixed / name) in done.stderr
    assert "Traceback" not in done.stderr
    assert (workplace.folder / "mixed_maps/good_sigma_px.npy").is_file()


def test_synthesis(workplace: Workplace) -> None:
    settings = ("count=2", "source.height=64", "source.width=80", "output=leaves")
    workplace.succeed("synthesize", *settings)
    output = workplace.folder / "leaves"
    first = {p.name: p.read_bytes() for p in output.iterdir()}
    kinds = ("image.png", "sigma_px.tiff", "camera.json", "preview.png")
    images = {f"000{i}_{kind}" for i in range(2) for kind in kinds}
    assert set(first) == {*images, "dataset.json"}
    assert tifffile.imread(output / "0001_sigma_px.tiff").shape == (64, 80)
    (output / "0001_camera.json").unlink()
    workplace.succeed("synthesize", *settings)
    assert {p.name: p.read_bytes() for p in output.iterdir()} == first


def test_synthesis_from_a_pair(workplace: Workplace) -> None:
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (40, 60, 3), np.uint8)).save(workplace.folder / "p.png")
    depth = np.tile(np.linspace(1000, 4000, 60, dtype=np.uint16), (40, 1))
    Image.fromarray(depth).save(workplace.folder / "d.png")
    settings = ("images=p.png", "depths=d.png", "mm_per_unit=1")
    pair = ("source=rgbd", *(f"source.reader.{setting}" for setting in settings))
    workplace.succeed("synthesize", *pair, "count=1", "output=pair")
    assert tifffile.imread(workplace.folder / "pair/0000_sigma_px.tiff").shape == (40, 60)
    Image.fromarray(depth[:, :50]).save(workplace.folder / "d.png")
    done = workplace.run("synthesize", *pair, "count=1", "output=other")
    assert done.returncode == 2
    assert "60 x 40" in done.stderr
    assert "50 x 40" in done.stderr


def test_wandb_offline_beside_csv(workplace: Workplace) -> None:
    short = (*SHORT[1:], "trainer.max_epochs=1")
    workplace.succeed(
        "train", NARROW, FAKE, *short, "logger=wandb_offline", "hydra.run.dir=offline"
    )
    run = workplace.folder / "offline"
    (file,) = run.glob("wandb/offline-run-*/*.wandb")
    assert file.stat().st_size > 0
    assert (run / "csv/version_0/metrics.csv").is_file()


def test_a_sweep_makes_a_run_of_each_choice(workplace: Workplace) -> None:
    short = (*SHORT[1:], "trainer.max_epochs=1")
    workplace.succeed(
        "train", "-m", NARROW, FAKE, *short, "subnetworks=b,bc", "hydra.sweep.dir=sweep"
    )
    runs = sorted((workplace.folder / "sweep").glob("*/checkpoints/last.ckpt"))
    assert len(runs) == 2
    made = [read_run(r.parents[1])["settings"] for r in runs]
    assert [m.get("model.content_preservation.width") for m in made] == [None, 0.03]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "nonsense=1"), "nonsense"),
        (("train", "model/blur_estimation=huge"), "options: lite, mobile, official"),
        (("train", "+sweep=table5"), "did you mean sweeps"),
        (("train", "data.batch_size=500"), "take a smaller batch"),
        (("train", "initial_weights.vgg19=nowhere.pth"), "nowhere.pth"),
        (("predict", "weights=w.ckpt"), "missing settings: input"),
        (
            ("predict", "input=nowhere.jpg", "weights=null"),
            "missing settings: weights. DMENet needs",
        ),
        (("predict", "input=x.jpg", "estimator=dandres_2016"), "neither code nor trained"),
        (("predict", "input=nowhere.jpg", "weights=w.ckpt"), "w.ckpt"),
        (("predict", "input=nowhere.jpg", "weights={trained}"), "nowhere.jpg"),
        (("predict", "input=empty", "weights={trained}"), "empty: no images"),
        (("predict", "input=x.jpg", "weights={trained}", "format=exr"), "format=exr"),
        (("predict", "input=x.jpg", "weights=evil.npz"), "evil.npz is not a released checkpoint"),
        (("evaluate", "weights=text.ckpt"), "text.ckpt is not a checkpoint"),
        (("synthesize", "source=rgbd"), "settings: source.reader.depths, source.reader.images"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    workplace: Workplace, trained: Path, arguments: tuple[str, ...], message: str
) -> None:
    (workplace.folder / "empty").mkdir(exist_ok=True)
    (workplace.folder / "text.ckpt").write_text("text")
    np.savez(workplace.folder / "evil.npz", a=np.array([{"a": print}], dtype=object))
    fake = {"train": (FAKE, NARROW), "evaluate": (FAKE,)}.get(arguments[0], ())
    filled = [argument.format(trained=trained) for argument in arguments]
    done = workplace.run(filled[0], *fake, *filled[1:])
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr
