"""Which views and losses make up the objective, for each representation."""

from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from estilo.engines.optimise.lengths import n_frames_needed, n_samples_needed, require_length
from estilo.engines.optimise.settings import OptimiseSettings
from estilo.engines.optimise.views import Dynamics, LogBands, Partials, Standardised, View
from estilo.errors import SettingsError
from estilo.features import FEATURES
from estilo.features.base import Features
from estilo.losses import LOSSES
from estilo.losses.arccos import ArccosContent, ArccosStyle
from estilo.losses.base import Loss
from estilo.losses.difference import MeanSquare
from estilo.losses.feature_content import FeatureContent
from estilo.losses.gram import GramLoss
from estilo.losses.objective import Objective, Role, Term
from estilo.losses.rhythm import Rhythm
from estilo.representations import traits_of
from estilo.representations.base import Representation

LEVEL = 0.1
_VIEW_RATE_HZ = 90.0  # frames come no faster to the closed form, whose cost is their number squared


@dataclass(frozen=True)
class Materials:
    """What terms are made from: waveforms ``(time,)`` at `LEVEL`.

    Args:
        styles: excerpts of all styles.
        weights: one per excerpt; they sum to 1.
        content: one excerpt, or None.
        reference: what the style terms are 1 at: the content, or noise where there is none.
        sample_rate: sample rate in Hz.
        high_hz: highest frequency at which the styles hold anything, in Hz.
        seed: random seed of a network's weights.
    """

    styles: list[Tensor]
    weights: tuple[float, ...]
    content: Tensor | None
    reference: Tensor
    sample_rate: int
    high_hz: float
    seed: int


def waveform_terms(settings: OptimiseSettings, materials: Materials) -> dict[str, Term]:
    """Terms that look at a waveform, at the resolutions of the settings.

    Args:
        settings: settings of the terms and of their resolutions.
        materials: what the terms are made from and calibrated on.

    Raises:
        AudioFileError: a recording is too short for a term.
        SettingsError: a term needs the content, and there is none.
    """
    terms: dict[str, Term] = {}
    resolutions = [
        (
            spec,
            _bands(materials, spec.window_s, spec.hop_s, spec.n_bands),
            _features(settings, spec.n_bands, materials.seed),
        )
        for spec in settings.style_views
    ]
    shortest = [
        n_samples_needed(n_frames_needed(spec.widths, features), bands.hop_length)
        for spec, bands, features in resolutions
    ]
    rhythm_bands = _bands(materials, 0.0464, 0.0116, 16)
    rhythm = Rhythm(frame_rate_hz=rhythm_bands.frame_rate_hz)
    if settings.rhythm:
        shortest.append(n_samples_needed(2 * rhythm.first, rhythm_bands.hop_length))
    _require_length(materials, max(shortest))
    for i, (spec, bands, features) in enumerate(resolutions, start=1):
        view = Standardised(bands, materials.styles, materials.weights)
        loss = ArccosStyle(widths=spec.widths) if features is None else _gram(settings)
        for name, seen in _maps(view, features, materials.reference):
            terms[f"style-{i}{name}"] = _style_term(seen, loss, materials)
    if materials.content is not None:
        for i, spec in enumerate(settings.content_views, start=1):
            bands = _bands(materials, spec.window_s, spec.hop_s, spec.n_bands, to_nyquist=True)
            view = Partials(bands) if spec.keep == "partials" else Dynamics(bands)
            terms[f"content-{i}"] = _content_term(view, MeanSquare(), materials)
    if settings.rhythm:
        terms["rhythm"] = _style_term(rhythm_bands, rhythm, materials, role="rhythm")
    first = resolutions[0][1]
    view = Standardised(first, materials.styles, materials.weights)
    return terms | _extra_terms(settings, view, materials, frame_rate_hz=first.frame_rate_hz)


