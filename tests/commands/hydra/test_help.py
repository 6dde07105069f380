"""``dmenet COMMAND --help`` says what can be set, with the comments of the files."""

import re
from pathlib import Path

import pytest

from dmenet.commands.hydra.composing import File, configuration_root
from dmenet.commands.hydra.help import comments_of, help_text

COMMANDS = sorted(path.stem for path in (configuration_root() / "conf").glob("*.yaml"))


def groups_shown(text: str) -> set[str]:
    return set(re.findall(r"^  ([\w/@.]+) = .+   ", text, re.MULTILINE))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_comment_of_the_file_is_shown(command: str) -> None:
    text = help_text(command)
    own = (configuration_root() / f"conf/{command}.yaml").read_text("utf-8")
    settings = own.partition("defaults:")[2].partition("\n\n")[2].partition("\nhydra:")[0]
    for comment in re.findall(r"# (.+)", settings):
        assert comment in text
    assert text.startswith(own.partition("\n")[0].removeprefix("# "))
    assert "_target_" not in text


def test_only_the_groups_that_a_command_reads() -> None:
    assert groups_shown(help_text("predict")) == {"estimator", "launcher"}
    train = groups_shown(help_text("train"))
    assert {"sweeps", "data", "model/blur_estimation", "experiment", "scale", "trainer"} <= train
    assert not {"estimator", "source", "hydra", "hydra/launcher"} & train
    for command in set(COMMANDS) - {"train"}:
        assert "sweeps" not in groups_shown(help_text(command))


def test_options_that_are_chosen_show_their_settings() -> None:
    assert "test_folder" not in help_text("evaluate")
    text = help_text("evaluate", ["data=syndof"])
    assert "data = syndof" in text
    assert "    # Of so many images, the last is for validation" in text


def test_comments_belong_to_the_setting_below_them(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "# Of the whole.\n# Two lines.\n_target_: x\n# Of b.\nb: 1\n\n# Of nothing.\n\nc:\n"
        "  # Of d.\n  d: 2\n  - e\n# Of f.\nf: 3\n"
    )
    assert comments_of(File(tmp_path / "a.yaml", "data")) == {
        "data": ["Of the whole.", "Two lines."],
        "data.b": ["Of b."],
        "data.c.d": ["Of d."],
        "data.f": ["Of f."],
    }
