"""The page in Gradio's components."""

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeVar
from uuid import uuid4

import gradio as gr
import numpy as np
import torch

from dmenet.api import Result
from dmenet.errors import InputError
from dmenet.estimators import Estimator
from dmenet.files import replacing
from dmenet.images.encoding import encode_png
from dmenet.images.maps import write_map
from dmenet.images.photographs import EXAMPLES, paths
from dmenet.images.preview import resized
from dmenet.images.reading import read_image
from dmenet.networks.scales import reduced
from dmenet.restoration.masks import blurred_mask
from dmenet.restoration.refocusing import magnify
from dmenet.sample import Image
from dmenet.web import views

INTRODUCTION = """# How blurred is every pixel?
Photographs stay on this machine, and nothing of them is kept. Sky, walls and whatever else is flat
show no blur: there a map is a guess."""
NOTHING_YET = "Drop a photograph, or take one of the examples."
SIZES = {"800 px": 800, "1600 px": 1600, "3200 px": 3200, "full": None}
"""The longest side at which a photograph is estimated and shown."""

SHARP, REFOCUSED = "what is sharp", "the background blurred further"

KEPT_SECONDS = 3600
"""So long the results of a page that is still open can be downloaded."""

_CLEAN_EVERY_SECONDS = 60
_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")


class Upload(NamedTuple):
    """A photograph that was dropped or chosen: its name, and all its pixels in [0, 1]."""

    name: str
    image: Image


class _Inputs(NamedTuple):
    """What a visitor gives and sets."""

    upload: gr.File
    examples: gr.Dataset
    method: gr.Dropdown
    size: gr.Dropdown
    shown: gr.Radio
    threshold: gr.Slider
    strength: gr.Slider


class _Outputs(NamedTuple):
    """What the page answers."""

    described: gr.Markdown
    map: gr.HTML
    compared: gr.ImageSlider
    save_map: gr.DownloadButton
    save_mask: gr.DownloadButton
    save_picture: gr.DownloadButton


def page(methods: Mapping[str, Callable[[], Estimator]], folder: Path) -> gr.Blocks:
    """The page.

    Args:
        methods: by name; each is made when it is first chosen. The first is chosen at the start.
        folder: where files for download are written.
    """
    samples = paths(EXAMPLES)
    blocks: gr.Blocks = gr.Blocks(
        title="dmenet",
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(_CLEAN_EVERY_SECONDS, KEPT_SECONDS),
    )
    with blocks:
        gr.Markdown(INTRODUCTION)
        with gr.Row():
            with gr.Column(scale=3, min_width=280):
                inputs = _show_inputs(list(methods), samples)
            with gr.Column(scale=8, min_width=320):
                outputs = _show_outputs()
        _connect(inputs, outputs, methods, samples, folder)
    return blocks


def _show_inputs(methods: Sequence[str], samples: Sequence[Path]) -> _Inputs:
    return _Inputs(
        upload=gr.File(label="Photograph", height=130, elem_id="upload"),
        examples=gr.Dataset(
            components=[gr.Image(visible=False, type="filepath")],
            samples=[[str(path)] for path in samples],
            type="index",
            label="Examples",
            elem_id="examples",
        ),
        method=gr.Dropdown(methods, label="Method", elem_id="method"),
        size=gr.Dropdown(
            list(SIZES),
            value="1600 px",
            label="Working size",
            info="The longest side. Blur is in px of this size.",
            elem_id="size",
        ),
        shown=gr.Radio([SHARP, REFOCUSED], value=SHARP, label="Compare with", elem_id="shown"),
        threshold=gr.Slider(
            0, 7, 1.0, step=0.1, label="Mask: blurred above (px)", elem_id="threshold"
        ),
        strength=gr.Slider(1, 4, 2.0, step=0.1, label="Blur further (times)", elem_id="strength"),
    )


def _show_outputs() -> _Outputs:
    described = gr.Markdown(NOTHING_YET, elem_id="described")
    with gr.Row():
        with gr.Column(min_width=380):
            map_ = gr.HTML(elem_id="map")
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
        saving = [
            gr.DownloadButton(label, visible=False, elem_id=name, min_width=140)
            for name, label in (
                ("save-map", "Save the map (TIFF)"),
                ("save-mask", "Save the mask (PNG)"),
                ("save-picture", "Save the picture (PNG)"),
            )
        ]
    return _Outputs(described, map_, compared, *saving)