def frame_terms(
    settings: OptimiseSettings,
    materials: Materials,
    representation: Representation,
    network: Features | None,
) -> dict[str, Term]:
    """Terms that look at the frames of a representation, as the original methods' did.

    The terms are calibrated unless the settings fix the weight of the content (`content_weight`).

    Args:
        settings: settings of the terms and of their features.
        materials: what the terms are made from and calibrated on.
        representation: representation whose frames they look at.
        network: a feature network in place of the one that the settings describe.

    Raises:
        AudioFileError: a recording is too short for a term.
        SettingsError: a term needs the content, and there is none.
    """

    def analyse(waveform: Tensor) -> Tensor:
        return representation.analyse(waveform[None])[0]

    # Not by counting: the frames that join a constant-Q transform's end to its start would count.
    frame_rate_hz = materials.sample_rate / representation.hop_length
    can_average = traits_of(settings.representation).can_average
    pool = max(1, round(frame_rate_hz / _VIEW_RATE_HZ)) if can_average else 1
    features = network or _features(settings, representation.n_bands, materials.seed)
    hop_length = round(materials.sample_rate / frame_rate_hz) * pool
    n_frames = n_frames_needed(settings.widths, features)
    rhythm = Rhythm(frame_rate_hz=frame_rate_hz / pool)
    if settings.rhythm:
        n_frames = max(n_frames, 2 * rhythm.first)
    _require_length(materials, n_samples_needed(n_frames, hop_length))
    frames = [analyse(style) for style in materials.styles]
    content = None if materials.content is None else analyse(materials.content)
    materials = replace(
        materials, styles=frames, content=content, reference=analyse(materials.reference)
    )
    view = _Pooled(pool)
    if settings.standardise:
        view = Standardised(view, materials.styles, materials.weights)
    terms: dict[str, Term] = {}
    style_loss, content_loss = _frame_losses(settings, features)
    for name, seen in _maps(view, features, materials.reference):
        terms[f"style{name}"] = _style_term(seen, style_loss, materials)
        if content is not None:
            terms[f"content{name}"] = _content_term(seen, content_loss, materials)
    if settings.rhythm:
        terms["rhythm"] = _style_term(view, rhythm, materials, role="rhythm")
    terms |= _extra_terms(settings, view, materials, frame_rate_hz=frame_rate_hz / pool)
    if settings.content_weight is not None:
        return {name: replace(term, scale=1.0) for name, term in terms.items()}
    return terms


def _extra_terms(
    settings: OptimiseSettings, view: View, materials: Materials, *, frame_rate_hz: float
) -> dict[str, Term]:
    """Terms that were asked for by name, at their own weights, on the frames that the style is on.

    Raises:
        SettingsError: one is held against the content, and there is none.
    """
    terms: dict[str, Term] = {}
    for name, weight in settings.extra_terms.items():
        build: type[Loss] = LOSSES[name]
        loss = build.for_frames(frame_rate_hz=frame_rate_hz)
        if loss.against == "style":
            term = _style_term(view, loss, materials)
        elif materials.content is not None:
            term = _content_term(view, loss, materials)
        else:
            raise SettingsError(
                f"the term {name!r} of extra_terms holds the output against the content, and "
                "a texture has none; leave it out"
            )
        terms[f"extra-{name}"] = replace(term, weight=weight)
    return terms


def objective(
    settings: OptimiseSettings, terms: dict[str, Term], content: Tensor | None
) -> Objective:
    """Terms with the content's own targets, weighed by the strength.

    Args:
        settings: settings with strength, or the fixed weight of an original method.
        terms: terms from `waveform_terms` or `frame_terms`.
        content: what the content terms look at: a waveform or frames; None where there is none.
    """
    if content is not None:
        terms = {
            name: replace(term, target=term.loss.prepare([term.view(content)], [1.0]))
            if term.role == "content"
            else term
            for name, term in terms.items()
        }
    if settings.content_weight is not None:
        fixed: dict[Role, float] = {"style": 1.0, "content": settings.content_weight}
        return Objective(terms, {**fixed, "rhythm": settings.rhythm})
    # Without a content signal there is nothing to weigh the style against, and no strength.
    balance = 0.0 if content is None else content_balance(settings.strength)
    weights: dict[Role, float] = {
        "style": 1.0 / (1.0 + balance),
        "content": balance / (1.0 + balance),
        "rhythm": settings.rhythm / (1.0 + balance),
    }
    terms = {
        name: term if term.weight is None else replace(term, weight=term.weight / (1.0 + balance))
        for name, term in terms.items()
    }
    return Objective(terms, weights)


