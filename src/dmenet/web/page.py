"""The page in Gradio's components."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import cv2
import gradio as gr
import numpy as np

from dmenet.api import Result
from dmenet.errors import InputError
from dmenet.estimators import Estimator
from dmenet.files import replacing
from dmenet.images.maps import write_map
from dmenet.images.photographs import HELD_OUT, paths
from dmenet.images.png import encode_png
from dmenet.images.preview import resized
from dmenet.images.reading import read_image
from dmenet.sample import Image
from dmenet.web import views

INTRODUCTION = """# How blurred is every pixel?
Photographs stay on this machine, and nothing of them is kept. Sky, walls and whatever else is flat
show no blur: there a map is a guess."""
NOTHING_YET = "Drop a photograph, or take one of the examples."
EXAMPLES = (*HELD_OUT, ("skimage.data", "astronaut.png"), ("skimage.data", "coffee.png"))
SIZES = {"800 px": 800, "1600 px": 1600, "3200 px": 3200, "full": None}
"""The longest side at which a photograph is estimated and shown."""

KEPT_SECONDS = 3600
"""So long the results of a page that is still open can be downloaded."""

_CLEAN_EVERY_SECONDS = 60
_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Photograph:
    """What was dropped: its name, and all its pixels in [0, 1]."""

    name: str
    image: Image


@dataclass(frozen=True)
class Estimated:
    """A result at the working size, and how many times larger the photograph is."""

    result: Result
    reduction: float


def page(methods: Mapping[str, Callable[[], Estimator]], folder: Path) -> gr.Blocks:
    """The page.

    Args:
        methods: by name; each is made when it is first chosen. The first is chosen at the start.
        folder: where files for download are written.
    """
    ready = functools.cache(lambda name: _prepared(methods[name]))
    samples = paths(EXAMPLES)
    blocks: gr.Blocks = gr.Blocks(
        title="dmenet",
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(_CLEAN_EVERY_SECONDS, KEPT_SECONDS),
    )
    with blocks:
        photograph = gr.State(time_to_live=KEPT_SECONDS)
        estimated = gr.State(time_to_live=KEPT_SECONDS)
        gr.Markdown(INTRODUCTION)
        with gr.Row():
            with gr.Column(scale=3, min_width=280):
                upload = gr.File(label="Photograph", height=130, elem_id="upload")
                examples = gr.Dataset(
                    components=[gr.Image(visible=False, type="filepath")],
                    samples=[[str(path)] for path in samples],
                    type="index",
                    label="Examples",
                    elem_id="examples",
                )
                method = gr.Dropdown(list(methods), label="Method", elem_id="method")
                size = gr.Dropdown(
                    list(SIZES),
                    value="1600 px",
                    label="Working size",
                    info="The longest side. Blur is in px of this size.",
                    elem_id="size",
                )
                threshold = gr.Slider(
                    0,
                    7,
                    1.0,
                    step=0.1,
                    label="Mask: blurred above (px)",
                    elem_id="threshold",
                )
            with gr.Column(scale=8, min_width=320):
                described = gr.Markdown(NOTHING_YET, elem_id="described")
                with gr.Row():
                    with gr.Column(min_width=380):
                        shown_map = gr.HTML(elem_id="map")
                    with gr.Column(min_width=380):
                        compared = gr.ImageSlider(
                            show_label=False,
                            visible=False,
                            elem_id="compared",
                            format="png",
                            interactive=False,
                            buttons=["fullscreen"],
                            max_height=560,
                        )
                with gr.Row():
                    files = [
                        gr.DownloadButton(label, visible=False, elem_id=name, min_width=140)
                        for name, label in (
                            ("save-map", "Save the map (TIFF)"),
                            ("save-mask", "Save the mask (PNG)"),
                            ("save-picture", "Save the picture (PNG)"),
                        )
                    ]
        save_map, save_mask, save_picture = files

        @_in_the_words_of_predict
        def read(path: str) -> tuple[Photograph, None]:
            # The second empties the place to drop at, for the next photograph.
            return _read_and_delete(Path(path)), None

        @_in_the_words_of_predict
        def take(index: int) -> Photograph:
            return Photograph(samples[index].name, read_image(samples[index]))

        @_in_the_words_of_predict
        def estimate(given: Photograph | None, name: str, longest: str) -> tuple[Any, ...]:
            if given is None:
                return None, NOTHING_YET, "", gr.DownloadButton(visible=False)
            image = _reduced(given.image, SIZES[longest])
            sigma_px = ready(name)(image).sigma_px
            result = Result(image, sigma_px, given.name)
            reduction = given.image.shape[1] / image.shape[1]
            target = _new(folder, given.name, "sigma_px.tiff")
            write_map(target, sigma_px)
            return (
                Estimated(result, reduction),
                views.description(result, name),
                views.map_html(sigma_px, reduction),
                gr.DownloadButton(value=str(target), visible=True),
            )

        @_in_the_words_of_predict
        def compare(found: Estimated | None, threshold_px: float) -> tuple[Any, ...]:
            if found is None:
                nothing = gr.DownloadButton(visible=False)
                return gr.ImageSlider(None, visible=False), nothing, nothing
            image = found.result.image
            blurred = found.result.mask(threshold_px)
            sharp = views.what_is_sharp(image, blurred)
            mask_file = _new(folder, found.result.name, "mask.png")
            _write_png(mask_file, (blurred * 255).astype(np.uint8))
            picture_file = _new(folder, found.result.name, "sharp.png")
            _write_png(picture_file, views.as_pixels(sharp))
            return (
                gr.ImageSlider(
                    (views.as_pixels(resized(image)), views.as_pixels(resized(sharp))), visible=True
                ),
                gr.DownloadButton(value=str(mask_file), visible=True),
                gr.DownloadButton(value=str(picture_file), visible=True),
            )

        estimating: dict[str, Any] = {
            "fn": estimate,
            "inputs": [photograph, method, size],
            "outputs": [estimated, described, shown_map, save_map],
            "api_visibility": "private",
        }
        comparing: dict[str, Any] = {
            "fn": compare,
            "inputs": [estimated, threshold],
            "outputs": [compared, save_mask, save_picture],
            "api_visibility": "private",
        }
        read_upload = upload.upload(read, upload, [photograph, upload], api_visibility="private")
        read_upload.failure(lambda: None, None, upload, api_visibility="private")
        take_example = examples.click(take, examples, photograph, api_visibility="private")
        for taken in (read_upload, take_example):
            taken.success(**estimating).success(**comparing)
        gr.on([method.input, size.input], **estimating).success(**comparing)
        threshold.release(**comparing)
    return blocks


def _prepared(make: Callable[[], Estimator]) -> Estimator:
    estimator = make()
    estimator.prepare([])
    return estimator


def _in_the_words_of_predict(function: _Function) -> _Function:
    """Have the page show what is wrong with an input, as the command does."""

    @functools.wraps(function)
    def shown(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except InputError as error:
            raise gr.Error(str(error), duration=None, title="", print_exception=False) from error

    return shown  # type: ignore[return-value]


def _read_and_delete(path: Path) -> Photograph:
    """The upload, of which no copy stays on the disk; messages name it as its owner does."""
    try:
        return Photograph(path.name, read_image(path))
    except InputError as error:
        raise InputError(str(error).replace(str(path), path.name)) from error
    finally:
        path.unlink(missing_ok=True)


def _reduced(image: Image, longest: int | None) -> Image:
    height, width = image.shape[:2]
    if longest is None or max(height, width) <= longest:
        return image
    factor = longest / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)


def _new(folder: Path, name: str, ending: str) -> Path:
    """A file for download, in a folder of its own since the browser takes its name."""
    place = folder / uuid4().hex
    place.mkdir()  # not its parents: the folder is gone where the server has ended
    return place / f"{Path(name).stem}_{ending}"


def _write_png(path: Path, pixels: views.Pixels) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(encode_png(pixels))
