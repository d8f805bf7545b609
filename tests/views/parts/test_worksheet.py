from html.parser import HTMLParser

from views.parts.worksheet import Task, worksheet


class Reader(HTMLParser):
    """Collects what the file would fetch, and its words."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.tags: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [v or "" for k, v in attrs if k in ("src", "srcset", "data")]

    def handle_data(self, data: str) -> None:
        self.words += data


def read(*tasks: Task) -> Reader:
    reader = Reader()
    reader.feed(worksheet("A & B", tasks))
    return reader


TASK = Task(
    "Why <so>?",
    "http://10.0.0.1/x?a=1&b=2",
    "look at **it**",
    "the **end**",
    5,
    guess="When & why?",
)


def test_nothing_is_fetched() -> None:
    reader = read(TASK)
    assert reader.sources
    assert all(source.startswith("data:image/svg+xml") for source in reader.sources)
    assert not {"script", "link", "iframe"} & set(reader.tags)
    assert "url(" not in worksheet("", [TASK])
    assert "@import" not in worksheet("", [TASK])


def test_words_are_escaped_and_bold() -> None:
    html = worksheet("A & B", [TASK])
    assert "Why &lt;so&gt;?" in html
    assert "look at <b>it</b>" in html
    assert "<b>Guess first:</b> When &amp; why?" in html
    assert "http://10.0.0.1/x?a=1&b=2" in read(TASK).words
    assert "**" not in html


def test_lines_for_the_class_and_answers_for_the_teacher() -> None:
    answered = Task("Q", "http://h/", "d", "f", 5, expected="It is **42**.")
    assert '<div class="lines">' in worksheet("", [TASK])
    html = worksheet("", [answered])
    assert '<div class="lines">' not in html
    assert "It is <b>42</b>." in html
