"""Faults in the shipped policy file: what a slip of the pen, or of the reading, would lay down."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from tests.faults.fault import POLICY, Fault, shipped

WEEKDAYS = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")
DEADLINES = {
    ("qualification", "2024-04-15 09:00"): "spring",
    ("approval", "2024-04-25 09:00"): "spring",
    ("qualification", "2024-10-07 09:00"): "autumn",
    ("approval", "2024-10-24 09:00"): "autumn",
}
MEETINGS = {"2024-05-30": "spring", "2024-11-21": "autumn"}
OFF = {
    "a day early": timedelta(days=-1),
    "an hour early": timedelta(hours=-1),
    "a minute early": timedelta(minutes=-1),
    "a minute late": timedelta(minutes=1),
    "an hour late": timedelta(hours=1),
    "a day late": timedelta(days=1),
}
TEXT = shipped(POLICY)
REALDANIA = 'id = "realdania"\nfunders = ["realdania"]\namount = 10_000_000'
REGIONS = '"region-hovedstaden", "region-sjaelland"]\namount = 10_000_000'
LOCKED = 'id = "realdania-after-evaluation" # locked until `released_on` is given\n'
LATER = f'{LOCKED}funders = ["realdania"]\namount = 10_000_000'
AWAITS = 'awaits = "partnerskabets midtvejsevaluering"\n'


def fault(name: str, *changes: tuple[str, str], equivalent: str = "") -> Fault:
    return Fault(name, POLICY, changes, equivalent)


def table(begins: str) -> str:
    """Return a table of the file, from its first words to the empty line after it."""
    start = TEXT.index(begins)
    return TEXT[start : TEXT.index("\n\n", start) + 2]


def entry(kind: str, name: str) -> str:
    """Return an entry of a list of the file by its id."""
    return table(f'[[{kind}]]\nid = "{name}"')


def with_weekday(on: date | datetime) -> str:
    shown = on.isoformat(" ", "minutes") if isinstance(on, datetime) else on.isoformat()
    return f"{WEEKDAYS[on.weekday()]} {shown}"


def deadlines() -> Iterator[Fault]:
    for (gate, stated), season in DEADLINES.items():
        at = datetime.fromisoformat(stated)
        for name, off in OFF.items():
            others = f'{gate} = "{with_weekday(at + off)}"'
            change = (f'{gate} = "{with_weekday(at)}"', others)
            yield fault(f"{gate} in {season} closes {name}", change)
    for stated, season in MEETINGS.items():
        on = date.fromisoformat(stated)
        for name in ("a day early", "a day late"):
            others = f'committee = "{with_weekday(on + OFF[name])}"'
            change = (f'committee = "{with_weekday(on)}"', others)
            yield fault(f"the meeting in {season} is {name}", change)


SPRING = (
    'qualification = "mandag 2024-04-15 09:00"\napproval = "torsdag 2024-04-25 09:00"\n'
    'committee = "torsdag 2024-05-30"'
)
AUTUMN = (
    'qualification = "mandag 2024-10-07 09:00"\napproval = "torsdag 2024-10-24 09:00"\n'
    'committee = "torsdag 2024-11-21"'
)
ROUNDS = (
    fault(
        "deadlines in spring swapped",
        (
            'qualification = "mandag 2024-04-15 09:00"\napproval = "torsdag 2024-04-25 09:00"',
            'qualification = "torsdag 2024-04-25 09:00"\napproval = "mandag 2024-04-15 09:00"',
        ),
    ),
    fault(
        "qualification in spring closes with approval",
        ('qualification = "mandag 2024-04-15 09:00"', 'qualification = "torsdag 2024-04-25 09:00"'),
    ),
    fault(
        "approval in spring closes with qualification",
        ('approval = "torsdag 2024-04-25 09:00"', 'approval = "mandag 2024-04-15 09:00"'),
    ),
    fault(
        "approval in spring closes on the day of the meeting",
        ('approval = "torsdag 2024-04-25 09:00"', 'approval = "torsdag 2024-05-30 09:00"'),
    ),
    fault(
        "approval in spring closes on the wrong weekday",
        ('approval = "torsdag 2024-04-25 09:00"', 'approval = "fredag 2024-04-25 09:00"'),
    ),
    fault(
        "qualification in spring closes at a time that does not exist",
        ('qualification = "mandag 2024-04-15 09:00"', 'qualification = "søndag 2024-03-31 02:30"'),
    ),
    fault(
        "the meeting in autumn comes before its deadlines",
        ('committee = "torsdag 2024-11-21"', 'committee = "torsdag 2024-10-17"'),
    ),
    fault("dates of the rounds swapped", (SPRING, "..."), (AUTUMN, SPRING), ("...", AUTUMN)),
    fault(
        "names of the rounds swapped",
        ('id = "2024-spring"', "..."),
        ('id = "2024-autumn"', 'id = "2024-spring"'),
        ("...", 'id = "2024-autumn"'),
    ),
    fault("autumn has the dates of spring", (AUTUMN, SPRING)),
    fault("two rounds of one name", ('id = "2024-autumn"', 'id = "2024-spring"')),
)

READINGS = (
    fault("deadlines are exclusive", ('value = "inclusive"', 'value = "exclusive"')),
    fault("deadlines to the minute", ('value = "exact"', 'value = "minute"')),
    fault("a minute of grace", ("value = 0", "value = 1")),
    fault("a day of grace", ("value = 0", "value = 1440")),
    fault("qualification is not required", ("value = true", "value = false")),
    fault("co-financing binds", ('value = "advisory"', 'value = "binding"')),
    fault("nothing on co-financing", (table("[readings.cofinancing]"), "")),
    fault("the zone is London's", ('zone = "Europe/Copenhagen"', 'zone = "Europe/London"')),
    fault("the zone is Helsinki's", ('zone = "Europe/Copenhagen"', 'zone = "Europe/Helsinki"')),
    fault("the zone is UTC", ('zone = "Europe/Copenhagen"', 'zone = "UTC"')),
    fault("the zone is unknown", ('zone = "Europe/Copenhagen"', 'zone = "Europe/Kobenhavn"')),
    fault(
        "the zone is Berlin's",
        ('zone = "Europe/Copenhagen"', 'zone = "Europe/Berlin"'),
        equivalent="its clocks show the same as Copenhagen's in all years of the procedure",
    ),
    fault("validity a day short", ("value = 2027-12-31", "value = 2027-12-30")),
    fault("validity a day long", ("value = 2027-12-31", "value = 2028-01-01")),
    fault("validity a year short", ("value = 2027-12-31", "value = 2026-12-31")),
    fault("validity ends before it begins", ("value = 2027-12-31", "value = 2022-12-31")),
    fault("validity begins a year late", ("value = 2023-01-01", "value = 2024-01-01")),
)

BOTH = 'binding_at = ["submit-for-approval", "start"]\nadvisory_at = ["submit-for-qualification"]'
PARTICIPANTS = (
    fault("two authorities are enough", ("minimum = 3", "minimum = 2")),
    fault("one authority is enough", ("minimum = 3", "minimum = 1")),
    fault("no authority is enough", ("minimum = 3", "minimum = 0")),
    fault("four authorities are needed", ("minimum = 3", "minimum = 4")),
    fault(
        "companies count",
        ('kinds = ["municipality", "region"]', 'kinds = ["municipality", "region", "company"]'),
    ),
    fault(
        "regions do not count", ('kinds = ["municipality", "region"]', 'kinds = ["municipality"]')
    ),
    fault(
        "municipalities do not count", ('kinds = ["municipality", "region"]', 'kinds = ["region"]')
    ),
    fault("no kind counts", ('kinds = ["municipality", "region"]', "kinds = []")),
    fault(
        "authorities are not asked for at the start",
        ('["submit-for-approval", "start"]', '["submit-for-approval"]'),
    ),
    fault(
        "authorities are not asked for at approval",
        ('["submit-for-approval", "start"]', '["start"]'),
    ),
    fault(
        "enough authorities at the start is advice",
        (
            BOTH,
            'binding_at = ["submit-for-approval"]\n'
            'advisory_at = ["submit-for-qualification", "start"]',
        ),
    ),
    fault(
        "enough authorities at approval is advice",
        (
            BOTH,
            'binding_at = ["start"]\n'
            'advisory_at = ["submit-for-qualification", "submit-for-approval"]',
        ),
    ),
    fault(
        "no remark on authorities at qualification",
        ('advisory_at = ["submit-for-qualification"]', "advisory_at = []"),
    ),
    fault(
        "enough authorities binds at qualification",
        (
            BOTH,
            'binding_at = ["submit-for-approval", "start", "submit-for-qualification"]\n'
            "advisory_at = []",
        ),
    ),
    fault(
        "enough authorities at a command that does not ask",
        ('advisory_at = ["submit-for-qualification"]', 'advisory_at = ["approve"]'),
    ),
)


def criteria() -> Iterator[Fault]:
    names = re.findall(r'^\[\[criteria\]\]\nid = "(.*)"$', TEXT, re.MULTILINE)
    for name in names:
        stated = entry("criteria", name)
        advice = stated.replace('strength = "binding"', 'strength = "advisory"')
        yield fault(f"criterion {name} is advice", (stated, advice))
        yield fault(f"criterion {name} is left out", (stated, ""))


def advised() -> tuple[str, str]:
    """Return all the criteria, and all of them as advice."""
    stated = TEXT[TEXT.index("[[criteria]]") : TEXT.index("[[funders]]")]
    return stated, stated.replace("binding", "advisory")


def authority() -> Iterator[Fault]:
    """Yield for each line a role too many, and a role too few."""
    stated = re.findall(r'^"?([a-z_@-]+)"? = (\[.*\])$', table("[authority]"), re.MULTILINE)
    for key, roles in stated:
        name = f'"{key}"' if "@" in key else key
        line = f"\n{name} = {roles}\n"
        if key != "register-idea":  # which is open to anyone
            other = "committee" if "dgo" in roles else "dgo"
            more = roles.replace("]", f', "{other}"]')
            yield fault(f"{key} is open to {other} too", (line, f"\n{name} = {more}\n"))
        *fewer, last = re.findall(r"[a-z]+", roles)
        rest = ", ".join(f'"{each}"' for each in fewer)
        yield fault(f"{key} without {last}", (line, f"\n{name} = [{rest}]\n"))
        if "@" in key:
            yield fault(f"{key} is as elsewhere", (line, "\n"))


PARTIES = (
    fault("consent is never required", ('required_at = "start"', 'required_at = "never"')),
    fault("a funder is left out", (entry("funders", "region-sjaelland"), "")),
    fault(
        "a funder has another's code",
        ('authority = "1085"', 'authority = "1081"'),
    ),
    fault(
        "a funder has no code",
        ('authority = "1085"\n', ""),
    ),
    fault("approve has no line of authority", ('\napprove = ["committee"]\n', "\n")),
    fault("a command that there is not", ('\napprove = ["committee"]', '\naprove = ["committee"]')),
    fault("a role that there is not", ('\napprove = ["committee"]', '\napprove = ["comittee"]')),
)


def funds() -> Iterator[Fault]:
    amounts = {
        "without limit": "1_000_000_000_000",
        "twice as large": "20_000_000",
        "half as large": "5_000_000",
        "ten times too small": "1_000_000",
        "a krone too large": "10_000_001",
        "a krone too small": "9_999_999",
        "empty": "0",
    }
    for name, words in (("realdania", REALDANIA), ("regions", REGIONS), ("the later", LATER)):
        for how, amount in amounts.items():
            yield fault(f"fund {name} {how}", (words, words.replace("10_000_000", amount)))


FUNDS = (
    fault("a funder is left out of its fund", (', "region-sjaelland"]', "]")),
    fault("the first region is left out of the fund", ('["region-nordjylland", ', "[")),
    fault(
        "Realdania draws on the regions' fund",
        ('["region-nordjylland", ', '["realdania", "region-nordjylland", '),
    ),
    fault(
        "a region draws on Realdania's fund",
        (REALDANIA, REALDANIA.replace('["realdania"]', '["realdania", "region-sjaelland"]')),
    ),
    fault("Realdania's fund is nobody's", (REALDANIA, REALDANIA.replace('["realdania"]', "[]"))),
    fault("the locked fund is open", (AWAITS, "")),
    fault("the locked fund is released early", (AWAITS, f"{AWAITS}released_on = 2024-05-30\n")),
    fault("the locked fund is released later", (AWAITS, f"{AWAITS}released_on = 2026-06-01\n")),
    fault("the locked fund is left out", (table(f"[[funds]]\n{LOCKED}"), "")),
    fault("Realdania's fund is left out", (entry("funds", "realdania"), "")),
    fault("Realdania's fund is locked", (REALDANIA, f"{REALDANIA}\n{AWAITS}".rstrip())),
    fault("a fund of a funder that there is not", ('"region-sjaelland"]', '"region-fyn"]')),
    fault("a fund in øre", (REALDANIA, REALDANIA.replace("10_000_000", "10_000_000.50"))),
    fault("a fund below zero", (REALDANIA, REALDANIA.replace("10_000_000", "-10_000_000"))),
)

CONSENT = table("[consent]")
WRITING = (
    fault(
        "an entry without a source",
        (
            CONSENT,
            re.sub("source = .*", "", CONSENT),
        ),
    ),
    fault("a key that there is not", ("minimum = 3", "minimum = 3\nmaximum = 9")),
    fault("a key left out", ("minimum = 3\n", "")),
    fault("a number in words", ("minimum = 3", 'minimum = "three"')),
)

POLICY_FAULTS = (
    *deadlines(),
    *ROUNDS,
    *READINGS,
    *PARTICIPANTS,
    *criteria(),
    fault(
        "no criterion binds, and qualification neither",
        ("value = true", "value = false"),
        advised(),
    ),
    *authority(),
    *PARTIES,
    *funds(),
    *FUNDS,
    *WRITING,
)
