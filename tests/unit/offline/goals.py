"""Files and goals of the kind that the rules are for, in many wordings; none of them is an example of the docs."""

from pgswarm.actions.models.offline.rules.files import FileInfo
from pgswarm.actions.models.offline.rules.lexicon import Kind

TREATY = FileInfo("fishing_treaty.txt", "text", "A treaty on fishing in the northern waters")
CATCH = FileInfo("catch-2019.csv", "csv", "port,species,month,tonnes,price")
LETTER = FileInfo("letter.md", "markdown", "# To the harbour master")
CREW = FileInfo("crew.csv", "csv", "ship,captain,sailors,wages")

TWO = (TREATY, CATCH)
FOUR = (TREATY, CATCH, LETTER, CREW)

S, C, F, W, A, V, O = Kind.SUMMARISE, Kind.COMPUTE, Kind.FIND, Kind.WRITE, Kind.ASK, Kind.SAVE, Kind.OTHER

GOALS: list[tuple[str, list[Kind]]] = [
    ("Summarise each file, tell me which port had the highest total tonnes, find what the treaty says about whales and "
     "quote the place, and then write a one-page report for an audience that you must ask me for.", [A, S, S, C, F, W]),
    ("1) Condense both files. 2) Add up the tonnes for each port. 3) Look up what the text says on herring and cite the "
     "line. 4) Draft a memo for the fleet owners.", [S, S, C, F, W]),
    ("I need a summary of each file, the total tonnes by month and a memo for the ministry.", [S, S, C, W]),
    ("First give me the gist of the treaty; then work out the average price per species; finally, draft a one-pager for the "
     "mayor", [S, C, W]),
    ("What does the treaty say about fishing at night? How many rows per port?", [F, C]),
    ("Please do four things:\n- boil the treaty down to five sentences\n- compute the average and total tonnes by port\n- "
     "quote what the text says about whales\n- write a brief. It is for engineers.", [S, C, F, W]),
    ("Start by summarising the text, then find which month had the highest average price and how much it was, and end with a "
     "letter to the mayor", [S, C, W]),
    ("Which port landed the most, and what does the treaty say about it?", [C, F]),
    ("Write a report with the total tonnes by port and a summary of the text for the board", [S, C, W]),
    ("Read the text and the table. Tell me what the text says about seals, with the exact quotation, and the total tonnes per "
     "species. Then compose a briefing note.", [A, F, C, W]),
    ("Could you please (1) sum up the text in 100 words; (2) tell me the average price by month; (3) find out where the "
     "treaty mentions nets; and (4) produce a one-page report for our board?", [S, C, F, W]),
    ("I have two files here: a text and a table. Give me the gist of the text, tot up the tonnes for every species, and dig "
     "out the passages on licences. Once that is done, put together a one-pager. You will have to ask me who will read it.",
     [A, S, C, F, W]),
    ("Analyse the catch data: total tonnes per port, and the busiest month. Look up nets in the treaty. Summarise the findings "
     "in a memo for the coast guard.", [C, C, F, W]),
    ("Report the total tonnes by port, quote the clause about seals, and summarise both files", [C, F, S, S]),
    ("Make a one-page report for the school board that summarises each file, gives the total tonnes by port, and quotes what "
     "the text says about whales.", [S, S, C, F, W]),
    ("Before anything else ask me who the report is for. Then summarise the two files, compute the mean price for each port, "
     "find the lines on mesh size, and write the report.", [A, S, S, C, F, W]),
    ("Explain what the treaty says about poaching; then, using the CSV, answer this: which month had more tonnes? Close with "
     "a short letter to my class.", [F, C, W]),
    ("- A digest of the text file\n- Tonnes totals by port\n- The treaty on the right to land fish, with the exact quote\n"
     "- A one-page memo", [A, S, C, F, W]),
    ("Give an overview of both attachments, the total tonnes in each month, where the text speaks of dynamite, plus a briefing "
     "sheet to hand to the trustees.", [S, S, C, F, W]),
    ("For each file, give me a short summary. Which species brought in the highest total price? Quote whatever the treaty says "
     "regarding fines. Wrap it all up in a one-page briefing for whoever I name.", [A, S, S, C, F, W]),
    ("Summarise everything, find the average tonnes per port, quote the line on seals, and save a report for the club as "
     "club.md", [S, S, C, F, W]),
    ("Please read the attached documents and prepare a one-page summary report for the committee. It should include the total "
     "tonnes by port and what is said about whales.", [C, F, W]),
    ("Read both files and write me a one-page report.", [A, S, S, W]),
    ("Draft a letter to the minister based on both files", [S, S, W]),
    ("Sum up the treaty and save it as notes.md", [S, V]),
    ("Summarise the treaty and then translate it into French", [S, O]),
]  # fmt: skip
