"""Building an engine from its name and settings, with what carries it to any recording."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from estilo.engines import ENGINES
from estilo.engines.base import Engine
from estilo.engines.settings import EngineSettings
from estilo.engines.stereo import StereoWrapper
from estilo.engines.windowed import WindowedEngine
from estilo.errors import SettingsError
from estilo.features.base import Features

_HIGHEST_RATE_HZ = 48_000  # above it there is nothing to hear, only to keep

Allocate = Callable[[tuple[int, int]], Tensor]


def build_engine(
    name: str,
    settings: EngineSettings,
    *,
    allocate: Allocate = torch.zeros,
    network: Features | None = None,
) -> Engine[Any]:
    """An engine for any length and any number of channels.

    Args:
        name: name of the engine, as registered in `estilo.engines.ENGINES`.
        settings: settings of that engine.
        allocate: makes the array for the output from its shape ``(channels, time)``.
        network: a feature network in place of the one that the settings describe.

    Raises:
        SettingsError: as in `bare_engine`.
    """
    engine = bare_engine(name, settings, allocate=allocate, network=network)
    if settings.works_in == "blocks":
        return engine
    return WindowedEngine(StereoWrapper(engine, allocate=allocate), allocate=allocate)


def bare_engine(
    name: str,
    settings: EngineSettings,
    *,
    allocate: Allocate = torch.zeros,
    network: Features | None = None,
) -> Engine[Any]:
    """An engine as it is, with nothing around it.

    Args:
        name: name of the engine, as registered in `estilo.engines.ENGINES`.
        settings: settings of that engine.
        allocate: function that allocates the output, as in `build_engine`, for an engine that works
            in blocks.
        network: network, as in `build_engine`.

    Raises:
        SettingsError: there is no such engine, it takes no network and one is given, or it only
            chooses among the others.
    """
    check_network(name, network)
    if settings.chooses_engine:
        raise SettingsError(
            f"engine {name!r} chooses another engine and cannot be built itself; build the one "
            "that it chose"
        )
    options: dict[str, Any] = {}
    if settings.works_in == "blocks":
        options["allocate"] = allocate
    if settings.takes_feature_network:
        options["network"] = network
    return ENGINES.load(name, settings.builder)(settings, **options)


def check_network(name: str, network: Features | None) -> None:
    """Refuse a feature network for an engine that has no use for one.

    Args:
        name: name of the engine.
        network: network that was given; None is always taken.

    Raises:
        SettingsError: there is no such engine, or it takes no network.
    """
    if network is not None and not ENGINES[name].takes_feature_network:
        raise SettingsError(f"engine {name!r} takes no feature network; leave it out")


def check_styles(name: str, n_styles: int) -> None:
    """Refuse several styles for an engine that takes one.

    Args:
        name: name of the engine.
        n_styles: number of styles that were given.

    Raises:
        SettingsError: there is no such engine, or it takes one style and several were given.
    """
    if n_styles > 1 and not ENGINES[name].takes_several_styles:
        raise SettingsError(
            f"engine {name!r} takes one style, got {n_styles}; give one, or choose another engine"
        )


def engine_rate(settings: EngineSettings, content_rate: int) -> int:
    """Sample rate in Hz that an engine works at.

    Args:
        settings: settings of the engine.
        content_rate: sample rate of the content signal, in Hz.

    Example:
        >>> from estilo.engines.eq.settings import EqSettings
        >>> engine_rate(EqSettings(), 96_000)
        96000
    """
    if settings.works_in == "blocks":
        return settings.sample_rate_hz or content_rate
    return working_rate(content_rate, settings.sample_rate_hz or settings.working_rate_hz)


def working_rate(content_rate: int, setting: int | None) -> int:
    """Sample rate in Hz of an engine that works in windows: 48 kHz at most, unless it is set.

    Args:
        content_rate: sample rate of the content signal, in Hz.
        setting: the sample rate that was asked for, in Hz; None leaves it to the content signal.

    Example:
        >>> working_rate(22050, None), working_rate(88200, None), working_rate(64000, None)
        (22050, 44100, 48000)
    """
    if setting is not None:
        return setting
    rate = content_rate
    while rate > _HIGHEST_RATE_HZ:
        rate = rate // 2
    return rate if rate >= 44_100 or content_rate <= _HIGHEST_RATE_HZ else _HIGHEST_RATE_HZ
