"""What a clause says of its details: audience, length, subject, kind of document. Pure; None where it does not say."""

import re
from collections.abc import Iterable

from pgswarm.actions.models.offline.rules.words import tokens

_UNKNOWN = re.compile(
    r"\b(ask|asks|asked|asking|unknown|to be (?:determined|decided|named|chosen)|tbd|tell you|name later|i will name|"
    r"i'll name|of (?:my|our) choice|"
    r"some(?:one|body)|any(?:one|body)|i choose|i pick|who(?:m)?ever|unspecified|not yet)\b",
    re.IGNORECASE,
)
_NOT_PEOPLE = re.compile(
    r"^(?:(?:each|every|all|both|any|it|this|that|these|those|them|which|what|whom|example|instance|now|later|today|"
    r"reference|review|publication|use|free|more|further|comparison|context)\b|\d|"
    r"the (?:files?|texts?|table|csv|data|dataset|document|year|month|week|period|last|first|whole|total|record|"
    r"purpose|sake|most)(?:$|,| (?:files?|tables?|above|below|in|of|from|only|and|month|year|time)\b)|"
    r"(?:a|one|two|three|half an?|the) (?:page|week|month|year|day|total|hour|minute)s?\b|"
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december)\b|"
    r"(?:an|the|some|any) (?:audience|reader)s?(?:$| (?:that|who|whom|i|you)\b))",
    re.IGNORECASE,
)
_FOR = re.compile(
    r"\b(?:(?:meant |intended |aimed |written |suitable )?for|aimed at|addressed to|directed at|geared to|"
    r"to be read by|"
    r"(?:my|the|its|intended|target)? ?(?:audience|readers?|readership)(?: (?:is|are|will be|being))?:?)\s+"
    r"(?P<who>(?:[^.;:()]|\.(?=\w))+)",
    re.IGNORECASE,
)
_LETTER_TO = re.compile(
    r"\b(?:(?:hand|give|send|show|present|go)(?: out)?|letter|memo|note|email|brief|briefing|message|report|"
    r"write-?up) to (?P<who>(?:[^.;:()]|"
    r"\.(?=\w))+)",
    re.IGNORECASE,
)
_WHO_ENDS = re.compile(
    r",|\s+(?:that|which|who|about|on|with|based|using|from|covering|including|summaris\w+|summariz\w+|"
    r"explaining|showing|in "
    r"(?:at most|under|about|no more|less|plain|\w+ (?:words|sentences|paragraphs|pages?))|of (?:at most|"
    r"no more|\d+|one|two)"
    r"|so that|and (?:keep|make|quote|include|use|give|save|send)|as (?:a|an|to|\S+\.\w+)|not (?:more|longer)|"
    r"at most|under \d+|"
    r"by (?:tomorrow|monday|friday|the end)|drawing|and then|then)\b",
    re.IGNORECASE,
)
_NUMBERS = {
    "one": 1,
    "a": 1,
    "an": 1,
    "single": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "half": 0.5,
    "couple": 2,
    "few": 3,
    "twenty": 20,
    "fifty": 50,
    "hundred": 100,
}
_MOST_WHO_WORDS = 12
_COUNT = r"(?P<count>\d[\d,]*|" + "|".join(_NUMBERS) + r")"
_LENGTH = re.compile(
    rf"\b{_COUNT}(?:[- ](?:a|short|brief|main|key|single|or two|of))*[- ](?P<unit>words?|sentences?|lines?|"
    rf"bullets?|bullet points?|"
    r"points?|paragraphs?|pages?|pager)\b",
    re.IGNORECASE,
)
_PER_UNIT = {"word": 1, "sentence": 25, "line": 15, "bullet": 25, "point": 25, "paragraph": 90, "page": 450}
_DOCUMENT = re.compile(
    r"\b(?P<document>(?:one[- ]page |short |brief |two[- ]page |\w+ )??(?:report|memo(?:randum)?|"
    r"briefing(?: (?:note|paper))?|"
    r"letter|one[- ]?pager|statement|paper|article|essay|newsletter|fact ?sheet|handout|bulletin|press release|"
    r"position paper|white paper|e-?mail|note|brief|piece|post|write-?up))\b",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"\b(?:sa(?:y|ys|id|ying)|mentions?|states?|tells? (?:us|me)|written|writes?|claims?|argues?|describes?|"
    r"provides?|requires?|"
    r"reads?|quot(?:e|es|ed|ing|ation|ations)|passages?|information|anything|something|references?|everything|"
    r"details?|parts?|"
    r"lines?|sentences?|find out|words?|look(?:s|ed)?(?: up)?|search(?: \w+)*)\b[^.;?]*?\b"
    r"(?:about|on|of|regarding|concerning|as to|with regard to|with respect to|related to|relating to|touching)\s+"
    r"(?P<subject>[^.;?]+)",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:about|regarding|concerning|on the subject of|"
    r"on the topic of)\s+(?P<subject>[^.;?]+)",
    re.IGNORECASE,
)
_WHAT_ABOUT = re.compile(r"\bwhat (?P<subject>.+?) (?:is|are) about\b", re.IGNORECASE)
_LOOK_FOR = re.compile(r"\b(?:look|search|hunt|check)\b[^.;?]*?\bfor\s+(?P<subject>[^.;?]+)", re.IGNORECASE)
_TOPIC = re.compile(
    r"\b(?:about|regarding|concerning|(?:report|memo\w*|brief\w*|note|letter|paper|article|statement|pager|"
    r"sheet|essay) on)\s+"
    r"(?P<subject>(?!(?:the|these|those|both|all|each|my|our) (?:\w+ )?(?:files?|documents?|texts?|data|"
    r"findings|results|above)\b)"
    r"[^.;?]+)",
    re.IGNORECASE,
)
_MENTIONS = re.compile(
    r"\b(?:mentions?|discuss(?:es)?|names?|speaks? of|talks? (?:of|about)|refers? to|deals? with|"
    r"cover(?:s|ing)?)\s+(?P<subject>[^.;?]+)",
    re.IGNORECASE,
)
_SUBJECT_ENDS = re.compile(
    r"\s*,?\s+(?:and |with |then |giving |including |by |plus )*(?:quot(?:e|es|ed|ing)|cit(?:e|es|ed|ing)|"
    r"giv(?:e|ing)|show(?:ing)?|"
    r"nam(?:e|ing)|not(?:e|ing)|say(?:ing)?|stat(?:e|ing)|mention(?:ing)?|with|includ(?:e|ing)|where (?:it|"
    r"this|that)|"
    r"the (?:place|line|passage|exact)|exact|word for word|verbatim|in (?:the|this|that|my|our) (?:text|file|"
    r"document|"
    r"report|article|book|table|csv|data|letter|constitution)|in \S+\.\w{2,4})\b.*$|,\s*$",
    re.IGNORECASE,
)
_ASKS_AUDIENCE = re.compile(
    r"\b(?:(?:audience|readers?|readership)\b|who(?:m)?\b.*\bfor\b|for whom\b|who(?:m)?[ ?.]*$|"
    r"who (?:will |is to |should |would |may )?(?:read|get|receive|see)s?\b)",
    re.IGNORECASE,
)


