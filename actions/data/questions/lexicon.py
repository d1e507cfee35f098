"""The words of questions on tables, as data. Rule: kinds of figures only; nothing about any one table.

All words are stems, as `words.stem` makes them.
"""

from pgswarm.actions.data.figures.plan import How, Part
from pgswarm.actions.data.words import stem


def word_set(text: str) -> frozenset[str]:
    """Return the words of `text` as they stand."""
    return frozenset(text.split())


def _stems(text: str) -> frozenset[str]:
    return frozenset(map(stem, text.split()))


STOP = _stems(
    """a an the of to and or is are was were be been being do does did done have has had will would can could should
    shall may might must i we you they he she it its their our your my me us them this that these those there here
    what which who whom whose when where why how please tell show give list find out compute calculate work determine
    report say get let know need want using use used based according from with within on at as into for in by per each
    every across over between among than so if then also just only table file csv data dataset spreadsheet sheet column
    field row record figure figures number value values answer question see question find out much many come came make
    made take took go went come during while about all any some both overall whole entire given following there
    respectively broken down split grouped group breakdown break compare comparison s attached document provided
    please look looking vary varies varied differ change recorded observed reported measured registered seen
    contain include show occur occurred happen happened fall be more altogether combined happened ever tally summary
    summarise summarize summarised identify state kind type sort appear question not no yes"""
)
"""Words that name neither a column nor a value by themselves (a column of that very name still matches)."""

HOW = {
    **dict.fromkeys(_stems("total sum add aggregate altogether combined cumulative accumulated"), How.SUM),
    **dict.fromkeys(_stems("average mean avg averaged"), How.MEAN),
    **dict.fromkeys(_stems("median"), How.MEDIAN),
    **dict.fromkeys(_stems("count headcount"), How.COUNT),
    **dict.fromkeys(_stems("minimum min"), How.MIN),
    **dict.fromkeys(_stems("maximum max"), How.MAX),
}
"""Words that say how cells become one figure."""

MOST = _stems(
    """most highest largest biggest greatest top best maximum max peak leading strongest heaviest longest tallest
    fastest oldest widest deepest dearest richest latest costliest record-high greater more"""
)
LEAST = _stems(
    """least lowest smallest fewest worst bottom minimum min weakest lightest shortest slowest youngest cheapest
    poorest narrowest shallowest earliest lesser fewer"""
)
ADJECTIVES: dict[str, tuple[bool, tuple[str, ...]]] = {
    "wettest": (True, ("precipitation", "rain", "rainfall")),
    "rainiest": (True, ("precipitation", "rain", "rainfall")),
    "driest": (False, ("precipitation", "rain", "rainfall")),
    "hottest": (True, ("temperature",)),
    "warmest": (True, ("temperature",)),
    "coldest": (False, ("temperature",)),
    "coolest": (False, ("temperature",)),
    "windiest": (True, ("wind",)),
    "snowiest": (True, ("snow", "snowfall")),
    "sunniest": (True, ("sunshine", "sun")),
    "cheapest": (False, ("price", "cost")),
    "dearest": (True, ("price", "cost")),
    "costliest": (True, ("price", "cost")),
    "priciest": (True, ("price", "cost")),
    "heaviest": (True, ("weight", "mass")),
    "lightest": (False, ("weight", "mass")),
    "tallest": (True, ("height",)),
    "longest": (True, ("length", "duration", "distance")),
    "shortest": (False, ("length", "duration", "distance", "height")),
    "oldest": (True, ("age",)),
    "youngest": (False, ("age",)),
    "fastest": (True, ("speed",)),
    "slowest": (False, ("speed",)),
    "deepest": (True, ("depth",)),
    "strongest": (True, ("magnitude", "strength", "force")),
    "weakest": (False, ("magnitude", "strength", "force")),
    "latest": (True, ("date",)),
    "earliest": (False, ("date",)),
    "richest": (True, ("income", "wealth")),
    "poorest": (False, ("income", "wealth")),
    "busiest": (True, ()),
    "commonest": (True, ()),
    "rarest": (False, ()),
}
"""Adjectives that carry a direction (True: high) and the subject that they measure (none: the number of rows)."""

