from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from dmenet.errors import InputError
from dmenet.images.encoding import decode_png, encode_png

shapes = st.sampled_from([(3, 5), (4, 2, 3), (1, 1), (7, 1, 3)])
pictures = st.sampled_from([np.uint8, np.uint16]).flatmap(lambda dtype: arrays(dtype, shapes))


@given(pictures, st.one_of(st.none(), st.text("abc 0.5", max_size=20)))
def test_what_is_encoded_is_decoded(pixels: np.ndarray, text: str | None) -> None:
    data = encode_png(pixels, text)
    assert data == encode_png(pixels, text)
    back = decode_png(data, "a")
    assert back.dtype == pixels.dtype
    np.testing.assert_array_equal(back, pixels)
    assert Image.open(BytesIO(data)).size == pixels.shape[1::-1]


def test_text_is_where_others_find_it() -> None:
    data = encode_png(np.zeros((3, 4), np.uint16), "sigma in 1/2048 px")
    picture = Image.open(BytesIO(data))
    picture.load()
    assert picture.text == {"Description": "sigma in 1/2048 px"}


@pytest.mark.parametrize("keep", [0, 10, 30, 60, -1])
def test_cut_short(keep: int) -> None:
    data = encode_png(np.arange(600, dtype=np.uint16).reshape(20, 30))
    with pytest.raises(InputError, match=r"x\.png: is"):
        decode_png(data[:keep], "x.png")


def test_other_content() -> None:
    data = bytearray(encode_png(np.zeros((3, 4), np.uint8)))
    data[16:24] = (100_000).to_bytes(4, "big") * 2
    with pytest.raises(InputError, match="100000 x 100000 pixels"):
        decode_png(bytes(data), "x.png")
    buffer = BytesIO()
    Image.new("RGBA", (3, 4)).save(buffer, "PNG")
    with pytest.raises(InputError, match=r"x\.png: has 4 channels"):
        decode_png(buffer.getvalue(), "x.png")