def content_balance(strength: float) -> float:
    """Weight of the content per weight of the style.

    Both are calibrated to 1 at the other's end. The curve was chosen together with that of the
    transport (docs/method.md): what is left at strength 1 keeps a long optimisation from taking on
    the style's own notes.

    >>> round(content_balance(0.5), 3), content_balance(1.0)
    (21.0, 1.0)
    """
    return 20.0 * ((1.0 - strength) / strength) ** 1.5 + 1.0


class _Pooled:
    """Averages of ``size`` neighbouring frames; the frames themselves where it is 1."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __call__(self, frames: Tensor) -> Tensor:
        if self.size == 1:
            return frames
        return torch.nn.functional.avg_pool1d(frames[None], self.size, ceil_mode=True)[0]


def _bands(
    materials: Materials, window_s: float, hop_s: float, n_bands: int, *, to_nyquist: bool = False
) -> LogBands:
    high_hz = materials.sample_rate / 2.0 if to_nyquist else materials.high_hz
    return LogBands(
        window_s=window_s,
        hop_s=hop_s,
        n_bands=n_bands,
        sample_rate=materials.sample_rate,
        high_hz=high_hz,
        level=LEVEL,
    )


def _features(settings: OptimiseSettings, n_bands: int, seed: int) -> Features | None:
    if settings.features == "closed-form":
        return None
    build: type[Features] = FEATURES[settings.features]
    generator = torch.Generator().manual_seed(seed)
    return build.from_settings(settings.network, n_bands=n_bands, generator=generator)


def _maps(view: View, features: Features | None, example: Tensor) -> list[tuple[str, View]]:
    """The view itself, or one view per map of the features, with the suffix of its name."""
    if features is None:
        return [("", view)]
    with torch.no_grad():
        names = list(features(view(example)))
    shared = _SharedMaps(view, features)
    return [(f"-{name}", partial(shared, name)) for name in names]


class _SharedMaps:
    """Maps of the latest candidate, so that all terms of an evaluation share one pass.

    `Objective.evaluate` hands out a new view of the candidate each time, so the same object means
    the same evaluation.
    """

    def __init__(self, view: View, features: Features) -> None:
        self._view = view
        self._features = features
        self._latest: Tensor | None = None
        self._maps: dict[str, Tensor] = {}

    def __call__(self, name: str, candidate: Tensor) -> Tensor:
        if self._latest is not candidate or not candidate.requires_grad:
            self._maps = self._features(self._view(candidate))
            self._latest = candidate
        return self._maps[name]


def _frame_losses(settings: OptimiseSettings, features: Features | None) -> tuple[Loss, Loss]:
    if features is None:
        return ArccosStyle(widths=settings.widths), ArccosContent(width=min(settings.widths))
    return _gram(settings), FeatureContent(reduction=settings.network.reduction)


def _gram(settings: OptimiseSettings) -> GramLoss:
    network = settings.network
    return GramLoss(
        normaliser=network.gram_normaliser, scale=network.gram_scale, reduction=network.reduction
    )


def _require_length(materials: Materials, shortest: int) -> None:
    require_length(
        shortest,
        content=materials.reference,
        styles=materials.styles,
        sample_rate=materials.sample_rate,
    )


def _style_term(view: View, loss: Loss, materials: Materials, role: str = "style") -> Term:
    with torch.no_grad():
        target = loss.prepare([view(style) for style in materials.styles], materials.weights)
        scale = float(loss.forward(view(materials.reference), target))
    return Term(role, view, loss, target, max(scale, _SCALE_FLOOR))  # pyright: ignore[reportArgumentType]


def _content_term(view: View, loss: Loss, materials: Materials) -> Term:
    """A content term without a target yet, 1 where the style is played instead of the content."""
    assert materials.content is not None  # noqa: S101 - callers ask only where there is content
    with torch.no_grad():
        target = loss.prepare([view(materials.content)], [1.0])
        length = materials.content.shape[-1]
        scale = sum(
            weight * float(loss.forward(view(_loop(style, length)), target))
            for style, weight in zip(materials.styles, materials.weights, strict=True)
        )
    return Term("content", view, loss, None, max(scale, _SCALE_FLOOR))


_SCALE_FLOOR = 1e-4


def _loop(signal: Tensor, length: int) -> Tensor:
    """A signal cut or repeated along its last axis."""
    times = -(-length // signal.shape[-1])
    return signal.repeat(*(1,) * (signal.ndim - 1), times)[..., :length]
