import numpy as np
import pytest
import torch

from estilo.errors import InputError
from estilo.losses.difference import MeanSquare


def test_value_and_gradient(rng: np.random.Generator) -> None:
    frames, content = torch.from_numpy(rng.standard_normal((2, 6, 9)))
    frames.requires_grad_()
    loss = MeanSquare()
    value = loss.forward(frames, loss.prepare([content], [1.0]))
    value.backward()
    expected = np.mean((frames.detach().numpy() - content.numpy()) ** 2)
    assert value.item() == pytest.approx(expected)
    torch.testing.assert_close(frames.grad, 2.0 * (frames - content).detach() / frames.numel())


def test_what_does_not_fit_is_refused() -> None:
    loss = MeanSquare()
    with pytest.raises(InputError, match="a content term takes one reference, got 2"):
        loss.prepare([torch.zeros(2, 5)] * 2, [0.5, 0.5])
    with pytest.raises(InputError, match=r"candidate \(2, 4\) and content \(2, 5\).*same shape"):
        loss.forward(torch.zeros(2, 4), loss.prepare([torch.zeros(2, 5)], [1.0]))
