"""Plays notes of a ZynAddSubFX preset through its LV2 plugin, with nothing but ctypes.

Reads a request from the standard input, as JSON: the preset as the plugin keeps it (XML), the notes
as ``[midi_pitch, velocity, held_s]``, the rate in Hz, and how long each note is recorded after its
key is released. Writes samples to the standard output, as 32-bit floats, note after note, the whole
left channel before the right one.

A preset can take a second to be read, so one instance plays all notes, each in silence: it is
waited for until the one before has died away.
"""

import ctypes as c
import json
import os
import sys

BUNDLE = "/usr/lib/lv2/ZynAddSubFX.lv2/"
LIBRARY = BUNDLE + "ZynAddSubFX.so"
BLOCK = 256
SILENT = 1e-4  # -80 dB
LONGEST_WAIT_S = 4.0
ROOM = 2**20  # words for what the plugin says: the preset, as soon as it has read it
MIDI = "http://lv2plug.in/ns/ext/midi#MidiEvent"
SEQUENCE = "http://lv2plug.in/ns/ext/atom#Sequence"
STRING = "http://lv2plug.in/ns/ext/atom#String"
INT = "http://lv2plug.in/ns/ext/atom#Int"
FLOAT = "http://lv2plug.in/ns/ext/atom#Float"
STATE_KEY = "urn:distrho:state"
AUDIO_PORTS, EVENTS_IN, EVENTS_OUT, FIRST_CONTROL, N_CONTROLS = (0, 1), 2, 3, 4, 17

_urids: dict[str, int] = {}


class Feature(c.Structure):
    _fields_ = [("uri", c.c_char_p), ("data", c.c_void_p)]


Map = c.CFUNCTYPE(c.c_uint32, c.c_void_p, c.c_char_p)
Unmap = c.CFUNCTYPE(c.c_void_p, c.c_void_p, c.c_uint32)
Respond = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_uint32, c.c_void_p)
Schedule = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_uint32, c.c_void_p)
Retrieve = c.CFUNCTYPE(
    c.c_void_p,
    c.c_void_p,
    c.c_uint32,
    c.POINTER(c.c_size_t),
    c.POINTER(c.c_uint32),
    c.POINTER(c.c_uint32),
)


class UridMap(c.Structure):
    _fields_ = [("handle", c.c_void_p), ("map", Map)]


class ScheduleFeature(c.Structure):
    _fields_ = [("handle", c.c_void_p), ("schedule", Schedule)]


class Option(c.Structure):
    """LV2_Options_Option of options.h."""

    _fields_ = [
        ("context", c.c_int),
        ("subject", c.c_uint32),
        ("key", c.c_uint32),
        ("size", c.c_uint32),
        ("type", c.c_uint32),
        ("value", c.c_void_p),
    ]


class Worker(c.Structure):
    """LV2_Worker_Interface of worker.h."""

    _fields_ = [
        (
            "work",
            c.CFUNCTYPE(c.c_int, c.c_void_p, Respond, c.c_void_p, c.c_uint32, c.c_void_p),
        ),
        ("work_response", c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_uint32, c.c_void_p)),
        ("end_run", c.CFUNCTYPE(c.c_int, c.c_void_p)),
    ]


class State(c.Structure):
    """LV2_State_Interface of state.h."""

    _fields_ = [
        ("save", c.c_void_p),
        (
            "restore",
            c.CFUNCTYPE(
                c.c_int, c.c_void_p, Retrieve, c.c_void_p, c.c_uint32, c.POINTER(c.c_void_p)
            ),
        ),
    ]


class Descriptor(c.Structure):
    """LV2_Descriptor of lv2.h."""

    _fields_ = [
        ("uri", c.c_char_p),
        (
            "instantiate",
            c.CFUNCTYPE(c.c_void_p, c.c_void_p, c.c_double, c.c_char_p, c.c_void_p),
        ),
        ("connect_port", c.CFUNCTYPE(None, c.c_void_p, c.c_uint32, c.c_void_p)),
        ("activate", c.CFUNCTYPE(None, c.c_void_p)),
        ("run", c.CFUNCTYPE(None, c.c_void_p, c.c_uint32)),
        ("deactivate", c.CFUNCTYPE(None, c.c_void_p)),
        ("cleanup", c.CFUNCTYPE(None, c.c_void_p)),
        ("extension_data", c.CFUNCTYPE(c.c_void_p, c.c_char_p)),
    ]


def urid(uri):
    """The number of a URI, as LV2 wants them."""
    return _urids.setdefault(uri, len(_urids) + 1)


class MidiEvent(c.Structure):
    """An event of a sequence: time, size, type and three bytes, padded to eight."""

    _fields_ = [
        ("frames", c.c_int64),
        ("size", c.c_uint32),
        ("type", c.c_uint32),
        ("message", c.c_ubyte * 8),
    ]


class Events(c.Structure):
    """LV2_Atom_Sequence with room for the events of a block."""

    _fields_ = [
        ("size", c.c_uint32),
        ("type", c.c_uint32),
        ("unit", c.c_uint32),
        ("padding", c.c_uint32),
        ("events", MidiEvent * 4),
    ]

    def fill(self, *messages):
        """Put in messages, each with the sample at which it comes, in that order."""
        self.size, self.type = 8 + len(messages) * c.sizeof(MidiEvent), urid(SEQUENCE)
        for event, (frames, *message) in zip(self.events, messages):  # noqa: B905
            event.frames, event.size, event.type = frames, 3, urid(MIDI)
            event.message[:3] = message


