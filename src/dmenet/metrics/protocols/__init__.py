"""The rules of evaluation, one file per data set; a protocol scores every method alike."""

from dmenet.metrics.protocols.cuhk import CuhkProtocol
from dmenet.metrics.protocols.protocol import Counts, Protocol, Scores
from dmenet.metrics.protocols.reblur import ReblurProtocol
from dmenet.metrics.protocols.rtf import RtfProtocol
from dmenet.metrics.protocols.syndof import SyndofProtocol

__all__ = [
    "Counts",
    "CuhkProtocol",
    "Protocol",
    "ReblurProtocol",
    "RtfProtocol",
    "Scores",
    "SyndofProtocol",
]
