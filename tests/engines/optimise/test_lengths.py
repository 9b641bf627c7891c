import pytest
import torch

from estilo.engines.optimise.lengths import n_frames_needed, n_samples_needed, require_length
from estilo.errors import AudioFileError
from estilo.features import FEATURES
from estilo.representations import REPRESENTATIONS


@pytest.mark.parametrize("name", ["stft", "mel", "cqt", "real-imag"])
@pytest.mark.parametrize("n_frames", [1, 5, 20, 300])
def test_so_many_samples_give_so_many_frames(name: str, n_frames: int) -> None:
    representation = REPRESENTATIONS[name](sample_rate=8000)
    n_samples = n_samples_needed(n_frames, representation.hop_length)
    assert representation.analyse(torch.zeros(1, n_samples)).shape[-1] >= n_frames


def test_a_network_says_itself_how_many_frames_it_needs() -> None:
    network = FEATURES["random-1d"](4, n_filters=2, kernel=9, generator=torch.Generator())
    assert n_frames_needed((1, 30), network) == 9
    assert n_frames_needed((1, 30), None) == 30


def test_the_clip_that_is_too_short_is_named() -> None:
    long, short = torch.zeros(900), torch.zeros(99)
    require_length(99, content=short, styles=[long, short], sample_rate=1000)
    message = r"the content is 0\.099 s long, .* can analyse is 0\.100 s; give a longer clip"
    with pytest.raises(AudioFileError, match=message):
        require_length(100, content=short, styles=[long], sample_rate=1000)
    with pytest.raises(AudioFileError, match=r"the style is 0\.099 s long"):
        require_length(100, content=long, styles=[long, short], sample_rate=1000)