def audience(clause: str) -> str | None:
    """Return for whom something is written, as the clause puts it; None where it does not say."""
    for pattern in (_LETTER_TO, _FOR):
        for match in pattern.finditer(clause):
            whole = match["who"].strip()
            if _UNKNOWN.search(whole) or _NOT_PEOPLE.match(whole):
                continue
            who = _WHO_ENDS.split(whole, maxsplit=1)[0].strip(" ,\"'")
            if who and len(who.split()) <= _MOST_WHO_WORDS:
                return who
    return None


def words_wanted(clause: str) -> int | None:
    """Return the length that the clause asks for, in words (a page is taken as 450); None where it does not say."""
    found = [_in_words(match) for match in _LENGTH.finditer(clause)]
    return max(found) if found else None


def _in_words(match: re.Match[str]) -> int:
    raw = match["count"].lower().replace(",", "")
    count = float(raw) if raw.replace(".", "", 1).isdigit() else _NUMBERS[raw]
    unit = match["unit"].lower().split()[0].rstrip("s").replace("pager", "page")
    return max(1, round(count * _PER_UNIT[unit]))


def sentences_wanted(clause: str) -> int | None:
    """Return how many sentences, lines or points the clause asks for; None where it does not say."""
    for match in _LENGTH.finditer(clause):
        unit = match["unit"].lower().split()[0].rstrip("s")
        if unit in {"sentence", "line", "bullet", "point"}:
            raw = match["count"].lower().replace(",", "")
            return max(1, int(raw) if raw.isdigit() else round(_NUMBERS[raw]))
    return None


