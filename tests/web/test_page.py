"""The page in a browser without a network: from a photograph to what is taken away."""

import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from skimage import data

pytest.importorskip("gradio", reason="the extra `web` is not installed")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium")
if CHROMIUM is None:
    pytest.skip("Chromium is not installed", allow_module_level=True)

from dmenet.commands.web import own_folder  # noqa: E402
from dmenet.estimators.estimator import Estimate  # noqa: E402
from dmenet.sample import Image  # noqa: E402
from dmenet.web.server import application, listen, serve  # noqa: E402

SIZES = {"wide": (1400, 900), "narrow": (420, 850)}
LIMIT_MB = 1
PICTURES = "[...document.querySelectorAll('#compared img')].map(picture => picture.src).join()"


class Ramp:
    """Sigma grows from left to right, from 0 to ``most`` px."""

    range_px = (0.0, 7.0)

    def __init__(self, most: float) -> None:
        self.most = most

    def prepare(self, samples: object) -> None:
        """Nothing."""

    def __call__(self, image: Image) -> Estimate:
        height, width = image.shape[:2]
        row = np.linspace(0, self.most, width, dtype=np.float32)
        return Estimate(np.repeat(row[None], height, axis=0))


class Served:
    """The page's address, and the folder that it writes to."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        self.folder = folder


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with own_folder() as folder, listen("127.0.0.1", 0) as listening:
        methods = {"ramp": lambda: Ramp(4.0), "steeper": lambda: Ramp(6.0)}
        app = application(methods, LIMIT_MB, folder)
        threading.Thread(target=serve, args=(app, listening), daemon=True).start()
        yield Served(f"http://127.0.0.1:{listening.getsockname()[1]}/", folder)


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    path = tmp_path / "cat.png"
    cv2.imwrite(str(path), data.chelsea()[::2, ::2, ::-1])
    return path


def opened(browser: "playwright.Browser", served: Served, size: str) -> "playwright.Page":
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(60_000)
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(served.address)
    page.wait_for_selector("#upload input[type=file]", state="attached")
    return page


def drop(page: "playwright.Page", path: Path) -> None:
    page.set_input_files("#upload input[type=file]", path)


def value_at(page: "playwright.Page", across: float) -> float:
    """What the page says where the cursor is."""
    page.hover(".dmenet-colours")
    box = page.locator(".dmenet-colours").bounding_box()
    page.mouse.move(box["x"] + across * box["width"], box["y"] + box["height"] / 2)
    page.wait_for_function("/px$/.test(document.querySelector('#map output').textContent)")
    page.wait_for_timeout(200)
    return float(page.inner_text("#map output").split()[0])


def saved(page: "playwright.Page", button: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.click(f"#{button}")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def detail(pixels: np.ndarray) -> float:
    return float(np.abs(cv2.Laplacian(pixels.astype(np.float32), cv2.CV_32F)).mean())


@pytest.mark.parametrize("size", SIZES)
def test_from_a_photograph_to_what_is_taken_away(
    size: str,
    browser: "playwright.Browser",
    served: Served,
    photograph: Path,
    tmp_path: Path,
) -> None:
    page = opened(browser, served, size)
    drop(page, photograph)
    page.wait_for_selector("#compared img")
    assert "cat.png" in page.inner_text("#described")
    assert value_at(page, 0.25) == pytest.approx(1.0, abs=0.05)
    assert value_at(page, 0.75) == pytest.approx(3.0, abs=0.05)

    map_px = tifffile.imread(saved(page, "save-map", tmp_path))
    height, width = data.chelsea()[::2, ::2].shape[:2]
    np.testing.assert_allclose(map_px[0], np.linspace(0, 4, width), atol=1e-6)
    mask_file = saved(page, "save-mask", tmp_path)
    assert mask_file.name == "cat_mask.png"
    mask = cv2.imread(str(mask_file), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(mask == 255, map_px > 1)
    assert cv2.imread(str(saved(page, "save-picture", tmp_path))).shape == (height, width, 3)

    before = page.evaluate(PICTURES)
    page.get_by_label("the background blurred further").click()
    page.wait_for_function(f"before => {PICTURES} !== before", arg=before)
    further = cv2.imread(str(saved(page, "save-picture", tmp_path)))
    original = data.chelsea()[::2, ::2, ::-1]
    sharp, blurred = np.s_[:, : width // 10], np.s_[:, -width // 4 :]
    assert detail(further[sharp]) > 0.9 * detail(original[sharp])
    assert detail(further[blurred]) < 0.5 * detail(original[blurred])

    page.click("#method input")
    page.get_by_role("option", name="steeper").click()
    page.wait_for_function("document.querySelector('#described').innerText.includes('steeper')")
    assert value_at(page, 0.5) == pytest.approx(3.0, abs=0.05)

    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert [url for url in page.asked if not re.match(rf"{served.address}|data:|blob:", url)] == []
    assert list(served.folder.rglob("cat.png")) == []
    page.close()


def test_what_is_wrong_is_said_as_predict_says_it(
    browser: "playwright.Browser", served: Served, tmp_path: Path
) -> None:
    page = opened(browser, served, "wide")
    (tmp_path / "notes.jpg").write_text("no picture")
    drop(page, tmp_path / "notes.jpg")
    said = page.locator(".toast-body").first.inner_text()
    assert "notes.jpg" in said
    assert "of no known image format" in said
    assert str(served.folder) not in said
    assert list(served.folder.rglob("notes.jpg")) == []

    (tmp_path / "large.png").write_bytes(bytes(LIMIT_MB * 2**20 + 1))
    drop(page, tmp_path / "large.png")
    page.get_by_text("maximum allowed size of 1.0 Mb").first.wait_for()
    file = {"name": "large.png", "mimeType": "image/png", "buffer": bytes(LIMIT_MB * 2**20 + 1)}
    answer = page.request.post(f"{served.address}gradio_api/upload", multipart={"files": file})
    assert answer.status == 413
    page.close()


def test_an_example_is_estimated(browser: "playwright.Browser", served: Served) -> None:
    page = opened(browser, served, "wide")
    page.click("#examples button >> nth=0")
    page.wait_for_selector("#compared img")
    assert "flower.jpg" in page.inner_text("#described")
    page.close()
