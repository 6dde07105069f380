import signal
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
import tifffile
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig
from PIL import Image as PillowImage

from dmenet.commands import predict
from dmenet.commands.hydra import chosen_methods
from dmenet.commands.hydra.chosen_methods import estimate, the_method
from dmenet.commands.hydra.composing import configuration_root, set_configuration_root
from dmenet.errors import InputError, OutputError, UnavailableError
from dmenet.estimators import DMENetEstimator
from dmenet.images.reading import read_image
from dmenet.images.summary import read_summary
from dmenet.networks import BlurEstimator
from dmenet.sample import Image
from edges_of_known_blur import textured
from own_kinds import run_checked
from tiny import WIDTH

FIXED = "dmenet.estimators.FixedEstimator"
RED = np.full((20, 30, 3), (200, 20, 20), np.uint8)


def composed(*overrides: str) -> DictConfig:
    set_configuration_root()
    with initialize_config_dir(str(configuration_root() / "conf"), version_base="1.3"):
        return compose("predict", ["input=nothing", *overrides])


def run(*overrides: str) -> None:
    """Run the command in this process, by a method that needs no weights and no time."""
    configuration = composed(*overrides)
    configuration.estimator = {"fixed": {"_target_": FIXED, "sigma_px": 1.0}}
    run_checked("predict", configuration)


def save(path: Path, pixels: np.ndarray = RED, **settings: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    PillowImage.fromarray(pixels).save(path, **settings)


def test_photographs_are_estimated_by_one_method() -> None:
    with pytest.raises(InputError, match="by one method at a time"):
        the_method(composed("estimator=constant"))


def test_a_method_that_cannot_run_says_so_before_anything_is_read() -> None:
    with pytest.raises(UnavailableError, match="neither code nor"):
        the_method(composed("estimator=dandres_2016"))


@pytest.mark.parametrize(
    "setting", ["tile=64", "weights=last.ckpt", "scales=one", "working_size=9"]
)
def test_settings_that_the_method_does_not_have_are_refused(setting: str) -> None:
    with pytest.raises(InputError, match=f"{setting}: no setting of shi_2015"):
        the_method(composed("estimator=shi_2015", setting))


@pytest.mark.parametrize("tile", [0, 8, 100, -16, 16.5, "large"])
def test_tiles_have_a_side_that_the_network_can_take(tile: Any) -> None:
    with pytest.raises(InputError, match=f"tile={tile}: expected a multiple of 16"):
        DMENetEstimator(BlurEstimator(WIDTH).eval(), "sigma7", tile=tile)


@pytest.mark.parametrize("bars", [False, True])
def test_large_photographs_have_a_bar_of_their_own(
    bars: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chosen_methods, "LARGE_PX", 1000 if bars else 1_000_000)
    estimator = DMENetEstimator(BlurEstimator(WIDTH).eval(), "sigma7", tile=32)
    assert estimate(estimator, textured((64, 96))).shape == (64, 96)
    assert ("photograph:" in capsys.readouterr().err) == bars


def test_progress_counts_photographs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.png", "b.png"):
        save(tmp_path / "in" / name)
    run(f"input={tmp_path}/in", f"output={tmp_path}/out")
    shown = capsys.readouterr()
    assert "2/2" in shown.err
    assert "2 of 2 photographs" in shown.out


def test_a_folder_of_odd_files_says_what_it_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    save(folder / "a.png")
    save(folder / "b.gif")
    save(folder / "day/a.jpg")
    (folder / "dead.jpg").symlink_to(tmp_path / "gone.jpg")
    run(f"input={folder}", f"output={tmp_path}/out")
    shown = capsys.readouterr().out
    assert "1 of 1 photographs" in shown
    for words in (
        "b.gif: .gif is not read",
        "day: a subfolder; recursive=true",
        "dead.jpg: a link",
    ):
        assert words in shown


def test_no_two_photographs_share_a_map(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for name in ("a.jpg", "a.png", "day/a.jpg", "night/a.jpg"):
        save(folder / name)
    other = tmp_path / "other/a.bmp"
    save(other)
    output = tmp_path / "out"
    run(f"input=[{folder},{other}]", f"output={output}", "recursive=true")
    written = {path.relative_to(output).as_posix() for path in output.rglob("*.npy")}
    assert written == {
        f"{name}_sigma_px.npy" for name in ("a_jpg", "a_png", "a_bmp", "day/a", "night/a")
    }
    assert len([*output.rglob("*_preview.png")]) == 5


def test_a_second_run_finds_the_same_photographs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "a.png")
    for _ in range(2):
        run(f"input={tmp_path}", f"output={tmp_path}", "format=tiff")
        assert "1 of 1 photographs" in capsys.readouterr().out


def test_pages_transparency_and_orientation_are_as_documented(tmp_path: Path) -> None:
    pages = np.stack([np.full((20, 30, 3), shade, np.uint8) for shade in (10, 200)])
    tifffile.imwrite(tmp_path / "stack.tif", pages, photometric="rgb")
    np.testing.assert_allclose(read_image(tmp_path / "stack.tif"), 10 / 255, atol=1e-6)
    save(tmp_path / "clear.png", np.dstack([RED, np.zeros((20, 30), np.uint8)]))
    np.testing.assert_allclose(read_image(tmp_path / "clear.png"), RED / 255, atol=1e-6)
    turned = PillowImage.Exif()
    turned[0x0112] = 6
    save(tmp_path / "turned.jpg", exif=turned)
    run(f"input={tmp_path}", f"output={tmp_path}/out")
    assert np.load(tmp_path / "out/turned_sigma_px.npy").shape == (30, 20)


def test_previews_take_a_fixed_scale(tmp_path: Path) -> None:
    save(tmp_path / "a.png")
    brightest = []
    for scale in ("null", "7"):
        run(f"input={tmp_path}/a.png", f"output={tmp_path}/out{scale}", f"shown_up_to_px={scale}")
        with PillowImage.open(tmp_path / f"out{scale}/a_preview.png") as picture:
            pixels = np.asarray(picture.convert("RGB"))
        brightest.append(int(pixels[100, -100].sum()))
    assert brightest[0] > 2 * brightest[1]  # the method answers 1 px everywhere


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["input={here}/gone"], "gone: no such file or folder"),
        (["input=[]"], "input="),
        (["input={a:1}"], "input="),
        (["input=[1,2]"], "input="),
        (["output=[a,b]"], r"output=\['a', 'b'\]: expected one file or folder"),
        (["output=null"], "output=None: expected one file or folder"),
        (["format=jpg"], "format=jpg: expected 'npy', 'tiff' or 'png'"),
        (["shown_up_to_px=0"], "shown_up_to_px=0: expected a number over 0"),
        (["resume=later"], "resume=later: expected true or false"),
        (["mask_over_px=-1"], "mask_over_px=-1: expected a number of at least 0"),
        (["recursive=yes please"], "recursive=yes please: expected true or false"),
    ],
)
def test_nonsense_is_refused(tmp_path: Path, overrides: list[str], message: str) -> None:
    save(tmp_path / "a.png")
    given = [override.replace("{here}", str(tmp_path)) for override in overrides]
    with pytest.raises(InputError, match=message):
        run(f"input={tmp_path}", f"output={tmp_path}/out", *given)


