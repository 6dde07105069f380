"""Draw docs/figures/page.jpg: ``dmenet web`` in a browser, with the photograph of a flower.

Needs Chromium and the extra `web`; the server runs already, at its usual address.
"""

import shutil
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium")
ADDRESS = "http://127.0.0.1:7860"
WIDTH, HEIGHT, SCALE = 1400, 850, 0.8

with sync_playwright() as driver:
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=SCALE)
    page.set_default_timeout(120_000)
    page.goto(ADDRESS)
    page.click(".gallery-item img >> nth=0")
    page.wait_for_selector("#compared img")
    box = page.locator(".dmenet-colours").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.85 * box["width"], box["y"] + 0.5 * box["height"])
    page.wait_for_function("/px$/.test(document.querySelector('#map output').textContent)")
    page.wait_for_timeout(2000)
    pixels = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    cv2.imwrite(str(Path(__file__).with_suffix(".jpg")), pixels, [cv2.IMWRITE_JPEG_QUALITY, 88])
    browser.close()
