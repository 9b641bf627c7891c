"""Effects between an instrument and the ear: each by itself, and chains of them."""

from estilo.synthesis.effects.cabinet import Cabinet
from estilo.synthesis.effects.chains import KINDS, Chain, process, random_chain
from estilo.synthesis.effects.chorus import Chorus
from estilo.synthesis.effects.compressor import Compressor
from estilo.synthesis.effects.equaliser import Equaliser
from estilo.synthesis.effects.recording import Effects, apply_effects, random_effects
from estilo.synthesis.effects.room import Room
from estilo.synthesis.effects.waveshaping import Amplifier, Overdrive

__all__ = [
    "KINDS",
    "Amplifier",
    "Cabinet",
    "Chain",
    "Chorus",
    "Compressor",
    "Effects",
    "Equaliser",
    "Overdrive",
    "Room",
    "apply_effects",
    "process",
    "random_chain",
    "random_effects",
]
