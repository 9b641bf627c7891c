"""A sound file of every kind that estilo reads, and what reads it."""

import io
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

from mending import mended_ogg, mended_png

Numbers = Iterable[Any]
"""Arrays and numbers that came out of a file, all of which are to be finite."""

RATE_HZ = 48_000


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Args:
        name: of the kind.
        file_name: name that its files have.
        make: writes a sound one to a path.
        read: reads one, as estilo does where it is given, and tells the numbers in it.
        is_text: whether it is a document.
        mend: puts the checksums of a damaged one right.
    """

    name: str
    file_name: str
    make: Callable[[Path], object]
    read: Callable[[Path], Numbers]
    is_text: bool = False
    mend: Callable[[bytes], bytes] | None = None


def noise(n_samples: int = 6_000, n_channels: int = 2) -> np.ndarray:
    """**Shape** (time, channels)."""
    return 0.1 * np.random.default_rng(0).standard_normal((n_samples, n_channels))


def _by_soundfile(major: str, subtype: str, endian: str = "FILE") -> Callable[[Path], object]:
    def make(path: Path) -> None:
        options: dict[str, Any] = {"format": major, "subtype": subtype, "endian": endian}
        with path.open("wb") as stream:
            sf.write(stream, noise(), RATE_HZ, **options)

    return make


def _by_av(codec: str, container: str) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        import av

        buffer = io.BytesIO()
        with av.open(buffer, "w", format=container) as file:
            stream: Any = file.add_stream(codec, rate=RATE_HZ, layout="stereo")
            context = stream.codec_context
            forms = [each.name for each in context.codec.audio_formats]
            form = next((each for each in forms if each.startswith("s16")), forms[0])
            context.format = form
            samples = noise().T.astype(np.float32)
            for start in range(0, samples.shape[1] - 1023, 1024):
                block: Any = np.ascontiguousarray(samples[:, start : start + 1024])
                if "s16" in form:
                    block = np.round(block * 2**15).astype(np.int16)
                if not form.endswith("p"):
                    block = np.ascontiguousarray(block.T).reshape(1, -1)
                frame = av.AudioFrame.from_ndarray(block, format=form, layout="stereo")
                frame.sample_rate, frame.pts = RATE_HZ, start
                file.mux(stream.encode(frame))
            file.mux(stream.encode(None))
        path.write_bytes(buffer.getvalue())

    return make


def _heard(path: Path) -> Numbers:
    """Whole, or as far as it goes: whatever comes out has to be samples."""
    from estilo.errors import AudioFileError
    from estilo.io import load, probe

    try:
        probe(path)
        audio = load(path)
    except AudioFileError:
        audio = load(path, accept_truncated=True)
    assert audio.samples.size > 0
    yield audio.samples


_SOUNDFILE = (
    ("wav", "wav", "WAV", "PCM_16"),
    ("wav of 8 bits", "wav", "WAV", "PCM_U8"),
    ("wav of 24 bits", "wav", "WAVEX", "PCM_24"),
    ("wav of floats", "wav", "WAV", "FLOAT"),
    ("wav of doubles", "wav", "WAV", "DOUBLE"),
    ("wav, µ-law", "wav", "WAV", "ULAW"),
    ("wav, IMA ADPCM", "wav", "WAV", "IMA_ADPCM"),
    ("wav, Microsoft ADPCM", "wav", "WAV", "MS_ADPCM"),
    ("RF64", "wav", "RF64", "PCM_16"),
    ("Wave64", "w64", "W64", "PCM_24"),
    ("aiff", "aiff", "AIFF", "PCM_16"),
    ("aifc of floats", "aifc", "AIFF", "FLOAT"),
    ("caf", "caf", "CAF", "PCM_24"),
    ("caf, ALAC", "caf", "CAF", "ALAC_16"),
    ("flac", "flac", "FLAC", "PCM_16"),
    ("flac of 24 bits", "flac", "FLAC", "PCM_24"),
    ("ogg", "ogg", "OGG", "VORBIS"),
    ("opus", "opus", "OGG", "OPUS"),
    ("mp3", "mp3", "MP3", "MPEG_LAYER_III"),
)
_AV = (
    ("flac in ogg", "ogg", "flac", "ogg"),
    ("m4a", "m4a", "aac", "ipod"),
    ("mp4, ALAC", "mp4", "alac", "mp4"),
    ("mov", "mov", "pcm_s16le", "mov"),
    ("aac", "aac", "aac", "adts"),
    ("webm", "webm", "libopus", "webm"),
    ("mka", "mka", "flac", "matroska"),
    ("wav with mp3 in it", "wav", "libmp3lame", "wav"),
    ("layer II", "mp2", "mp2", "mp2"),
)


def _mend_of(container: str) -> Callable[[bytes], bytes] | None:
    return mended_ogg if container.lower() == "ogg" else None


def _midi(path: Path) -> None:
    from estilo.analysis.transcription.heard import HeardNote, Hit, Transcription
    from estilo.sampler.midi_writing import write_midi

    cents = np.linspace(-30.0, 30.0, 40, dtype=np.float32)
    notes = tuple(
        HeardNote(0.5 * place, 0.5 * place + 0.4, 60.0 + place, -12.0, cents, 0.1 * cents)
        for place in range(6)
    )
    hits = (Hit(1.0, 1.1, -20.0), Hit(2.0, 2.1, -25.0))
    write_midi(Transcription(notes, hits, 1.0), path, force=True)


def _notes(path: Path) -> Numbers:
    from estilo.sampler.midi_reading import read_midi

    heard = read_midi(path)
    for note in heard.notes:
        yield from (note.start_s, note.end_s, note.pitch, note.level_db, note.cents, note.levels_db)
    for hit in heard.hits:
        yield from (hit.start_s, hit.end_s, hit.level_db)


def _mask(mode: str) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        from PIL import Image

        codes = np.random.default_rng(0).integers(0, 256, (40, 60, 4), dtype=np.uint8)
        Image.fromarray(codes).convert(mode).save(path, format="PNG")

    return make


def _shares(path: Path) -> Numbers:
    from estilo.pipeline.masks import read_mask

    yield read_mask(path).shares


def _recipe(path: Path) -> None:
    import estilo

    clips = [path.with_name(name) for name in ("content.wav", "style.wav")]
    for place, clip in enumerate(clips):
        audio = estilo.Audio(noise(20_000, 1).T * (place + 1), RATE_HZ)
        estilo.save(audio, clip, force=True)
    result = estilo.transfer(*map(str, clips), engine="eq", scores=False)
    path.write_text(result.report.to_json(), encoding="utf-8")


def _report(path: Path) -> Numbers:
    """All that is looked at before a recipe's inputs are decoded."""
    from estilo.pipeline.report import read_report
    from estilo.pipeline.rerunning import check_unchanged, recorded_clips, recorded_weights, split
    from estilo.pipeline.travelling import changed_output, located

    report = located(read_report(path), path, inputs=None)
    clips = recorded_clips(report, path)
    check_unchanged(report, path, clips)
    changed_output(report, path)
    split(report, clips)
    return recorded_weights(report)


