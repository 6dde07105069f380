"""What of an estimate a protocol compares."""

from dmenet.sample import DefocusMap, Map
from dmenet.units import Unit, map_from_sigma_px


def map_values(sigma_px: Map, unit: Unit, own: DefocusMap | None) -> Map:
    """The estimate as map values in [0, 1]: the method's own where they are in ``unit``.

    Args:
        sigma_px: the estimate in px, H x W.
        unit: wanted.
        own: the method's map values, if it has any.
    """
    if own is not None and own.unit == unit:
        return own.values
    values: Map = map_from_sigma_px(sigma_px, unit)
    return values
