"""Plays notes of an amsynth preset through its DSSI plugin, with nothing but ctypes.

Reads a request from the standard input, as JSON: the parameters of the preset by name, the notes as
``[midi_pitch, velocity, held_s]``, the rate in Hz, and how long each note is recorded after its key
is released. Writes samples to the standard output, as 32-bit floats, note after note, left channel
before right channel.

Every note is played by a new instance, so that none is heard in the next one.
"""

import ctypes as c
import json
import sys

LIBRARY = "/usr/lib/dssi/amsynth_dssi.so"
BLOCK = 512
NOTE_ON, NOTE_OFF = 6, 7  # of ALSA's sequencer


class PortRange(c.Structure):
    _fields_ = [("hint", c.c_int), ("lower", c.c_float), ("upper", c.c_float)]


class Ladspa(c.Structure):
    """LADSPA_Descriptor of ladspa.h."""

    _fields_ = [
        ("unique_id", c.c_ulong),
        ("label", c.c_char_p),
        ("properties", c.c_int),
        ("name", c.c_char_p),
        ("maker", c.c_char_p),
        ("copyright", c.c_char_p),
        ("n_ports", c.c_ulong),
        ("port_descriptors", c.POINTER(c.c_int)),
        ("port_names", c.POINTER(c.c_char_p)),
        ("port_ranges", c.POINTER(PortRange)),
        ("implementation", c.c_void_p),
        ("instantiate", c.CFUNCTYPE(c.c_void_p, c.c_void_p, c.c_ulong)),
        ("connect_port", c.CFUNCTYPE(None, c.c_void_p, c.c_ulong, c.c_void_p)),
        ("activate", c.CFUNCTYPE(None, c.c_void_p)),
        ("run", c.c_void_p),
        ("run_adding", c.c_void_p),
        ("set_run_adding_gain", c.c_void_p),
        ("deactivate", c.CFUNCTYPE(None, c.c_void_p)),
        ("cleanup", c.CFUNCTYPE(None, c.c_void_p)),
    ]


class Event(c.Structure):
    """snd_seq_event_t of ALSA, for notes."""

    _fields_ = [
        ("type", c.c_ubyte),
        ("flags", c.c_ubyte),
        ("tag", c.c_ubyte),
        ("queue", c.c_ubyte),
        ("tick", c.c_uint),  # the sample within the block
        ("unused", c.c_uint),
        ("addresses", c.c_ubyte * 4),
        ("channel", c.c_ubyte),
        ("note", c.c_ubyte),
        ("velocity", c.c_ubyte),
        ("off_velocity", c.c_ubyte),
        ("duration", c.c_uint),
        ("padding", c.c_uint),
    ]


class Dssi(c.Structure):
    """DSSI_Descriptor of dssi.h."""

    _fields_ = [
        ("version", c.c_int),
        ("ladspa", c.POINTER(Ladspa)),
        ("configure", c.c_void_p),
        ("get_program", c.c_void_p),
        ("select_program", c.c_void_p),
        ("get_midi_controller", c.c_void_p),
        ("run_synth", c.CFUNCTYPE(None, c.c_void_p, c.c_ulong, c.POINTER(Event), c.c_ulong)),
    ]


def play(plugin, controls, note, rate, tail_s):
    """One note: the left channel and the right one, as bytes."""
    ladspa = plugin.ladspa.contents
    handle = ladspa.instantiate(c.addressof(ladspa), rate)
    sides = [(c.c_float * BLOCK)() for _ in range(2)]
    values = []
    for port in range(ladspa.n_ports):
        name = ladspa.port_names[port].decode()
        if name in ("OutL", "OutR"):
            target = sides[name == "OutR"]
        else:
            target = c.c_float(controls.get(name, 0.0))
            values.append(target)
        ladspa.connect_port(handle, port, c.addressof(target))
    if ladspa.activate:
        ladspa.activate(handle)
    pitch, velocity, held_s = note
    n_held, n_samples = round(held_s * rate), round((held_s + tail_s) * rate)
    out = [bytearray(), bytearray()]
    # Smoothed parameters reach their values before the note begins.
    for _ in range(8):
        plugin.run_synth(handle, BLOCK, (Event * 1)(), 0)
    for start in range(0, n_samples, BLOCK):
        events = []
        if start == 0:
            events.append(Event(type=NOTE_ON, note=pitch, velocity=velocity))
        if start <= n_held < start + BLOCK:
            events.append(Event(type=NOTE_OFF, tick=n_held - start, note=pitch))
        plugin.run_synth(handle, BLOCK, (Event * 2)(*events), len(events))
        for channel, side in zip(out, sides, strict=True):
            channel += side
    if ladspa.deactivate:
        ladspa.deactivate(handle)
    ladspa.cleanup(handle)
    return b"".join(bytes(channel[: 4 * n_samples]) for channel in out)


def main():
    request = json.load(sys.stdin)
    library = c.CDLL(LIBRARY)
    library.dssi_descriptor.restype = c.POINTER(Dssi)
    plugin = library.dssi_descriptor(0).contents
    for note in request["notes"]:
        samples = play(plugin, request["controls"], note, request["rate"], request["tail_s"])
        sys.stdout.buffer.write(samples)


if __name__ == "__main__":
    main()