def _preset(path: Path) -> None:
    import estilo.presets

    source = Path(str(estilo.presets.__file__)).with_name("dipani.toml")
    path.write_bytes(source.read_bytes())


def _plan(path: Path) -> Numbers:
    from estilo.pipeline.plan import Plan

    Plan.of(preset=str(path))
    return ()


def _style(path: Path) -> None:
    from estilo.audio import Audio
    from estilo.engines.neural.style_file import write_style
    from estilo.neural.style_files import style_from

    write_style(path, style_from([Audio(noise(30_000, 1).T, RATE_HZ)], name="x"), force=True)


def _code(path: Path) -> Numbers:
    from estilo.engines.neural.style_file import read_style

    return [part.numpy() for part in read_style(path).code]


def _weights(path: Path) -> None:
    from estilo.engines.neural.weights import shipped_path

    path.write_bytes(shipped_path().read_bytes())


def _network(path: Path) -> Numbers:
    from estilo.engines.neural.weights import read_weights

    return [each.numpy() for each in read_weights(path)[0].state_dict().values()]


def _training(path: Path) -> None:
    import estilo.training

    source = Path(str(estilo.training.__file__)).parent / "recipes" / "base.toml"
    path.write_bytes(source.read_bytes())


def _read_training(path: Path) -> Numbers:
    from estilo.training.recipe import read_recipe

    read_recipe(path)
    return ()


def _manifest(path: Path) -> None:
    from estilo.datasets.manifest import ManifestEntry, write_manifest

    entries = [
        ManifestEntry(f"{n}.wav", 48_000, RATE_HZ, "train", "flute", f"p{n}", "own", "CC0-1.0")
        for n in range(5)
    ]
    write_manifest(path.parent, entries)


def _read_manifest(path: Path) -> Numbers:
    from estilo.datasets.manifest import read_manifest

    return [each.duration_s for each in read_manifest(path.parent)]


def _phrases(path: Path) -> None:
    from estilo.datasets.phrases import write_phrases
    from estilo.synthesis.notes import Note

    write_phrases(path.parent, {"p": (Note(0.0, 0.5, 60.0, 0.5), Note(0.5, 1.0, 62.0, 1.0))})


def _read_phrases(path: Path) -> Numbers:
    from estilo.datasets.phrases import read_phrases

    for notes in read_phrases(path.parent).values():
        for note in notes:
            yield list(asdict(note).values())


def _library(path: Path) -> None:
    from estilo.datasets.instruments.library import InstrumentNote, write_library

    note = InstrumentNote("a.flac", "flute", 60, 90, 0.5, "test", "CC0-1.0", "own")
    write_library(path.parent, [note])


