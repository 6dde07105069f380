"""The two ways to photograph a scene."""

from dmenet.synthesis.camera import ThinLensCamera
from dmenet.synthesis.released import render_released
from dmenet.synthesis.rendering import Rendering
from dmenet.synthesis.scenes import Scene


def faithful(scene: Scene, camera: ThinLensCamera) -> Rendering:
    """The image has the blur that its map says, everywhere."""
    return scene.photograph(camera)


def released(scene: Scene, camera: ThinLensCamera) -> Rendering:
    """As the released SYNDOF generator does it; see ``render_released`` for what it gets wrong."""
    return render_released(*scene.pinhole(), camera)
