"""Settings of texture synthesis: from loosely like the style to a faithful likeness."""

from typing import Any

from estilo.errors import SettingsError

DEFAULT_REALISM = 0.5
_COARSE_WIDTHS = ((1,), (1, 4), (1, 4, 16))
_STARTS = ("noise", "transport", "transport")
_FIRST_STEPS = (30, 7, 7)  # from noise there is further to go
_FINE_WIDTHS = ((1,), (1, 8), (1, 8, 32))


def texture_settings(realism: float = DEFAULT_REALISM) -> dict[str, Any]:
    """Settings of the optimise engine for a texture.

    Up to a third, noise is given the style's statistics of single frames: nothing that happens in
    it ever happened in the style. Above, stretches of the style's spectrogram are shuffled and
    given a new waveform, then tied to its statistics by wider patches and more steps: more real,
    and nearer to a copy.

    Args:
        realism: 0 to 1.

    Raises:
        SettingsError: it lies outside.

    Example:
        >>> texture_settings(0.0)["n_steps"], texture_settings(1.0)["n_steps"]
        (30, 56)
    """
    if not 0.0 <= realism <= 1.0:
        raise SettingsError(f"realism must lie between 0 and 1, got {realism}")
    grade = min(2, int(3 * realism))
    return {
        "representation": "waveform",
        "start": _STARTS[grade],
        "n_steps": round(_FIRST_STEPS[grade] * 8.0**realism),
        "style_views": (
            {"window_s": 0.093, "hop_s": 0.0232, "n_bands": 48, "widths": _COARSE_WIDTHS[grade]},
            {"window_s": 0.0116, "hop_s": 0.0058, "n_bands": 32, "widths": _FINE_WIDTHS[grade]},
        ),
    }
