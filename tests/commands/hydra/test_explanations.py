"""What users get wrong on the command line is one line with what to do, and status 2."""

import operator
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from omegaconf import DictConfig

from dmenet.commands.hydra.building import build
from dmenet.commands.hydra.configuration import command
from dmenet.errors import InputError
from own_kinds import own_kinds


@pytest.fixture(autouse=True)
def here(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[object, str]]:
    """Runs a function as a command; its exit status and what it says on stderr."""

    def run(
        words: list[str], function: Callable[[DictConfig], Any] = lambda _: None
    ) -> tuple[object, str]:
        monkeypatch.setattr(sys, "argv", words)
        try:
            command(words[0], **own_kinds(words[0]))(function)()
        except SystemExit as exit_:
            return exit_.code, capsys.readouterr().err
        return 0, capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("words", "read", "message"),
    [
        ("evaluate estimator=[]", "estimator", "estimator: nothing is chosen; options: constant, "),
        ("tables weights=[]", "weights", "weights=[]: expected values by name"),
        (
            "evaluate weights=${nowhere.file}",
            "weights",
            "nowhere: has no file, whose value estimator.dmenet.weights takes; give nowhere.file=",
        ),
    ],
)
def test_what_is_empty_or_left_out(
    run: Callable[..., tuple[object, str]], words: str, read: str, message: str
) -> None:
    status, said = run(words.split(), lambda settings: operator.attrgetter(read)(settings))
    assert status == 2
    assert message in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "messages"),
    [
        ("train model.learning_rte=1", ["model.learning_rte: no such", "model.learning_rate"]),
        ("train learning_rate=1", ["learning_rate: no such setting", "model.learning_rate"]),
        ("train subnetwork=b", ["subnetwork: no such setting", "subnetworks"]),
        ("train model/blur_estimaton=lite", ["no such setting", "model/blur_estimation"]),
        ("train model/blur_estimation=lit", ["no such option", "lite", "official, supplement"]),
        ("train data=paperr", ["data=paperr: no such option", "did you mean paper?"]),
        ("train trainer.limit_train_batches=4", ["give +trainer.limit_train_batches=..."]),
        ("train trainer.gradient_clip_val=1", ["is not possible: set model.clip_gradient_norm"]),
        ("train hydra.run.dir=file", ["hydra.run.dir: cannot be written: a file is in", "(file)"]),
        ("predict input=a hydra.run.dir=file/b", ["written: Not a directory (file/b)"]),
        ("evaluate hydra.run.dir=/proc/none", ["cannot be written: ", "(/proc/none)"]),
        ("train -m seed=0,1 hydra.sweep.dir=file", ["hydra.sweep.dir: cannot be", "(file)"]),
        ("predict estimator=nonsense", ["estimator=nonsense: no such option", "zhuo_sim_2011"]),
        ("train scale=null", ["null is no option of a group", "~experiment"]),
        (
            "evaluate estimator=[foo]",
            ["foo: no such option", "without weights: constant, "],
        ),
        ("predict ouput=x", ["ouput: no such setting", "output"]),
        ("predict +ouput=x input=a", ["unknown setting 'ouput'", "did you mean output?"]),
        ("predict --ouput", ["--ouput: no such flag", "output=..."]),
        ("predict --multrun", ["--multrun: no such flag", "--multirun"]),
        ("predict input=ü.png", ["cannot read the value", "'input=\"ü.png\"'"]),
        ("predict input=a,b.png", ["needs -m", "'input=[a,b.png]'", "'input=\"a,b.png\"'"]),
        ("predict photo.jpg", ["photo.jpg: expected a setting as key=value"]),
        ("predict weights=w.ckpt", ["missing settings: input"]),
        ("inspect source=rgbd", ["source.reader.images", "source.reader.depths"]),
        ("train seed=abc", ["seed=abc: expected a whole number"]),
        ("synthesize output=o count=nan", ["count=nan: expected a whole number"]),
        ("synthesize output=o seed=-1", ["seed=-1: expected a number of at least 0"]),
        ("evaluate shown=[]", ["shown=[]: expected a whole number"]),
        ("train data.crop=nan", ["data.crop=nan: expected a whole number"]),
        ("train evaluate_at_end=maybe", ["evaluate_at_end=maybe: expected true or false"]),
        ("train data=rtf data.noises=0", ["data.noises=0: expected a list"]),
        ("train model.loss_weights=3", ["model.loss_weights"]),
        ("train -m seed=a,b", ["seed=a: expected a whole number"]),
        ("train -m seed=0,1 model.learning_rte=1", ["model.learning_rte: no such setting"]),
    ],
)
def test_what_is_wrong(
    words: str, messages: list[str], run: Callable[..., tuple[object, str]]
) -> None:
    status, said = run(words.split(" "))
    for message in messages:
        assert message in said
    assert "Traceback" not in said
    if "-m" not in words:
        assert said.count("\n") == 1, said
        assert said.startswith(f"{words.split()[0]}: ")
    assert status == (1 if "seed=a,b" in words else 2)


def test_settings_that_are_right_pass(run: Callable[..., tuple[object, str]]) -> None:
    for words in (
        "train trainer.devices=auto model.learning_rate=1 trainer.precision=16 seed=3",
        "train trainer.max_epochs=null data.crop=32 +trainer.limit_train_batches=4",
        "synthesize camera.largest_sigma_px=[1.5,3.0] ~source.height",
        "report folders=a output=b",
    ):
        assert run(words.split(" ")) == (0, ""), words


def test_the_whole_traceback_on_request(
    run: Callable[..., tuple[object, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(configuration: DictConfig) -> None:
        raise InputError("depth.png: no such file")

    assert run(["train"], fails) == (2, "train: depth.png: no such file\n")
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    with pytest.raises(InputError, match="no such file"):
        run(["train"], fails)


def test_an_interruption_is_one_line(run: Callable[..., tuple[object, str]]) -> None:
    def interrupted(configuration: DictConfig) -> None:
        raise KeyboardInterrupt

    assert run(["predict", "input=a"], interrupted) == (130, "\npredict: interrupted\n")


@pytest.mark.parametrize("name", ["train", "datasets"])
def test_sigterm_is_one_line_too(name: str, run: Callable[..., tuple[object, str]]) -> None:
    def terminated(configuration: DictConfig) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(9)

    before = signal.getsignal(signal.SIGTERM)
    assert run([name], terminated) == (143, f"\n{name}: interrupted\n")
    assert signal.getsignal(signal.SIGTERM) == before


def test_mistakes_of_ours_keep_their_traceback(run: Callable[..., tuple[object, str]]) -> None:
    def fails(configuration: DictConfig) -> None:
        raise ZeroDivisionError("by zero")

    with pytest.raises(ZeroDivisionError):
        run(["train"], fails)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("train +model.learning_rte=1", "model.learning_rte: no such setting; did you mean learn"),
        ("train trainer.max_epochs=-1x", "trainer.max_epochs=-1x: expected a whole number or null"),
        ("train trainer.precision=banana", "trainer.precision=banana: expected "),
    ],
)
def test_what_constructors_refuse(
    words: str, message: str, run: Callable[..., tuple[object, str]]
) -> None:
    def builds(configuration: DictConfig) -> None:
        build(configuration.model)
        build(configuration.trainer)

    assert message in run(words.split(" "), builds)[1]


def test_version_is_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["train", "--version"])
    command("train")(lambda _: None)()
    assert capsys.readouterr().out.startswith("dmenet 0.")
