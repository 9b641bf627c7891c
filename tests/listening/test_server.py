import http.client
import json
import threading

import pytest

from estilo.errors import InputError, OutputError, SettingsError
from estilo.listening.answers import AnswerBook
from estilo.listening.server import ListeningServer


class Browser:
    """Asks a server, as a page of its own or one from elsewhere."""

    def __init__(self, server):
        self.server = server
        self.home = server.url.partition(f":{server.port}")[2]

    def ask(self, path, *, method="GET", body=None, is_below=True, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        connection.request(method, (self.home if is_below else "") + path, body, named)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer, data

    def say(self, plain, **headers):
        headers = {"Content_Type": "application/json", **headers}
        return self.ask("answers", method="POST", body=json.dumps(plain), **headers)


@pytest.fixture
def test(designed):
    return designed()


@pytest.fixture
def made():
    """Pages whose sounds were asked for."""
    return []


@pytest.fixture
def browser(test, tmp_path, made):
    def sounds(page):
        made.append(page.name)
        return {each.name: each.name.encode() for each in page.sounds}

    with ListeningServer(test, AnswerBook(tmp_path, test), sounds) as server:
        yield Browser(server)


def answer_to(page, listener="Ada", rating=50):
    return {
        "page": page.name,
        "listener": listener,
        "values": {each.name: rating for each in page.stimuli},
        "is_done": True,
    }


def test_the_page_is_all_there_is_to_load(browser, test):
    answer, data = browser.ask("")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    text = data.decode()
    assert test.pages[0].name in text
    for sign in ("http:", "https:", "src=", "@import", "url("):
        assert sign not in text


def test_sounds_are_made_page_by_page_and_once(browser, test, made):
    page = test.pages[1]
    threads = [
        threading.Thread(target=browser.ask, args=(f"sounds/{each.name}",)) for each in page.sounds
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [page.name]
    answer, data = browser.ask(f"sounds/{page.sounds[0].name}")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "audio/flac")
    assert data == page.sounds[0].name.encode()
    assert made == [page.name]


def test_answers_are_kept_and_found_again(browser, test, tmp_path):
    assert browser.ask("answers?listener=Ada")[1] == b"{}"
    assert browser.say(answer_to(test.pages[0]))[0].status == 200
    assert browser.say(answer_to(test.pages[0], "Bo"))[0].status == 200
    # On the disk already, and a server that comes after this one knows them.
    assert len(AnswerBook(tmp_path, test).read()) == 2
    found = json.loads(browser.ask("answers?listener=Ada")[1])
    assert found == {
        test.pages[0].name: {"values": answer_to(test.pages[0])["values"], "is_done": True}
    }


def test_answers_at_the_same_time_are_all_kept(browser, test, tmp_path):
    threads = [
        threading.Thread(target=browser.say, args=(answer_to(page, f"listener {number}"),))
        for page in test.pages
        for number in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(AnswerBook(tmp_path, test).read()) == 15


@pytest.mark.parametrize(
    "path",
    [
        *("sounds/", "sounds/x", "sounds/../answers.jsonl", "sounds/%2e%2e/answers.jsonl"),
        *("answers.jsonl", "design.json", "../", "page.mjs", "sounds", "//etc/passwd"),
    ],
)
def test_nothing_else_is_served(browser, path):
    assert browser.ask(path)[0].status == 404


@pytest.mark.parametrize("path", ["/", "/x/", "/answers", "/etc/passwd", "/../../etc/passwd", ""])
def test_without_the_token_nothing_is_served(browser, test, path):
    answer, data = browser.ask(path or f"/sounds/{test.pages[0].sounds[0].name}", is_below=False)
    assert answer.status == 403
    assert test.pages[0].name.encode() not in data
    # Nor with a part of it.
    assert browser.ask(browser.home[:-5] + "/", is_below=False)[0].status == 403


def test_other_pages_can_neither_ask_nor_answer(browser, test, tmp_path):
    said = answer_to(test.pages[0])
    for headers in (
        {"Host": "evil.example"},  # a name that leads to 127.0.0.1
        {"Host": f"evil.example:{browser.server.port}"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"https://127.0.0.1:{browser.server.port}"},
    ):
        assert browser.say(said, **headers)[0].status == 403
        assert browser.ask("", **headers)[0].status == 403
    # What a form of another page could send without asking beforehand.
    assert browser.say(said, Content_Type="text/plain")[0].status == 400
    assert not (tmp_path / "answers.jsonl").exists()
    own = {"Origin": f"http://127.0.0.1:{browser.server.port}"}
    assert browser.say(said, **own)[0].status == 200
    local = {"Host": f"localhost:{browser.server.port}"}
    assert browser.say(said, **local)[0].status == 200


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '{"page": "x"}', "[" * 60_000, '{"a":' * 9_000, b"\xff\xfe"]
)
def test_what_is_no_answer_changes_nothing(browser, tmp_path, body):
    headers = {"Content_Type": "application/json"}
    answer, _ = browser.ask("answers", method="POST", body=body, **headers)
    assert answer.status == 400
    assert not (tmp_path / "answers.jsonl").exists()
    assert browser.ask("")[0].status == 200


def test_long_bodies_are_not_read(browser):
    headers = {"Content_Type": "application/json", "Content_Length": str(10**12)}
    assert browser.ask("answers", method="POST", **headers)[0].status == 400
    headers["Content_Length"] = "-1"
    assert browser.ask("answers", method="POST", **headers)[0].status == 400


def test_failures_are_told_to_the_page(test, tmp_path):
    def fail(page):
        raise InputError("the file is gone; make it again")

    book = AnswerBook(tmp_path / "gone", test)
    with ListeningServer(test, book, fail) as server:
        browser = Browser(server)
        answer, data = browser.ask(f"sounds/{test.pages[0].sounds[0].name}")
        assert (answer.status, data) == (500, b"the file is gone; make it again")
        answer, data = browser.say(answer_to(test.pages[0]))
        assert answer.status == 500
        assert b"does not exist" in data


def test_only_this_machine_and_a_port_that_is_free(browser, test, tmp_path):
    assert browser.server.url.startswith("http://127.0.0.1:")
    with pytest.raises(OutputError, match=r"port \d+ cannot be listened on .*--port"):
        ListeningServer(test, AnswerBook(tmp_path, test), dict, port=browser.server.port)
    with pytest.raises(SettingsError, match=r"ports go from 1 to 65535, got 65536"):
        ListeningServer(test, AnswerBook(tmp_path, test), dict, port=65_536)