FREQUENT = _stems("common frequent frequently often popular usual prevalent")
SHARE = _stems("share percentage percent proportion fraction ratio")
DISTINCT = _stems("different distinct unique")
EACH = frozenset({"each", "every", "per", "by", "across", "among", "between"})
ROW_NOUNS = _stems(
    "row record entry line item observation case instance sample transaction event occurrence time reading"
)
"""Words for the rows themselves, whatever the table is about."""

PERIODS: dict[str, Part] = {
    "yearly": Part.YEAR,
    "annual": Part.YEAR,
    "annually": Part.YEAR,
    "quarterly": Part.QUARTER,
    "monthly": Part.MONTH,
    "weekly": Part.WEEK,
    "daily": Part.DAY,
    "hourly": Part.HOUR,
}
PARTS: dict[str, Part] = {
    "year": Part.YEAR,
    "quarter": Part.QUARTER,
    "month": Part.MONTH,
    "week": Part.WEEK,
    "weekday": Part.WEEKDAY,
    "day": Part.DAY,
    "date": Part.DAY,
    "hour": Part.HOUR,
}
NUMBERS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
}

UNSUPPORTED = _stems(
    """correlation correlated correlate regression forecast predict prediction extrapolate variance deviation percentile
    quartile quantile histogram cluster outlier anomaly slope"""
)
"""Figures that are not computed; a question with one of these must not be answered with another figure."""

SYNONYMS: tuple[frozenset[str], ...] = tuple(
    map(
        _stems,
        (
            "precipitation precip rain rainfall prcp",
            "temperature temp",
            "snow snowfall",
            "sale sold",
            "revenue sale turnover amount takings proceeds amt",
            "income earnings salary wage pay",
            "profit margin gain surplus",
            "price expensive costly cheap",
            "profit profitable",
            "cost price expense spend spending expenditure charge fee fare",
            "quantity qty units pieces volume unit",
            "country nation",
            "state province",
            "region area territory zone",
            "city town",
            "product item article good",
            "customer client buyer shopper cust",
            "employee worker staff salesperson seller rep agent",
            "department dept division team",
            "category kind type class group segment",
            "date day when",
            "airline carrier",
            "destination dest",
            "origin orig source",
            "departure dep depart departing",
            "arrival arr arrive arriving",
            "distance dist mileage",
            "duration length time",
            "age old",
            "gender sex",
            "population pop inhabitant resident person",
            "passenger traveller traveler rider",
            "score grade mark",
            "rating rated stars",
            "weight mass heavy",
            "height tall",
            "speed velocity wind_speed",
            "horsepower hp power",
            "mpg mileage economy",
            "delay late lateness delayed",
            "order purchase",
            "student pupil",
            "movie film title",
            "gross earnings revenue",
            "supplier vendor",
            "store shop branch outlet",
            "channel medium",
            "year yr",
            "maximum max highest",
            "minimum min lowest",
            "average avg mean",
            "weather condition conditions",
            "death fatality casualty killed died",
            "injury injured wounded",
            "magnitude mag",
            "latitude lat",
            "longitude lon lng long",
            "manufacturer maker brand make",
            "stock inventory",
            "discount rebate reduction",
            "tax vat duty",
            "name called",
        ),
    )
)
WHO = _stems("person employee customer client seller salesperson rep player author driver student staff agent artist")
WHERE = _stems("country city region location state place site station airport store district area town origin")
INTENSIVE_HINTS = {True: _stems("max maximum high highest peak"), False: _stems("min minimum low lowest")}
"""Parts of column names that a superlative prefers (`hottest` prefers temp_max)."""
