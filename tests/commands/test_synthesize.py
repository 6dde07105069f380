"""``dmenet synthesize``, run as a user runs it, on a source that costs nothing."""

import json
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import open_dict

from dmenet.commands.hydra.composing import configuration_root
from dmenet.commands.synthesize import main
from forked import Command, run_command
from made_rgbd import room, write_image
from made_syndof import contents

SMALL = (
    "source._target_=made_syndof.scene",
    "~source.height",
    "~source.width",
    "camera=thin_lens",
    "camera.largest_sigma_px=[1.5,3.0]",
)


def run(*overrides: str, source: tuple[str, ...] = SMALL) -> None:
    """The command, in this process."""
    with initialize_config_dir(str(configuration_root() / "conf"), version_base="1.3"):
        configuration = compose("synthesize", [*source, *overrides], return_hydra_config=True)
        HydraConfig.instance().set_config(configuration)
        with open_dict(configuration):
            del configuration["hydra"]
    main(configuration)  # type: ignore[call-arg]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_jobs_share_the_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shards = ("layout=shards", "layout.images_per_block=2", "count=7")
    run(*shards, "output=one")
    said = capsys.readouterr().out
    assert "one: 7 of 7 images, 7 of them made now" in said
    assert "images/s" in said
    assert "pixels by sigma in px" in said
    for shard in (2, 0, 1):
        run(*shards, "output=many", "shards=3", f"shard={shard}")
    assert contents(tmp_path / "one") == contents(tmp_path / "many")
    assert len(contents(tmp_path / "one")) == 5
    settings = json.loads((tmp_path / "one/dataset.json").read_text())["settings"]
    assert settings["seed"] == 0
    assert settings["camera"]["largest_sigma_px"] == [1.5, 3.0]


def test_other_settings_are_not_mixed_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("count=2", "output=out")
    before = contents(tmp_path / "out")
    with pytest.raises(SystemExit) as exit_:
        run("count=3", "output=out", "seed=5", "camera.largest_sigma_px=[1,2]")
    assert exit_.value.code == 2
    said = capsys.readouterr().err
    assert "camera.largest_sigma_px was [1.5, 3.0], is [1, 2]; seed was 0, is 5" in said
    assert contents(tmp_path / "out") == before
    run("count=3", "output=out")
    assert contents(tmp_path / "out").items() > before.items()


@pytest.mark.parametrize("layout", ["files", "released", "shards"])
@pytest.mark.parametrize("renderer", ["faithful", "released"])
def test_every_layout_and_renderer_is_read_back(layout: str, renderer: str, tmp_path: Path) -> None:
    run("count=4", f"layout={layout}", f"renderer={renderer}", "output=out")
    with initialize_config_dir(str(configuration_root() / "conf"), version_base="1.3"):
        configuration = compose("train", ["data=syndof", "data.folder=out"])
    data = instantiate(configuration.data, domains=["synthetic"], held_out_every=4)
    sets = [data._training_samples["synthetic"], data.test_sets["synthetic"]]
    assert [len(samples) for samples in sets] == [2, 1]
    for samples in sets:
        assert samples[0]["image"].shape == (24, 32, 3)
        assert 0 < samples[0]["sigma_px"].max() <= 7


def test_killed_and_interrupted_it_goes_on(tmp_path: Path) -> None:
    """SIGKILL in the first run, Ctrl-C in the second; the third, a sweep of two jobs, finishes."""
    settings = ("layout=shards", "layout.images_per_block=5", "count=40", "+source.seconds=0.05")
    for number, death in enumerate((signal.SIGKILL, signal.SIGINT)):
        process = Command(tmp_path, "synthesize", *SMALL, *settings, "output=out")
        while len(list(tmp_path.glob("out/*.tar"))) < 2 * (number + 1):
            assert process.poll() is None, process.wait()
            time.sleep(0.02)
        process.send_signal(death)
        left = process.wait()
    assert left.returncode == 130
    assert "the same command makes the rest" in left.stderr
    assert "Traceback" not in left.stderr
    kept = {p.name: p.stat().st_mtime_ns for p in tmp_path.glob("out/*.tar")}
    two = ("shards=2", "shard=range(2)")
    sweep = run_command(tmp_path, "synthesize", "-m", *SMALL, *settings, "output=out", *two)
    assert sweep.returncode == 0, sweep.stderr
    assert sweep.stdout.count("20 of 20 images") == 2
    assert "20 of them made now" not in sweep.stdout
    assert {
        p.name: p.stat().st_mtime_ns for p in tmp_path.glob("out/*.tar")
    }.items() >= kept.items()
    run(*settings[:3], "+source.seconds=0", "output=whole")
    made, whole = contents(tmp_path / "out"), contents(tmp_path / "whole")
    for files in (made, whole):
        del files["dataset.json"]
    assert made == whole


def test_maps_are_what_lens_and_depth_say(tmp_path: Path) -> None:
    """From metres in a file to px in a file, with the lens formula written out once more."""
    depth_m = room(240, 320) / 1000
    write_image(tmp_path / "image/a.png", 240, 320)
    (tmp_path / "depth").mkdir()
    np.save(tmp_path / "depth/a.npy", depth_m)
    pairs = ("source=rgbd", "source.reader.images=image", "source.reader.depths=depth")
    lens = ("camera=real_lens", "camera.sensor_width_mm=23.5", "camera.f_numbers=[1.4,1.4]")
    run("source.reader.mm_per_unit=1000", *lens, "output=out", "count=3", source=pairs)
    for number in range(3):
        camera = json.loads((tmp_path / f"out/{number:04d}_camera.json").read_text())["camera"]
        f, focus = camera["focal_length_mm"] / 1000, camera["focus_distance_mm"] / 1000
        assert camera["f_number"] == pytest.approx(1.4)
        sensor_width = 0.0235
        # Images of the point and of the plane in focus lie so far behind the lens.
        image, plane = 1 / (1 / f - 1 / depth_m), 1 / (1 / f - 1 / focus)
        coc_px = f / 1.4 * np.abs(image - plane) / image * 320 / sensor_width
        sigma_px = tifffile.imread(tmp_path / f"out/{number:04d}_sigma_px.tiff")
        np.testing.assert_allclose(sigma_px, coc_px / 4, rtol=1e-4, atol=1e-4)


def test_faulty_scenes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = ("+source.broken=[1,4]", "count=6", "layout=released", "output=out")
    with pytest.raises(SystemExit) as exit_:
        run(*broken)
    assert exit_.value.code == 2
    said = capsys.readouterr().err
    assert "image 1 (no scene): scene 1 is broken. on_error=skip leaves such images out" in said
    with pytest.raises(SystemExit) as exit_:
        run(*broken, "on_error=skip")
    assert exit_.value.code == 2
    said = capsys.readouterr()
    assert "4 of 6 images, 3 of them made now" in said.out
    assert "2 images could not be made" in said.err
    assert "image 4 (no scene): scene 4 is broken" in said.err
    assert len(list((tmp_path / "out/image").iterdir())) == 4
    assert len(list((tmp_path / "out/skipped").iterdir())) == 2


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (("output=taken/out",), "taken/out: cannot be written: Not a directory"),
        (("on_error=ignore",), "on_error=ignore: expected 'stop' or 'skip'"),
        (("shard=1",), "shards=1 shard=1"),
    ],
)
def test_what_is_wrong_is_said(
    tmp_path: Path,
    overrides: tuple[str, ...],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(SystemExit) as exit_:
        run(*overrides)
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err
