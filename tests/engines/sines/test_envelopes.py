"""Envelopes through known partials, and what becomes of them."""

import numpy as np
import pytest
import torch
from partials import partials

from estilo.engines.sines.envelopes import FLOOR_DB, N_BANDS, EnvelopeTransport, envelope_db
from estilo.units import hz_to_erb_number

HARMONICS = [220.0 * k for k in range(1, 21)]


def place(frequency_hz):
    """Of a frequency among the bands, 30 Hz to 20 kHz."""
    low, high = (hz_to_erb_number(hz) for hz in (30.0, 20_000.0))
    return float((hz_to_erb_number(frequency_hz) - low) / (high - low) * (N_BANDS - 1))


def test_the_envelope_goes_through_the_partials_and_bridges_them():
    envelope = envelope_db(partials([200.0, 3000.0], [-10.0, -40.0]))[100].numpy()
    first, last = round(place(200.0)), round(place(3000.0))
    assert envelope[first] == pytest.approx(-10.0)
    assert envelope[last] == pytest.approx(-40.0)
    between = np.linspace(-10.0, -40.0, last - first + 1)
    np.testing.assert_allclose(envelope[first : last + 1], between, atol=1e-4)
    np.testing.assert_allclose(envelope[:first], -10.0, atol=1e-5)
    assert envelope[last + 1] == pytest.approx(-46.0)
    assert envelope[-1] == FLOOR_DB


def test_a_frame_without_partials_is_at_the_floor():
    envelope = envelope_db(partials([440.0], [-10.0], rests=50))
    assert (envelope[:50] == FLOOR_DB).all()
    assert (envelope[50:, 0] > FLOOR_DB).all()


def test_steady_partials_take_the_levels_of_the_style():
    content = partials(HARMONICS, [-20.0] * 20)
    tilt = torch.linspace(-10.0, -45.0, 20)
    style = partials(HARMONICS, tilt)
    transport = EnvelopeTransport.between([content], [style], [1.0])
    gains = transport.gains_db(content, share=1.0)[:, 100]
    # Neighbouring bands move together: a bend of the envelope is rounded.
    assert (gains - (tilt + 20.0)).abs()[1:-2].max() < 2.0
    half = transport.gains_db(content, share=0.5)[:, 100]
    torch.testing.assert_close(half, 0.5 * gains)


def test_tones_that_die_away_last_where_the_styles_do():
    fall = torch.linspace(-20.0, -50.0, 250).expand(20, 250)
    content, style = partials(HARMONICS, fall), partials(HARMONICS, [-35.0] * 20)
    gains = EnvelopeTransport.between([content], [style], [1.0]).gains_db(content, share=1.0)
    reached = (content.level_db + gains)[:, 10:-10]
    assert (reached + 35.0).abs().max() < 1.5


def test_styles_are_averaged_by_their_weights():
    content = partials(HARMONICS, [-20.0] * 20)
    styles = [partials(HARMONICS, [level] * 20) for level in (-20.0, -40.0)]
    transport = EnvelopeTransport.between([content], styles, [3.0, 1.0])
    assert transport.gains_db(content, share=1.0)[:15, 100].numpy() == pytest.approx(-5.0, abs=0.1)


def test_rumble_below_the_lowest_partial_of_the_style_is_not_drawn_up():
    levels = torch.full((21, 250), -20.0)
    levels[0] = -50.0  # 90 Hz; it is all that is there between two notes
    levels[1:, 100:150] = -90.0
    content = partials([90.0, *HARMONICS], levels)
    style = partials([440.0 * k for k in range(1, 11)], [-20.0] * 10)
    gains = EnvelopeTransport.between([content], [style], [1.0]).gains_db(content, share=1.0)
    assert gains[0, 10:90].abs().max() < 1.5
    assert gains[1, 10:90].abs().max() < 1.5