class Zyn:
    """An instance of the plugin that has read a preset."""

    def __init__(self, preset, rate):
        self.rate = rate
        library = c.CDLL(LIBRARY)
        library.lv2_descriptor.restype = c.POINTER(Descriptor)
        library.lv2_descriptor.argtypes = [c.c_uint32]
        self.plugin = library.lv2_descriptor(0).contents
        self.pending = []
        self.kept = self._features()  # the plugin goes on using them
        self.handle = self.plugin.instantiate(
            c.addressof(self.plugin), rate, BUNDLE.encode(), c.addressof(self.kept[0])
        )
        if not self.handle:
            raise SystemExit("the plugin could not be made")
        self._connect()
        self._restore(preset)
        self.plugin.activate(self.handle)

    def _features(self):
        uri_map = UridMap(None, Map(lambda _, uri: urid(uri.decode())))
        schedule = ScheduleFeature(None, Schedule(self._schedule))
        numbers = [c.c_int32(BLOCK), c.c_int32(BLOCK), c.c_int32(BLOCK), c.c_float(self.rate)]
        names = ["minBlockLength", "maxBlockLength", "nominalBlockLength"]
        keys = [urid(f"http://lv2plug.in/ns/ext/buf-size#{name}") for name in names]
        keys.append(urid("http://lv2plug.in/ns/ext/parameters#sampleRate"))
        options = (Option * 5)()
        for option, key, number in zip(options, keys, numbers):  # noqa: B905 - the last one ends it
            kind = FLOAT if isinstance(number, c.c_float) else INT
            option.key, option.size, option.type = key, 4, urid(kind)
            option.value = c.addressof(number)
        found = {
            "http://lv2plug.in/ns/ext/urid#map": uri_map,
            "http://lv2plug.in/ns/ext/worker#schedule": schedule,
            "http://lv2plug.in/ns/ext/options#options": options,
        }
        features = [Feature(uri.encode(), c.addressof(data)) for uri, data in found.items()]
        pointers = (c.POINTER(Feature) * (len(features) + 1))(*map(c.pointer, features))
        return pointers, features, found, numbers

    def _schedule(self, _, size, data):
        self.pending.append(c.string_at(data, size))
        return 0

    def _connect(self):
        self.sides = [(c.c_float * BLOCK)() for _ in AUDIO_PORTS]
        self.events, self.said = Events(), (c.c_uint32 * ROOM)()
        self.controls = [c.c_float(0.5) for _ in range(N_CONTROLS)]
        ports = dict(zip(AUDIO_PORTS, self.sides, strict=True))
        ports |= {EVENTS_IN: self.events, EVENTS_OUT: self.said}
        ports |= {FIRST_CONTROL + place: control for place, control in enumerate(self.controls)}
        for port, target in ports.items():
            self.plugin.connect_port(self.handle, port, c.addressof(target))

    def _restore(self, preset):
        text = c.create_string_buffer(preset.encode())

        def retrieve(_, key, size, kind, flags):
            if key != urid(STATE_KEY):
                return None
            size[0], kind[0], flags[0] = len(text), urid(STRING), 0
            return c.addressof(text)

        place = self.plugin.extension_data(b"http://lv2plug.in/ns/ext/state#interface")
        state = State.from_address(place)
        status = state.restore(self.handle, Retrieve(retrieve), None, 0, None)
        if status:
            raise SystemExit(f"the preset could not be read (status {status})")

    def run(self, *messages):
        """A block of samples of both channels, as bytes."""
        self.events.fill(*messages)
        self.said[:2] = [4 * ROOM - 8, 0]
        self.plugin.run(self.handle, BLOCK)
        self._work()
        return [bytes(side) for side in self.sides]

    def _work(self):
        """What the plugin asked to be done outside of its time."""
        place = self.plugin.extension_data(b"http://lv2plug.in/ns/ext/worker#interface")
        worker = Worker.from_address(place)
        answers = []

        def respond(_, size, data):
            answers.append(c.string_at(data, size))
            return 0

        while self.pending:
            data = self.pending.pop(0)
            worker.work(self.handle, Respond(respond), None, len(data), data)
        for data in answers:
            worker.work_response(self.handle, len(data), data)

    def silence(self):
        """Wait until nothing is heard any more."""
        self.run((0, 0xB0, 120, 0))
        for _ in range(round(LONGEST_WAIT_S * self.rate / BLOCK)):
            self.run()
            if max(abs(value) for side in self.sides for value in side[::8]) < SILENT:
                return

    def play(self, note, tail_s):
        """One note: the left channel and the right one, as bytes."""
        pitch, velocity, held_s = note
        n_held, n_samples = round(held_s * self.rate), round((held_s + tail_s) * self.rate)
        out = [bytearray(), bytearray()]
        for start in range(0, n_samples, BLOCK):
            messages = [(0, 0x90, pitch, velocity)] if start == 0 else []
            if start <= n_held < start + BLOCK:
                messages.append((n_held - start, 0x80, pitch, 0))
            for channel, side in zip(out, self.run(*messages), strict=True):
                channel += side
        return b"".join(bytes(channel[: 4 * n_samples]) for channel in out)


def main():
    request = json.load(sys.stdin)
    # The plugin prints to the standard output, which is for samples.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    zyn = Zyn(request["preset"], request["rate"])
    zyn.run()
    for note in request["notes"]:
        zyn.silence()
        out.write(zyn.play(note, request["tail_s"]))
    out.flush()
    os._exit(0)  # its threads may hang as they end


if __name__ == "__main__":
    main()
