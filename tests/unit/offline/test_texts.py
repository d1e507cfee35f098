"""Sentences, summaries and quotations: nothing is made up, and every line number is right."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from pgswarm.actions.models.offline.rules import answer
from pgswarm.actions.models.offline.rules.sentences import headings, sentences

WORDS = ["harbour", "herring", "quota", "the", "of", "nets", "captain", "weather", "landed", "in", "spring", "ships"]
SENTENCE = st.lists(st.sampled_from(WORDS), min_size=6, max_size=14).map(lambda w: " ".join(w).capitalize() + ".")
PARAGRAPH = st.lists(SENTENCE, min_size=1, max_size=4).map("\n".join)
TEXT = st.lists(PARAGRAPH, min_size=1, max_size=8).map("\n\n".join)

TREATY = """A treaty on fishing

Article 1

The parties shall fish in peace. No ship, as
Mr. Olsen proposed, lands more than 3.5 tonnes a day.

Article 2

Whales are not to be taken. Seals may be taken
only in winter.
"""


def flat(text: str) -> str:
    return " ".join(text.split())


@settings(max_examples=20, deadline=None)
@given(TEXT, st.integers(1, 500))
def test_every_sentence_stands_where_it_is_said_to_stand(text: str, first_line: int) -> None:
    lines = text.split("\n")
    for sentence in sentences(text, first_line):
        place = lines[sentence.first_line - first_line : sentence.last_line - first_line + 1]
        assert sentence.text in flat(" ".join(place))


@settings(max_examples=20, deadline=None)
@given(TEXT)
def test_a_summary_says_nothing_that_the_text_does_not_say(text: str) -> None:
    summary = answer("summarise", {"name": "t.txt", "text": text}, {})["summary"]
    for point in re.findall(r"^- (.+?) \([^()]*line \d+\)$", summary, re.MULTILINE):
        assert point.removesuffix(" […]") in flat(text)


def test_a_long_text_becomes_short() -> None:
    text = "\n\n".join(
        f"Ship {n} left the harbour in the {n}th week, and its crew of {n} landed herring." for n in range(300)
    )
    assert len(answer("summarise", {"name": "t", "text": text}, {})["summary"].split()) < len(text.split()) / 10


def test_a_heading_goes_with_the_sentences_below_it() -> None:
    found = sentences(TREATY)
    assert [s.heading for s in found] == ["Article 1", "Article 1", "Article 2", "Article 2"]
    assert headings(TREATY) == ["Article 1", "Article 2"]


def test_an_abbreviation_or_a_decimal_ends_no_sentence() -> None:
    assert [s.text for s in sentences(TREATY)][1] == "No ship, as Mr. Olsen proposed, lands more than 3.5 tonnes a day."


def test_sections_of_an_article_name_their_article() -> None:
    text = "Article I\n\nSection 1\n\nAll power lies with us.\n\nSection 2\n\nIt does so for ever.\n"
    assert [s.heading for s in sentences(text)] == ["Article I, Section 1", "Article I, Section 2"]


def test_a_summary_keeps_to_the_number_of_sentences() -> None:
    data = {"name": "t", "text": TREATY, "max_sentences": 2}
    assert answer("summarise", data, {})["summary"].count("\n- ") == 2


def test_a_summary_looks_for_its_focus() -> None:
    data = {"name": "t", "text": TREATY, "max_sentences": 1, "focus": "seals"}
    assert "Seals may be taken only in winter." in answer("summarise", data, {})["summary"]


def test_an_empty_text_is_said_to_be_empty() -> None:
    assert "no sentences" in answer("summarise", {"name": "t", "text": " \n"}, {})["summary"]


def passages(text: str) -> list[dict[str, object]]:
    return [{"number": 1, "file": "treaty.txt", "first_line": 1, "text": text}]


def test_what_is_said_about_a_subject_is_quoted() -> None:
    data = {"question": "What does the treaty say about seals?", "passages": passages(TREATY)}
    assert answer("find_quotes", data, {})["quotes"] == [{"passage": 1, "text": "Seals may be taken only in winter."}]


def test_a_subject_in_another_form_is_found() -> None:
    data = {"question": "Quote the text on taking a whale", "passages": passages(TREATY)}
    assert answer("find_quotes", data, {})["quotes"][0]["text"] == "Whales are not to be taken."


def test_what_is_not_said_is_not_quoted() -> None:
    data = {"question": "Find what it says about submarines", "subject": "submarines", "passages": passages(TREATY)}
    assert answer("find_quotes", data, {})["quotes"] == []
