"""The layout ``shards``."""

import json
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import webdataset
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from configured import built
from dmenet.data.layouts import list_entries
from dmenet.data.shards import index_shard
from dmenet.errors import InputError
from dmenet.synthesis.layouts.tar_shards import TarShards, fragment
from made_syndof import Recipes, make

LAYOUT = TarShards(images_per_block=4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shards")
    make(folder, LAYOUT, 10)
    return folder


def test_which_shard_holds_what(folder: Path) -> None:
    shards = sorted(folder.glob("*.tar"))
    assert [path.name for path in shards] == [f"shard-00000{i}.tar" for i in range(3)]
    assert [list(index_shard(path)) for path in shards] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert not list(folder.glob(".*"))


def test_nothing_of_the_machine_or_the_time_is_in_them(folder: Path) -> None:
    with tarfile.open(folder / "shard-000001.tar") as shard:
        for member in shard:
            assert (member.mtime, member.uid, member.gid) == (0, 0, 0)
            assert member.uname == member.gname == ""
            assert member.mode == 0o644


def test_webdataset_streams_them(folder: Path) -> None:
    urls = [str(path) for path in sorted(folder.glob("*.tar"))]
    samples = list(webdataset.WebDataset(urls, shardshuffle=False))
    assert [sample["__key__"] for sample in samples] == [f"{n:06d}" for n in range(10)]
    for sample, entry in zip(samples, list_entries(folder), strict=True):
        ours = entry.read("sigma7")
        image = np.asarray(Image.open(BytesIO(sample["image.png"])))
        np.testing.assert_array_equal(image, np.rint(ours["image"] * 255))
        facts = json.loads(sample["json"])
        stored = Image.open(BytesIO(sample["sigma.png"]))
        np.testing.assert_allclose(
            np.asarray(stored) * facts["sigma_px_per_value"], ours["sigma_px"], atol=1e-6
        )
        assert "1/2048 px" in stored.text["Description"]
        assert facts["unit"] == stored.text["Description"]
        assert facts["seed"] == [0, int(sample["__key__"])]
        assert facts["scene"] == "noise"
        assert facts["camera"]["focus_distance_mm"] == 2000


def test_webdataset_decodes_and_shuffles_them(folder: Path) -> None:
    urls = [str(path) for path in sorted(folder.glob("*.tar"))]
    stream = webdataset.WebDataset(urls, shardshuffle=3, seed=0).shuffle(4, seed=0).decode("rgb")
    pairs = list(stream.to_tuple("image.png", "json"))
    assert sorted(facts["seed"][1] for _, facts in pairs) == list(range(10))
    assert all(image.shape == (8, 12, 3) and image.dtype == np.float32 for image, _ in pairs)


@given(
    st.dictionaries(
        st.sampled_from(["image.png", "sigma.png", "json"]), st.binary(max_size=2000), min_size=3
    ),
    st.integers(0, 999_999),
)
def test_fragments_are_tar(parts: dict[str, bytes], number: int) -> None:
    data = fragment(number, parts)
    assert len(data) % tarfile.BLOCKSIZE == 0
    with tarfile.open(fileobj=BytesIO(data + bytes(1024))) as shard:
        read = {member.name: shard.extractfile(member).read() for member in shard}  # type: ignore[union-attr]
    assert read == {f"{number:06d}.{part}": content for part, content in parts.items()}


def test_a_whole_shard_is_what_tar_would_have_written(folder: Path) -> None:
    path = folder / "shard-000000.tar"
    rewritten = BytesIO()
    with (
        tarfile.open(path) as shard,
        tarfile.open(fileobj=rewritten, mode="w", format=tarfile.USTAR_FORMAT) as copy,
    ):
        for member in shard:
            copy.addfile(member, shard.extractfile(member))
    assert rewritten.getvalue() == path.read_bytes()


def test_waiting_samples_are_no_part_of_the_data_set_yet(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="image 6"):
        make(tmp_path, LAYOUT, 10, recipes=Recipes(broken=[6]))
    assert [entry.number for entry in list_entries(tmp_path)] == [0, 1, 2, 3]
    assert make(tmp_path, LAYOUT, 10).made == [6, 7, 8, 9]


def test_too_much_blur_for_the_format(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"sigma reaches 6\d\.. px, but shards hold up to 32 px"):
        make(tmp_path, LAYOUT, 1, recipes=Recipes(largest=70))
    make(tmp_path, LAYOUT, 1, recipes=Recipes(largest=32))


def test_nonsense() -> None:
    with pytest.raises(InputError, match="images_per_block=0: expected a number of at least 1"):
        built(TarShards, images_per_block=0)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda data: data[:700], "cannot be read"),
        (lambda data: data[: data.index(b"000002.image")], "is cut short"),
        (lambda data: b"no tar", "cannot be read"),
        (lambda data: bytes(10240), "cannot be read|is cut short|no finished image"),
        (lambda data: data.replace(b"000001.json", b"000001.text"), r"sample 1 lacks \['json'\]"),
        (lambda data: data.replace(b"000001.json", b"../../x.txt"), r"holds \.\./\.\./x\.txt"),
    ],
)
def test_damaged_shards(
    folder: Path, tmp_path: Path, spoil: Callable[[bytes], bytes], message: str
) -> None:
    (tmp_path / "dataset.json").write_bytes((folder / "dataset.json").read_bytes())
    data = (folder / "shard-000000.tar").read_bytes()
    (tmp_path / "shard-000000.tar").write_bytes(_with_checksums(spoil(data)))
    with pytest.raises(InputError, match=message):
        list_entries(tmp_path)


def _with_checksums(data: bytes) -> bytes:
    """Headers that were edited with their right checksums."""
    blocks = [bytearray(data[i : i + 512]) for i in range(0, len(data), 512)]
    for block in blocks:
        if block[257:262] == b"ustar":
            block[148:156] = b" " * 8
            block[148:156] = b"%06o\0 " % sum(block)
    return b"".join(blocks)


def test_a_sample_of_two_sizes(folder: Path, tmp_path: Path) -> None:
    parts = {part: m.read() for part, m in index_shard(folder / "shard-000000.tar")[0].items()}
    buffer = BytesIO()
    Image.fromarray(np.zeros((8, 11), np.uint16)).save(buffer, "PNG")
    (tmp_path / "dataset.json").write_bytes((folder / "dataset.json").read_bytes())
    (tmp_path / "shard-000000.tar").write_bytes(
        fragment(0, parts | {"sigma.png": buffer.getvalue()}) + bytes(1024)
    )
    with pytest.raises(InputError, match=r"shard-000000.tar: 000000: a map of \(8, 11\)"):
        list_entries(tmp_path)[0].read("sigma7")
