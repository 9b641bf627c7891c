import base64
import json
import re
from dataclasses import replace

from estilo.listening.design import Stimulus
from estilo.listening.document import served_page, single_page


def data_of(page):
    found = re.search(r'<script type="application/json" id="test">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_the_served_page_has_no_sounds(designed):
    design = designed()
    assert data_of(served_page(design)) == {**design.shown(), "sounds": None}


def test_the_single_page_has_all_sounds_and_no_names(designed):
    design = designed()
    sounds = {each.name: each.name.encode() for page in design.pages for each in page.sounds}
    page = single_page(design, lambda page: {each.name: sounds[each.name] for each in page.sounds})
    found = data_of(page)["sounds"]
    assert {name: base64.b64decode(text) for name, text in found.items()} == sounds
    for word in (*design.rows, "outputs/", ".flac"):
        assert word not in page


def test_data_cannot_end_its_element(designed):
    design = designed()
    label = "</script><script>alert(1)</script>/* scripts */"
    opens = (Stimulus("x", label, "open", "file"),)
    design = replace(design, pages=(replace(design.pages[0], opens=opens),))
    page = served_page(design)
    assert data_of(page)["pages"][0]["opens"] == [{"name": "x", "label": label}]
    assert page.count("alert(1)") == 1
    assert page.count("</script>") == 2


def test_scripts_stand_in_the_page_without_imports(designed):
    page = served_page(designed())
    assert not re.search(r"^(import|export) ", page, re.MULTILINE)
    for name in ("function ordered", "class Player", "function begin"):
        assert page.count(name) == 1