def document(clause: str) -> str:
    """Return the kind of document that the clause names ("one-page report"), "report" where it names none."""
    match = _DOCUMENT.search(clause)
    if not match:
        return "report"
    words = [
        w for w in match["document"].split() if w.lower() not in {"a", "an", "the", "me", "us", "write", "draft", "and"}
    ]
    return " ".join(words).lower()


def subject(clause: str) -> str | None:
    """Return what a text is searched for; None where the clause names nothing."""
    for pattern in (_SUBJECT, _WHAT_ABOUT, _ABOUT, _MENTIONS, _LOOK_FOR):
        match = pattern.search(clause)
        if match:
            text = _SUBJECT_ENDS.sub("", match["subject"]).strip(" ,\"'\u201c\u201d?")
            if tokens(text):
                return text
    return None


def topic(clause: str) -> str | None:
    """Return what a document is to be about; None where the clause does not say."""
    match = _TOPIC.search(clause)
    text = _WHO_ENDS.split(re.split(r"\bfor\b", match["subject"])[0], maxsplit=1)[0].strip(" ,") if match else ""
    return text if tokens(text) else None


def asks_audience(texts: Iterable[str]) -> bool:
    """Say whether one of these wordings asks the person who something is for."""
    return any(_ASKS_AUDIENCE.search(text) for text in texts)


_COMMAND = re.compile(
    r"^(?:please )?(?:run|execute)(?: (?:the|this|a))?(?: (?:shell|bash|terminal))?"
    r"(?: command(?: line)?\s*:?\s+(?:`(?P<ticked>[^`]+)`|(?P<plain>\S[^\n]*))|\s+`(?P<bare>[^`]+)`)\s*\.?$",
    re.IGNORECASE,
)
_MORE_WORK = re.compile(r"(?:,|\.)\s+\w|\b(?:and|then|but)\b", re.IGNORECASE)
_DICTATED = (
    re.compile(
        r"^(?:please )?(?:save|store|keep|remember) (?:this|the following|these)\b[^:\n]{0,120}:\s*(?P<text>\S.*)$",
        re.IGNORECASE | re.DOTALL,
    ),
    re.compile(
        r"^(?:please )?(?:save|store|keep|remember) [^:\n]{0,60}\b(?:as|under|in|to) [\w./-]+\.\w{2,5}\s*:"
        r"\s*(?P<text>\S.*)$",
        re.IGNORECASE | re.DOTALL,
    ),
)
_ASKS_WEB = re.compile(
    r"^(?:please )?(?:search|ask|consult|query|use|check|find(?: out)?|look(?: up)?)"
    r"(?:(?: on)?(?: the)?(?: whole| entire)? (?:web|internet)| online)?"
    r"(?:\s+(?:for|about|to (?:find(?: out)?|learn|see)))?\s+"
    r"|,?(?: look(?: up)?| search| check)?\s+(?:on|from|in|over|across) the (?:web|internet)\b|\s+online$",
    re.IGNORECASE,
)


def command(directive: str) -> str | None:
    """Return the command line that a directive says to run, letter by letter; None where it says none, or more."""
    match = _COMMAND.match(directive.strip())
    if not match:
        return None
    said = match["ticked"] or match["bare"] or match["plain"]
    if match["plain"] and _MORE_WORK.search(said):
        return None
    return said.strip() or None


def dictated(directive: str) -> str | None:
    """Return the text that a directive itself holds, to be kept as it is; None where it holds none."""
    for pattern in _DICTATED:
        if match := pattern.match(directive.strip()):
            return match["text"]
    return None


def web_query(directive: str) -> str:
    """Return what is to be looked up on the web, without the words that say where."""
    return _ASKS_WEB.sub("", directive.strip()).strip(" .:") or directive