def _read_library(path: Path) -> Numbers:
    from estilo.datasets.instruments.library import read_library

    return [each.held_s for each in read_library(path.parent)]


def _patch(path: Path) -> None:
    codes = (20_000 * np.sin(np.arange(2_000) / 10)).astype("<i2").tobytes()
    head = bytearray(239)
    head[:22] = b"GF1PATCH110\0ID#000002\0"
    head[198] = 1
    sample = np.zeros(96, np.uint8)
    sample[8:12] = np.frombuffer(len(codes).to_bytes(4, "little"), np.uint8)
    sample[20:22] = np.frombuffer((32_000).to_bytes(2, "little"), np.uint8)
    sample[22:34] = np.frombuffer(
        np.array([20_000, 20_000_000, 440_000], "<u4").tobytes(), np.uint8
    )
    sample[55] = 1
    path.write_bytes(bytes(head) + sample.tobytes() + codes)


def _played(path: Path) -> Numbers:
    from estilo.synthesis.gus_patches import play_patch, read_patch
    from estilo.synthesis.notes import Note

    patch = read_patch(path)
    note = Note(0.0, 0.05, 60.0, 1.0)
    yield from (each.samples for each in patch)
    yield play_patch(patch, note, sample_rate=RATE_HZ, duration_s=0.1)


def _design(path: Path) -> None:
    from estilo.listening.design import Design, Page, Stimulus, keep_design

    stimuli = (Stimulus("a", "eq 1", "output", "a.flac"), Stimulus("b", "c", "output", "b.flac"))
    page = Page("p", "item", "quality", stimuli[:1], stimuli)
    path.unlink(missing_ok=True)
    keep_design(path.parent, Design("ratings", "real", 0, ("eq 1", "c"), (page,)))


def _read_design(path: Path) -> Numbers:
    from estilo.listening.answers import checked
    from estilo.listening.design import read_design

    design = read_design(path.parent)
    checked({"page": "p", "listener": "Ada", "values": {"a": 50.0, "b": 20.0}}, design)
    return ()


def _index(path: Path) -> None:
    from estilo.evaluation.kept_index import Index, ListedItem, ListedOutput, write_index

    items, outputs = (ListedItem("a--b"),), (ListedOutput("a--b", "eq", "x.flac"),)
    write_index(path.parent, Index("real", items, outputs))


def _read_index(path: Path) -> Numbers:
    from estilo.evaluation.kept_index import read_index

    read_index(path.parent)
    return ()


def _journal(path: Path) -> None:
    """What a killed run leaves: its lock, with a journal, and the parts that it had written."""
    said = {
        "targets": ["out.wav", "out.wav.json"],
        "is_forced": True,
        "made": [1, 2, 3],
        "before": None,
    }
    path.write_text(f"{json.dumps(said)}\n", encoding="utf-8")


def _sweep(path: Path) -> Numbers:
    from estilo.io.hidden import sweep

    for place in range(2):
        path.with_name(f"{path.stem}.{place}.part").write_bytes(b"part")
    sweep(path.parent)
    return ()


def kinds() -> list[Kind]:
    """All kinds, the recordings first."""
    found = [
        Kind(name, f"x.{extension}", _by_soundfile(major, subtype), _heard, mend=_mend_of(major))
        for name, extension, major, subtype in _SOUNDFILE
    ]
    found.append(Kind("wav, big-endian", "x.wav", _by_soundfile("WAV", "PCM_16", "BIG"), _heard))
    found += [
        Kind(name, f"x.{extension}", _by_av(codec, container), _heard, mend=_mend_of(container))
        for name, extension, codec, container in _AV
    ]
    found += [
        Kind("MIDI", "x.mid", _midi, _notes),
        Kind("mask, grey", "x.png", _mask("L"), _shares, mend=mended_png),
        Kind("mask, colours", "x.png", _mask("RGBA"), _shares, mend=mended_png),
        Kind("mask, palette", "x.png", _mask("P"), _shares, mend=mended_png),
        Kind("recipe", "x.wav.json", _recipe, _report, is_text=True),
        Kind("preset", "x.toml", _preset, _plan, is_text=True),
        Kind("style file", "x.estilo-style", _style, _code),
        Kind("weights", "x.safetensors", _weights, _network),
        Kind("recipe of a training", "x.toml", _training, _read_training, is_text=True),
        Kind("manifest", "manifest.jsonl", _manifest, _read_manifest, is_text=True),
        Kind("phrases", "phrases.json", _phrases, _read_phrases, is_text=True),
        Kind("table of instruments", "notes.csv", _library, _read_library, is_text=True),
        Kind("Gravis patch", "x.pat", _patch, _played),
        Kind("listening test", "design.json", _design, _read_design, is_text=True),
        Kind("index of outputs", "outputs.json", _index, _read_index, is_text=True),
        Kind("journal", f".estilo-{'0' * 16}.lock", _journal, _sweep, is_text=True),
    ]
    return found