@pytest.mark.parametrize("output", ["a.png", "a.png/below", "/proc/nothing"])
def test_output_that_cannot_be_written(tmp_path: Path, output: str) -> None:
    save(tmp_path / "a.png")
    path = tmp_path / output
    with pytest.raises(OutputError, match=f"{path}: cannot be written: "):
        run(f"input={tmp_path}/a.png", f"output={path}")


def test_one_photograph_that_cannot_be_read_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "b.png")
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(InputError, match=r"a\.png: cannot be read as a photograph"):
        run(f"input={tmp_path}", f"output={tmp_path}/out")
    assert "1 of 2 photographs" in capsys.readouterr().out
    with pytest.raises(InputError, match=r"a\.png: .*PNG, TIFF, WEBP, HEIC or camera raw"):
        run(f"input={tmp_path}/a.png", f"output={tmp_path}/none")
    assert capsys.readouterr().out == "0 of 1 photographs\n"


def test_ctrl_c_says_what_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.png", "b.png"):
        save(tmp_path / name)

    def read(path: Path) -> Image:
        if path.name == "b.png":
            raise KeyboardInterrupt
        return read_image(path)

    monkeypatch.setattr(predict, "read_image", read)
    with pytest.raises(SystemExit) as caught:
        run(f"input={tmp_path}", f"output={tmp_path}/out")
    assert caught.value.code == 128 + signal.SIGINT
    err = capsys.readouterr().err
    assert f"Interrupted: 1 of 2 photographs are done, in {tmp_path}/out" in err
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "a_sigma_px.npy", "a_preview.png", "summary.csv", "settings.json",
    }  # fmt: skip
    assert "resume=true" in err


def test_resume_leaves_alone_what_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.png", "b.png", "c.png"):
        save(tmp_path / "in" / name)
    settings = (f"input={tmp_path}/in", f"output={tmp_path}/out", "format=png", "mask_over_px=0.5")
    run(*settings)
    (tmp_path / "out/b_mask.png").unlink()
    read: list[str] = []

    def noted(path: Path) -> Image:
        read.append(path.name)
        return read_image(path)

    monkeypatch.setattr(predict, "read_image", noted)
    run(*settings, "resume=true")
    assert read == ["b.png"]
    assert "3 of 3 photographs" in capsys.readouterr().out
    assert list(read_summary(tmp_path / "out/summary.csv")) == ["a", "b", "c"]
    with pytest.raises(InputError, match="made by another mask_over_px"):
        run(*settings[:-1], "mask_over_px=2", "resume=true")


def test_maps_and_masks_as_png_say_what_they_mean(tmp_path: Path) -> None:
    save(tmp_path / "a.png")
    run(f"input={tmp_path}/a.png", f"output={tmp_path}", "format=png", "mask_over_px=0.5")
    with PillowImage.open(tmp_path / "a_sigma_px.png") as picture:
        assert np.asarray(picture).dtype == np.uint16
        assert np.asarray(picture).tolist() == np.full((20, 30), 256).tolist()  # 1 px
        assert picture.info["Description"] == "Gaussian sigma of the blur: value / 256 px"
    with PillowImage.open(tmp_path / "a_mask.png") as picture:
        assert picture.getextrema() == (255, 255)


def test_the_next_photograph_is_read_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.png", "b.png"):
        save(tmp_path / "in" / name)
    reading_b = Event()
    real = predict.estimate

    def estimate_while(estimator: Any, image: Image) -> Any:
        assert reading_b.wait(timeout=20)
        return real(estimator, image)

    def read(path: Path) -> Image:
        if path.name == "b.png":
            reading_b.set()
        return read_image(path)

    monkeypatch.setattr(predict, "estimate", estimate_while)
    monkeypatch.setattr(predict, "read_image", read)
    run(f"input={tmp_path}/in", f"output={tmp_path}/out")
    assert len([*(tmp_path / "out").glob("*.npy")]) == 2
