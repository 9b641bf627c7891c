"""Several styles at once, and from one to another without a click."""

from collections.abc import Sequence

import torch
from torch import Tensor

from estilo.errors import InputError, SettingsError
from estilo.models.style_encoder import StyleCode
from estilo.nn import State

FADE_FRAMES = 5
"""A change of style takes so many frames: 53 ms."""

_LEAST = 1e-3  # share below which a style that is on its way out is dropped


def blend_codes(codes: Sequence[StyleCode], weights: Sequence[float]) -> StyleCode:
    """One code of several styles: vectors averaged, tokens united, each style's share its weight.

    Quantiles of levels are averaged too: of all distributions, that is the one in the middle (the
    barycentre of the optimal transport).

    A style of weight 0 leaves no trace; a single one that is left is returned as it is.

    Args:
        codes: codes, one or more; batch sizes and lengths of vectors agree, numbers of tokens need
            not.
        weights: one each, none negative, at least one positive; they are divided by their sum.

    Raises:
        SettingsError: there are no codes, or the weights do not fit them.
        InputError: the codes are of networks of different sizes.
    """
    shares = _shares(codes, weights)
    _check_alike(codes)
    if shares.count(0.0) == len(shares) - 1:
        return codes[shares.index(1.0)]
    return _code(_mix(codes, shares))


def start_mix(
    codes: Sequence[StyleCode], weights: Sequence[float] | None = None
) -> dict[str, Tensor]:
    """The state of styles that are heard with weights, equal ones by default.

    Keys: ``vectors`` ``(batch, n_styles, n_vector)`` and ``levels`` ``(batch, n_styles, n_bands,
    n_levels)``; ``keys``, ``values`` ``(batch, n_tokens,
    n)``, ``tokens`` ``(batch, n_tokens)``, the logarithm of each token's share in its style,
    and ``owners`` ``(batch, n_tokens)``, the style that each belongs to; ``weights`` and
    ``targets`` ``(batch, n_styles)``; ``left`` ``(batch, 1)``, frames until the targets are
    reached; ``n_new`` ``(batch, 1)``, how many styles were given last.

    Args:
        codes: codes, as in `blend_codes`.
        weights: weights, as in `blend_codes`; equal if not given.

    Raises:
        SettingsError: as in `blend_codes`.
    """
    return _mix(codes, _shares(codes, [1.0] * len(codes) if weights is None else weights))


def weigh(mix: State, weights: Sequence[float]) -> dict[str, Tensor]:
    """The same styles on their way to other weights.

    Args:
        mix: mix from `start_mix`, or a later state.
        weights: one for each style that was given last, none negative.

    Raises:
        SettingsError: there is not one weight for each style that was given last.
    """
    n_new = int(mix["n_new"][0, 0])
    shares = _shares([None] * n_new, weights)
    targets = torch.zeros_like(mix["targets"])
    targets[:, -n_new:] = targets.new_tensor(shares)
    return {**mix, "targets": targets, "left": torch.full_like(mix["left"], FADE_FRAMES)}


def change(
    mix: State, codes: Sequence[StyleCode], weights: Sequence[float] | None = None
) -> dict[str, Tensor]:
    """The styles on their way out, and new ones on their way in.

    Args:
        mix: mix from `start_mix`, or a later state.
        codes: codes of the new styles, as in `blend_codes`.
        weights: weights, as in `blend_codes`; equal if not given.

    Raises:
        SettingsError: as in `blend_codes`.
    """
    new = start_mix(codes, weights)
    joined = {
        name: torch.cat((mix[name], new[name]), 1)
        for name in ("vectors", "levels", "keys", "values", "tokens")
    }
    joined["owners"] = torch.cat((mix["owners"], new["owners"] + mix["weights"].shape[1]), 1)
    joined["weights"] = torch.cat((mix["weights"], torch.zeros_like(new["weights"])), 1)
    joined["targets"] = torch.cat((torch.zeros_like(mix["targets"]), new["targets"]), 1)
    joined["left"] = torch.full_like(mix["left"], FADE_FRAMES)
    return {**joined, "n_new": new["n_new"]}


def settled(mix: State) -> dict[str, Tensor]:
    """The styles that were given last, whatever their weight, where they were on their way to."""
    is_last = torch.zeros_like(mix["targets"][0], dtype=torch.bool)
    is_last[-int(mix["n_new"][0, 0]) :] = True
    kept = _kept(mix, is_last)
    return {**kept, "weights": kept["targets"], "left": torch.zeros_like(mix["left"])}


def is_moving(mix: State) -> bool:
    """Whether the next frame's code is another than this one's."""
    return bool(mix["left"].max() > 0)


