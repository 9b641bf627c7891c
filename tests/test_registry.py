"""Families of parts, and what other packages may do to them."""

import sys

import pytest
from distributions import install, put_on_path

from estilo.errors import PluginError, SettingsError
from estilo.registry import NameTaken, Registry

OWN = {"pi": "math:pi", "sqrt": "math:sqrt"}


def family(**options) -> Registry:
    return Registry("constant", group="estilo.constants", parts=OWN, **options)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Something that installs a package for the time of a test."""

    def put(name: str, source: str, **points: str) -> None:
        monkeypatch.delitem(sys.modules, name, raising=False)
        install(tmp_path, name, source, {"estilo.constants": points})
        put_on_path(monkeypatch, tmp_path)

    return put


def test_a_part_of_another_package_is_one_of_the_family(package) -> None:
    package("more_constants", "e = 2.718", e="more_constants:e")
    constants = family()
    assert list(constants) == ["pi", "sqrt", "e"]
    assert constants["e"] == 2.718
    assert constants.origin("e") == "more_constants 1.5"
    assert constants.origin("pi") is None
    with pytest.raises(SettingsError, match="unknown constant 'ee'; did you mean 'e'"):
        constants.check("ee")


def test_a_closed_family_takes_nothing_from_outside(package) -> None:
    package("more_constants", "e = 2.718", e="more_constants:e")
    assert list(Registry("constant", parts=OWN)) == ["pi", "sqrt"]


def test_nothing_is_imported_before_it_is_used(package) -> None:
    package("more_constants", "e = 2.718", e="more_constants:e")
    constants = family()
    assert constants.check("e") == "e"
    assert "more_constants" not in sys.modules


def test_what_comes_with_estilo_is_never_replaced(package) -> None:
    package("false_constants", "pi = 3", pi="false_constants:pi")
    constants = family()
    said = "'pi' of false_constants 1.5 is ignored, .* comes with estilo; ask its authors"
    with pytest.warns(NameTaken, match=said):
        assert round(constants["pi"], 2) == 3.14
    assert constants.origin("pi") is None


def test_of_two_packages_with_one_name_the_first_is_taken(package) -> None:
    package("a_constants", "e = 2.718", e="a_constants:e")
    package("b_constants", "e = 3", e="b_constants:e")
    constants = family()
    with pytest.warns(NameTaken, match=r"is ignored, .* of that name is that of [ab]_constants"):
        found = constants["e"]
    assert {"a_constants 1.5": 2.718, "b_constants 1.5": 3}[constants.origin("e")] == found


@pytest.mark.parametrize(
    ("source", "path", "why"),
    [
        ("import a_module_that_nobody_has", "broken:e", "ModuleNotFoundError: .*nobody_has"),
        ("raise RuntimeError('of all things')", "broken:e", "RuntimeError: of all things"),
        ("e = (", "broken:e", "SyntaxError"),
        ("", "broken:e", "AttributeError: .*'e'"),
        ("e = 2", "broken:e", "expected a subclass of collections.abc.Sized, got a int"),
        ("class e: pass", "broken:e", "expected a subclass of .*Sized, got the class e"),
        (
            "from collections.abc import Sized\nclass e(Sized): pass",
            "broken:e",
            "the class e lacks __len__",
        ),
    ],
)
def test_a_broken_part_breaks_only_its_own_use(package, source, path, why) -> None:
    package("broken", source, e=path)
    constants = family(kind="collections.abc:Sized")
    said = (
        rf"the constant 'e' cannot be used: the entry point {path} of the package broken 1.5 does "
        rf"not load \({why}.*\); update or remove that package"
    )
    with pytest.raises(PluginError, match=said):
        _ = constants["e"]
    with pytest.raises(PluginError, match="update or remove"):
        constants.summary("e")
    assert set(constants.usable()) == {"pi", "sqrt"}
    assert "e" in constants


def test_a_part_gives_a_value_to_what_its_kind_declares(package, tmp_path) -> None:
    source = """
        from typing import ClassVar
        class Kind:
            unit: ClassVar[str]
            shown: ClassVar[bool] = True
        class Bare(Kind): pass
        class Whole(Kind): unit = "m"
        """
    package("units", source, bare="units:Bare", whole="units:Whole")
    constants = family(kind="units:Kind")
    assert constants["whole"].unit == "m"
    with pytest.raises(PluginError, match=r"the class Bare lacks unit\)"):
        _ = constants["bare"]


def test_what_a_part_names_is_loaded_with_the_same_error(package) -> None:
    package("halves", "class half:\n    made_by = 'halves:nobody'", half="halves:half")
    constants = family()
    assert round(constants.load("pi", "math:pi"), 2) == 3.14
    said = (
        r"the constant 'half' cannot be used: .* of the package halves 1.5 does not load \(halves:"
    )
    with pytest.raises(PluginError, match=said):
        constants.load("half", constants["half"].made_by)


def test_a_part_is_of_its_familys_kind(package) -> None:
    package("good", "e = 2.718\nclass Real(float): pass", e="good:e", real="good:Real")
    assert set(family(kind="builtins:float").usable()) == {*OWN, "real"}
    constants = family(instance_of="builtins:float")
    assert set(constants.usable()) == {*OWN, "e"}
    with pytest.raises(PluginError, match=r"expected an instance of builtins.float, got the class"):
        _ = constants["real"]
