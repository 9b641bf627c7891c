"""What is known of an engine before it is built: its settings, and what it can do.

Imports no torch, so that engines can be listed, described and checked at once.
"""

from typing import Any, ClassVar, Literal

from estilo.fields import Documented


class EngineSettings(Documented):
    """Settings of an engine, with what the engine can do as class attributes.

    This is what the registry `estilo.engines.ENGINES` holds. Every setting is a field whose
    docstring is its help; unknown names are refused. Every class attribute below is checked
    against what the engine does by ``tests/conformance/test_engine_capabilities.py``.
    """

    builder: ClassVar[str]
    """Import path, ``"module:callable"``, of what makes the engine. It is called with the settings,
    with ``allocate=`` if the engine works in blocks, and with ``network=`` if it takes a feature
    network. Where the settings only choose another engine, it is what chooses
    (`estilo.engines.choosing.choose_engine`)."""

    works_in: ClassVar[Literal["windows", "blocks"]] = "windows"
    """``"windows"``: the engine works on one channel of some seconds, and wrappers carry it to any
    length and any number of channels. ``"blocks"``: it takes any length and channels by itself."""

    takes_several_styles: ClassVar[bool] = True
    """Whether more than one style can be given at a time."""

    makes_textures: ClassVar[bool] = False
    """Whether the engine can work without a content signal."""

    is_refinable: ClassVar[bool] = True
    """Whether the refining engine (`estilo.engines.refining`) can go on from the output."""

    refining_keeps: ClassVar[Literal["output", "content"]] = "output"
    """What a refining engine holds on to: what this one has made, or, where that has lost the
    content's notes, the content. It begins at what this one has made either way."""

    keeps_content: ClassVar[bool] = True
    """Whether anything of the content signal is heard in the output, as in every transfer."""

    rests_in_pauses: ClassVar[bool] = True
    """Whether nothing but the content's own noise is to be heard where the content pauses, unless
    the style is noise itself. Not so where notes ring on, or where the style is heard as it is."""

    style_format: ClassVar[str | None] = None
    """Import path, ``"module:object"``, of the format of style files that the engine can work with
    in the place of recordings (`estilo.engines.style_files.StyleFormat`); None where it needs the
    styles' audio."""

    streams: ClassVar[str | None] = None
    """Import path, ``"module:class"``, of what runs the engine live: blocks of any length in, as
    many samples out, some ``latency`` later. None where the engine needs whole recordings."""

    reports_grains: ClassVar[bool] = False
    """Whether the engine tells which stretches of the styles it copied into the output."""

    takes_feature_network: ClassVar[bool] = False
    """Whether a feature network may take the place of the one that the settings describe."""

    has_weights: ClassVar[bool] = False
    """Whether the engine uses trained weights, which the report then identifies."""

    chooses_engine: ClassVar[bool] = False
    """Whether these settings stand for an engine that is chosen by the recordings."""

    sample_rate_hz: ClassVar[int | None] = None
    """The only sample rate that the engine works at, in Hz; None where it takes any."""

    names_files: ClassVar[tuple[str, ...]] = ()
    """Settings whose values are paths of files, which nobody may give from another machine."""

    renamed: ClassVar[dict[str, str]] = {}
    """Names that settings had in earlier versions, and their names now."""

    @classmethod
    def upgrade(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Settings as an earlier version wrote them, under the names that they have now.

        Args:
            values: settings by name, of a recipe or a preset.
        """
        return {cls.renamed.get(name, name): value for name, value in values.items()}

    @property
    def amount(self) -> float:
        """How much style, 0 to 1; 1 for engines without such a setting."""
        return 1.0

    @property
    def returns_content(self) -> bool:
        """Whether the content is wanted back, sample by sample, so that nothing need run."""
        return self.amount == 0.0

    @property
    def weights_path(self) -> str | None:
        """Path of a file of trained weights; None where no file of one's own is used."""
        return None

    @property
    def looks_beyond_ends(self) -> bool:
        """Whether the engine is given content that goes on before its start and after its end.

        So a sound that is cut there has no edge. What the engine makes of it is cut off again. Not
        for engines that continue the content themselves, nor for what plays notes: they would begin
        before the content does, and lose their attacks.
        """
        return False

    @property
    def working_rate_hz(self) -> int | None:
        """Sample rate in Hz that these settings ask for; None leaves it to the content."""
        return None
