"""Sounds without notes, made by physically inspired models: fire, water, crowds, machines.

Each is a function ``(duration_s, sample_rate, rng) -> (time,)`` float32: stationary over its
length, varied within it, and different in character for every seed.
"""

from estilo.registry import Registry

TEXTURES = Registry(
    "texture",
    parts={
        "fire-crackle": "estilo.synthesis.textures.fire:fire_crackle",
        "wind": "estilo.synthesis.textures.wind:wind",
        "applause": "estilo.synthesis.textures.applause:applause",
        "insects": "estilo.synthesis.textures.insects:insects",
        "bubbles": "estilo.synthesis.textures.water:bubbles",
        "stream": "estilo.synthesis.textures.water:stream",
        "engine": "estilo.synthesis.textures.engine:engine",
        "radio-static": "estilo.synthesis.textures.radio:radio_static",
    },
)
