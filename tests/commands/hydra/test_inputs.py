"""Files and folders on the command line reach a command as they are named."""

from pathlib import Path

import pytest
from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import example, given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from dmenet.commands.hydra.inputs import FLAGS_WITH_VALUE, paths_of, quote, settings_of
from dmenet.errors import InputError

NAMES = st.text(
    st.one_of(
        st.sampled_from("\\\"'${}[](),=:~ \tü.é%#@!-_a1/"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    min_size=1,
    max_size=30,
)
PARSER = OverridesParser.create()


def read_by_hydra(override: str) -> object:
    """The value of an override as a command finds it in its configuration."""
    (parsed,) = PARSER.parse_overrides([override])
    assert not parsed.is_sweep_override()
    configuration = OmegaConf.create({"input": None})
    OmegaConf.update(configuration, "input", parsed.value())
    value = configuration.input
    return value if isinstance(value, str) else OmegaConf.to_container(value, resolve=True)


@given(st.lists(NAMES, min_size=1, max_size=3))
@example(["x (1).png"])
@example(["a,b.png", "c=d.png", "ü.png"])
@example(["${x}", "\\${x}", "\\\\${x}\\", "a\\", '\\"', "$x", "${", "null", "1", "true", "~a"])
def test_a_name_survives_hydra(names: list[str]) -> None:
    # As `???` OmegaConf marks what is missing.
    names = [name if name != "???" else "?" for name in names]
    for name in names:
        assert read_by_hydra(f"input={quote(name)}") == name
    assert read_by_hydra(f"input=[{','.join(map(quote, names))}]") == names


@pytest.mark.parametrize(
    "name", ["ü.png", "x (1).png", "a,b.png", "c=d.png", "[x].png", "a'\".png", "${x}.png", "~x"]
)
def test_files_are_inputs_whatever_is_in_their_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).touch()
    rest, setting = settings_of("predict", [name, "weights=w.ckpt"])
    assert rest == "weights=w.ckpt"
    (path,) = paths_of(read_by_hydra(setting), "input")  # type: ignore[arg-type]
    assert path.samefile(tmp_path / name)


def test_words_are_told_apart() -> None:
    words = ["a.jpg", "-m", "--cfg", "job", "~estimator.dmenet", "weights=w.ckpt", "b c"]
    assert settings_of("predict", words) == [
        "-m", "--cfg", "job", "~estimator.dmenet", "weights=w.ckpt", 'input=["a.jpg","b c"]',
    ]  # fmt: skip
    assert settings_of("predict", ["a.jpg"]) == ['input="a.jpg"']
    assert settings_of("report", ["a"]) == ['folders=["a"]']
    assert settings_of("train", ["seed=1", "~a"]) == ["seed=1", "~a"]


def test_words_that_are_refused() -> None:
    with pytest.raises(InputError, match=r"'a\.jpg': this command takes no files"):
        settings_of("train", ["a.jpg"])
    with pytest.raises(InputError, match="give one of them"):
        settings_of("predict", ["a.jpg", "input=b.jpg"])


def test_flags_with_a_value_are_hydras() -> None:
    actions = [action for action in get_args_parser()._actions if action.option_strings]
    with_value = [action for action in actions if action.nargs != 0]
    assert {flag for action in with_value for flag in action.option_strings} == FLAGS_WITH_VALUE


def test_one_path_or_several() -> None:
    assert paths_of("a", "input") == [Path("a")]
    assert paths_of(OmegaConf.create(["a", "b"]), "input") == [Path("a"), Path("b")]
    for nonsense in (3, None, OmegaConf.create([1])):
        with pytest.raises(InputError, match=r"input=.*: expected a file or folder"):
            paths_of(nonsense, "input")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="input=~no such user/a: no such home folder"):
        paths_of("~no such user/a", "input")
