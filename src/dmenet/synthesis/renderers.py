"""The two ways to photograph a scene."""

from dmenet.synthesis.released.compositing import render_released
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.rendering.canvas import Rendering
from dmenet.synthesis.scenes.scene import Scene


def faithful(scene: Scene, camera: ThinLensCamera, linear_light: bool = False) -> Rendering:
    """The image has the blur that its map says, everywhere.

    Args:
        scene: what is photographed.
        camera: what takes it.
        linear_light: whether light is blurred, as by a lens, so that highlights bloom; else the
            values as stored, as the released generator does.
    """
    return scene.photograph(camera, linear_light=linear_light)


def released(scene: Scene, camera: ThinLensCamera) -> Rendering:
    """As the released SYNDOF generator does it; see ``render_released`` for what it gets wrong."""
    return render_released(*scene.pinhole(), camera)
