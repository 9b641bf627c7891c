"""Levels of the bands of every clip of a dataset, computed once and stored beside the clips."""

import copy
import hashlib
import io
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from estilo.datasets.manifest import ManifestEntry
from estilo.io.atomic import output_error, write_atomic
from estilo.io.slices import read_slice
from estilo.models.network import SILENCE, Network

_N_OPEN = 64  # clips; an example looks at one of them several times


class LevelStore:
    """Frames of clips: the levels of their bands, and behind them the level of the waveform.

    They are computed on the processor, wherever the network is, and again where a clip is newer
    than its levels. Threads may share a store.

    Args:
        network: network whose framing and bands are used.
    """

    def __init__(self, network: Network) -> None:
        network = copy.deepcopy(network).cpu()
        self.hop_length, self._past = network.framing.hop_length, network.framing.n_past
        self._hear = network.hear_levels
        self.n_bands, self.centres_hz = network.bands.n_bands, network.bands.centres_hz
        windows = (network.framing.analysis, network.bands.share)
        digest = hashlib.sha256(b"".join(each.numpy().tobytes() for each in windows))
        self._name = f"levels-{digest.hexdigest()[:8]}"
        self._kept = lru_cache(_N_OPEN)(self._open)

    def n_frames(self, clip: ManifestEntry) -> int:
        """Number of frames of a clip; the last one may reach past its end."""
        return -(-clip.n_samples // self.hop_length)

    def read(
        self, folder: Path, clip: ManifestEntry, *, start: int, n_frames: int
    ) -> NDArray[np.float32]:
        """Some frames of a clip; silence past its ends.

        Args:
            folder: folder of the dataset.
            clip: entry of the clip in the manifest.
            start: first frame.
            n_frames: number of frames.

        **Shape**: ``(n_frames, n_bands + 1)``, in units of 20 dB above -40 dB of full scale.
        """
        out = np.full((n_frames, self.n_bands + 1), SILENCE, dtype=np.float32)
        piece = self._kept(folder, clip)[start : start + n_frames]
        out[: len(piece)] = piece
        return out

    def loudest(self, folder: Path, clip: ManifestEntry, *, start: int, n_frames: int) -> float:
        """Highest level of the waveform in some frames of a clip.

        Args:
            folder: folder of the dataset.
            clip: entry of the clip in the manifest.
            start: first frame.
            n_frames: number of frames.
        """
        piece = self._kept(folder, clip)[start : start + n_frames, -1]
        return float(piece.max(initial=SILENCE))

    def _open(self, folder: Path, clip: ManifestEntry) -> NDArray[np.float16]:
        path = folder / self._name / Path(clip.path).with_suffix(".npy")
        kept = self._load(folder, clip, path)
        if kept is None:
            self._write(folder, clip, path)
            kept = np.load(path, mmap_mode="r")
        return kept

    def _load(self, folder: Path, clip: ManifestEntry, path: Path) -> NDArray[np.float16] | None:
        """The stored levels; None where there are none, or damaged or outdated ones."""
        try:
            if path.stat().st_mtime_ns < (folder / clip.path).stat().st_mtime_ns:
                return None
            kept = np.load(path, mmap_mode="r")
        except (OSError, ValueError, EOFError):
            return None
        is_whole = kept.shape == (self.n_frames(clip), self.n_bands + 1)
        return kept if is_whole and kept.dtype == np.float16 else None

    def _write(self, folder: Path, clip: ManifestEntry, path: Path) -> None:
        levels = self._compute(folder / clip.path, clip)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(folder / self._name, error) from error
        buffer = io.BytesIO()
        np.save(buffer, levels)
        write_atomic(path, buffer.getvalue(), force=True)

    @torch.inference_mode()
    def _compute(self, source: Path, clip: ManifestEntry) -> NDArray[np.float16]:
        n_samples = self.n_frames(clip) * self.hop_length
        waveform = torch.from_numpy(read_slice(source, -self._past, self._past + n_samples))
        levels = self._hear(waveform[None, None])[0]
        hops = waveform[self._past :].unflatten(0, (-1, self.hop_length))
        power = hops.square().mean(1, keepdim=True)
        rms = (10.0 * torch.log10(power.clamp(min=1e-10)) + 40.0) / 20.0
        return torch.cat((levels, rms), 1).numpy().astype(np.float16)
