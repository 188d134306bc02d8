"""What each place of a policy file takes, so that every other value there is a mistake."""

from tests.corpus.mutations import Path, Table, pattern, places
from tests.property.worlds import SHIPPED

# Which of the values of the corpus fit a place, by the kind of the place.
FITS: dict[str, set[str]] = {
    "text": {"text", "bell"},
    "id": {"text"},
    "number": {"number"},
    "flag": {"true"},
    "date": {"date"},
    "list of ids": {"empty list", "list"},
    "list": {"empty list"},
    "free table": {"empty table"},
    "none": set(),  # a choice, a reference, a table with keys of its own
}

KINDS: dict[str, str] = {
    "edition": "number",
    "checked.on": "date",
    "valid_from.value": "date",
    "valid_until.value": "date",
    "readings.grace_minutes.value": "number",
    "readings.qualification_required.value": "flag",
    "participants.minimum": "number",
    "participants.kinds": "list",
    "participants.binding_at": "list",
    "participants.advisory_at": "list",
    "rounds[].sources": "free table",
    "criteria": "list",
    "funders": "list",
    "funds": "list",
    "funds[].funders": "list",
    "funds[].amount": "number",
    "funds[].released_on": "date",
    "not_encoded": "free table",
}
TEXTS: set[str | int] = {
    "by",
    "title",
    "document",
    "publisher",
    "url",
    "label",
    "label_da",
    "name",
    "awaits",
}
TEXTS |= {"section", "quote", "because"}
OPTIONAL = {"publisher", "url", "label_da", "authority", "awaits", "released_on", "sources"}


def full() -> Table:
    """Return the shipped policy with every optional key, cut to one entry where all are alike.

    Its requirements are left to tests/test_requirements.py.
    """
    table = {key: value for key, value in SHIPPED.items() if key != "requirements"}
    table["criteria"], table["funders"] = SHIPPED["criteria"][:2], SHIPPED["funders"][:2]
    spring, autumn = SHIPPED["rounds"]
    table["rounds"] = [spring, {key: autumn[key] for key in autumn if key != "sources"}]
    own, _, locked = SHIPPED["funds"]
    table["funds"] = [own, {**locked, "released_on": SHIPPED["valid_until"]["value"]}]
    table["not_encoded"] = dict(list(SHIPPED["not_encoded"].items())[:1])
    return table


FULL = full()
PLACES: tuple[Path, ...] = tuple(path for path, _ in places(FULL))


def kind(path: Path) -> str:
    """Return the kind of a place."""
    own, last = pattern(path), path[-1]
    if own in KINDS:
        return KINDS[own]
    if path[0] == "authority" and len(path) == 2 and last != "because":
        return "list"
    if last == "id":
        return "id"
    return "text" if last in TEXTS else "none"


def may_be_missing(path: Path) -> bool:
    """Tell whether a file without this key is still a policy."""
    if path[0] == "authority" and len(path) == 2:
        return "@" in str(path[1])
    in_sources = "sources" in path[:-1] and len(path) == 4
    free = path[0] == "not_encoded" and len(path) == 2
    optional = path[-1] in OPTIONAL and len(path) > 1
    return in_sources or free or optional or path == ("readings", "cofinancing")
