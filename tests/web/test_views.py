"""What the page shows of a map: its values without loss, its scale, what is sharp."""

import re
from base64 import b64decode

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dmenet.api import Result
from dmenet.images.encoding import decode_png
from dmenet.web.views import VALUES_PER_PX, description, map_html, packed, what_is_sharp

SIGMAS = arrays(np.float32, (3, 5), elements=st.floats(0, 65, width=32))


@given(SIGMAS)
def test_the_script_reads_what_the_map_holds(sigma_px: np.ndarray) -> None:
    red, green, blue = packed(sigma_px).astype(float).transpose(2, 0, 1)
    read = (256 * red + green) / VALUES_PER_PX
    np.testing.assert_allclose(read, sigma_px, atol=0.5 / VALUES_PER_PX + 1e-5)
    assert not blue.any()


def test_the_map_comes_with_its_values_and_its_scale() -> None:
    sigma_px = np.linspace(0, 2.5, 400 * 500, dtype=np.float32).reshape(400, 500)
    html = map_html(sigma_px, 2.0)
    (values,) = re.findall(r'data-values="data:image/png;base64,([^"]+)"', html)
    assert np.array_equal(decode_png(b64decode(values), "page"), packed(sigma_px))
    ticks = [float(text) for text in re.findall(r"<span[^>]*>([^<]+)</span>", html)]
    assert ticks[0] == 0
    assert ticks[-1] == 3
    assert 'data-reduction="2.0000"' in html


def test_only_what_is_sharp_keeps_its_colours() -> None:
    image = np.random.default_rng(0).random((4, 6, 3)).astype(np.float32)
    blurred = np.arange(24).reshape(4, 6) % 2 == 1
    shown = what_is_sharp(image, blurred)
    assert np.array_equal(shown[~blurred], image[~blurred])
    assert np.ptp(shown[blurred], axis=-1).max() == 0


def test_a_name_is_no_markup() -> None:
    result = Result(np.zeros((2, 2, 3), np.float32), np.zeros((2, 2), np.float32), "<b>.png")
    assert "&lt;b&gt;.png" in description(result, "dmenet")