def _connect(
    inputs: _Inputs,
    outputs: _Outputs,
    methods: Mapping[str, Callable[[], Estimator]],
    samples: Sequence[Path],
    folder: Path,
) -> None:
    """Have a photograph estimated when it comes, and what is shown follow every setting."""
    photograph = gr.State(time_to_live=KEPT_SECONDS)
    result = gr.State(time_to_live=KEPT_SECONDS)
    ready = functools.cache(lambda name: _prepared(methods[name]))
    estimating: dict[str, Any] = {
        "fn": _said(functools.partial(_estimate, ready, folder)),
        "inputs": [photograph, inputs.method, inputs.size],
        "outputs": [result, outputs.described, outputs.map, outputs.save_map],
        "api_visibility": "private",
    }
    comparing: dict[str, Any] = {
        "fn": _said(functools.partial(_compare, folder)),
        "inputs": [result, inputs.shown, inputs.threshold, inputs.strength],
        "outputs": [outputs.compared, outputs.save_mask, outputs.save_picture],
        "api_visibility": "private",
    }
    # The upload is emptied in any case, for the next photograph.
    dropped = inputs.upload.upload(
        _said(lambda path: (_read_and_delete(Path(path)), None)),
        inputs.upload,
        [photograph, inputs.upload],
        api_visibility="private",
    )
    dropped.failure(lambda: None, None, inputs.upload, api_visibility="private")
    chosen = inputs.examples.click(
        lambda number: Upload(samples[number].name, read_image(samples[number])),
        inputs.examples,
        photograph,
        api_visibility="private",
    )
    for event in (dropped, chosen):
        event.success(**estimating).success(**comparing)
    gr.on([inputs.method.input, inputs.size.input], **estimating).success(**comparing)
    gr.on([inputs.shown.input, inputs.threshold.release, inputs.strength.release], **comparing)


def _prepared(make: Callable[[], Estimator]) -> Estimator:
    estimator = make()
    estimator.prepare([])
    return estimator


def _estimate(
    ready: Callable[[str], Estimator],
    folder: Path,
    photograph: Upload | None,
    method: str,
    size: str,
) -> tuple[Any, ...]:
    """The result, a line on it, its map, and the button that saves that."""
    if photograph is None:
        return None, NOTHING_YET, "", gr.DownloadButton(visible=False)
    image = _reduced(photograph.image, SIZES[size])
    result = Result(image, ready(method)(image).sigma_px, photograph.name)
    file = _new(folder, photograph.name, "sigma_px.tiff")
    write_map(file, result.sigma_px)
    return (
        result,
        views.description(result, method),
        views.map_html(result.sigma_px, photograph.image.shape[1] / image.shape[1]),
        gr.DownloadButton(value=str(file), visible=True),
    )


def _compare(
    folder: Path, result: Result | None, shown: str, threshold_px: float, strength: float
) -> tuple[Any, ...]:
    """The photograph and a picture made of it by its map, and the buttons that save mask and it."""
    if result is None:
        hidden = gr.DownloadButton(visible=False)
        return gr.ImageSlider(None, visible=False), hidden, hidden
    blurred = blurred_mask(result.sigma_px, threshold_px)
    if shown == SHARP:
        picture, ending = views.what_is_sharp(result.image, blurred), "sharp.png"
    else:
        picture, ending = magnify(result.image, result.sigma_px, strength), "blurred_further.png"
    pair = views.as_pixels(resized(result.image)), views.as_pixels(resized(picture))
    mask_file = _new(folder, result.name, "mask.png")
    _write_png(mask_file, (blurred * 255).astype(np.uint8))
    picture_file = _new(folder, result.name, ending)
    _write_png(picture_file, views.as_pixels(picture))
    return (
        gr.ImageSlider(pair, visible=True),
        gr.DownloadButton(value=str(mask_file), visible=True),
        gr.DownloadButton(value=str(picture_file), visible=True),
    )


def _said(function: Callable[_Arguments, _Answer]) -> Callable[_Arguments, _Answer]:
    """Have the page say what is wrong with an input, in the words of the commands."""

    @functools.wraps(function)
    def saying(*arguments: _Arguments.args, **named: _Arguments.kwargs) -> _Answer:
        try:
            return function(*arguments, **named)
        except InputError as error:
            raise gr.Error(str(error), duration=None, print_exception=False) from error

    return saying


def _read_and_delete(path: Path) -> Upload:
    """The upload, of which no copy stays on the disk; messages name it as its owner does."""
    try:
        return Upload(path.name, read_image(path))
    except InputError as error:
        raise InputError(str(error).replace(str(path), path.name)) from error
    finally:
        path.unlink(missing_ok=True)


def _reduced(image: Image, longest_side: int | None) -> Image:
    if longest_side is None:
        return image
    tensor = reduced(torch.from_numpy(image).movedim(2, 0)[None], longest_side)
    return np.ascontiguousarray(tensor[0].movedim(0, 2).numpy())


def _new(folder: Path, name: str, ending: str) -> Path:
    """A file for download, in a folder of its own since the browser takes its name."""
    place = folder / uuid4().hex
    place.mkdir()  # not its parents: the folder is gone where the server has ended
    return place / f"{Path(name).stem}_{ending}"


def _write_png(path: Path, pixels: views.Pixels) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(encode_png(pixels))