def advance(mix: State) -> dict[str, Tensor]:
    """One frame further on the way; styles that have faded out are dropped."""
    if not is_moving(mix):
        return dict(mix)
    left = mix["left"]
    weights = mix["weights"] + (mix["targets"] - mix["weights"]) / left.clamp(min=1)
    weights = torch.where(left <= 1, mix["targets"], weights)
    moved = {**mix, "weights": weights, "left": (left - 1).clamp(min=0)}
    return _pruned(moved)


def current_code(mix: State) -> StyleCode:
    """What the network hears of the styles in this frame."""
    return _code(mix)


def _shares(codes: Sequence[object], weights: Sequence[float]) -> list[float]:
    total = sum(weights)
    fits = len(codes) == len(weights) > 0 and min(weights, default=-1.0) >= 0.0
    if not (fits and 0.0 < total < float("inf")):
        raise SettingsError(
            f"expected a weight from 0 for each of {len(codes)} styles, one of them above 0, "
            f"got {list(weights)}"
        )
    return [weight / total for weight in weights]


def _check_alike(codes: Sequence[StyleCode]) -> None:
    """Everything but the numbers of tokens."""
    sizes = [
        [
            code.vector.shape[-1],
            code.keys.shape[-1],
            code.values.shape[-1],
            *code.levels.shape[-2:],
        ]
        for code in codes
    ]
    for place, each in enumerate(sizes):
        if each != sizes[0]:
            raise InputError(
                f"expected styles of equal sizes, got {sizes[0]} in the first and {each} in style "
                f"{place + 1}; blend styles that were made with the same weights"
            )


def _mix(codes: Sequence[StyleCode], shares: Sequence[float]) -> dict[str, Tensor]:
    batch = codes[0].vector.shape[0]
    like = codes[0].vector
    weights = like.new_tensor(shares).expand(batch, -1).contiguous()
    owners = [
        torch.full_like(code.weights, place, dtype=torch.int64) for place, code in enumerate(codes)
    ]
    return {
        "vectors": torch.stack([code.vector for code in codes], 1),
        "levels": torch.stack([code.levels for code in codes], 1),
        "keys": torch.cat([code.keys for code in codes], 1),
        "values": torch.cat([code.values for code in codes], 1),
        "tokens": torch.cat([code.weights.log_softmax(1) for code in codes], 1),
        "owners": torch.cat(owners, 1),
        "weights": weights,
        "targets": weights,
        "left": torch.zeros(batch, 1, dtype=torch.int64, device=like.device),
        "n_new": torch.full((batch, 1), len(codes), dtype=torch.int64, device=like.device),
    }


def _code(mix: State) -> StyleCode:
    heard = mix
    if mix["weights"].shape[1] > 1:
        heard = _kept(mix, (mix["weights"] > 0.0).any(0))
    weights = heard["weights"]
    if weights.shape[1] == 1:  # exactly that style, though its weight may have been rounded
        vector, levels = heard["vectors"][:, 0], heard["levels"][:, 0]
        return StyleCode(vector, heard["keys"], heard["values"], heard["tokens"], levels)
    share = weights.clamp(min=1e-30).log().gather(1, heard["owners"])
    vector = (weights[..., None] * heard["vectors"]).sum(1)
    levels = (weights[..., None, None] * heard["levels"]).sum(1)
    return StyleCode(vector, heard["keys"], heard["values"], heard["tokens"] + share, levels)


def _pruned(mix: State) -> dict[str, Tensor]:
    """Without styles that are gone for good: the last ones given stay, whatever their weight."""
    is_done = mix["left"].max() == 0
    fading = mix["targets"].amax(0) == 0.0
    gone = fading & ((mix["weights"].amax(0) < _LEAST) | is_done)
    gone[-int(mix["n_new"][0, 0]) :] = False
    kept = _kept(mix, ~gone)
    total = kept["weights"].sum(1, keepdim=True)
    return {**kept, "weights": kept["weights"] / total}


def _kept(mix: State, styles: Tensor) -> dict[str, Tensor]:
    """Only some of the styles, chosen by a mask, with their tokens."""
    if bool(styles.all()):
        return dict(mix)
    owners = mix["owners"]
    tokens = styles[owners[0]]
    renamed = styles.cumsum(0) - 1
    kept = {name: mix[name][:, tokens] for name in ("keys", "values", "tokens")}
    kept |= {name: mix[name][:, styles] for name in ("vectors", "levels", "weights", "targets")}
    return {**mix, **kept, "owners": renamed[owners[:, tokens]]}
