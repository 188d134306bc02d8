"""The skeleton of the next policy file: its dates are empty, and filled in it loads."""

import re
import tomllib
from functools import reduce
from pathlib import Path

import pytest

from klimaflow import PolicyError, load_procedure
from klimaflow.planning.skeleton import skeleton
from klimaflow.policy import parse_procedure
from tests.conftest import POLICY, SHIPPED

A_TIME = """'' is not stated as "torsdag 2024-05-30 09:00\""""
ROUND = [
    "checked.by: is blank",
    "checked.on: '' is not a date: write YYYY-MM-DD",
    f"rounds[0].qualification: {A_TIME}",
    f"rounds[0].approval: {A_TIME}",
    """rounds[0].committee: '' is not stated as "torsdag 2024-05-30\"""",
]
OLD = load_procedure(SHIPPED)
KEPT = [r for r in OLD.requirements if r.demand[1].round in (None, OLD.rounds[-1].id)]
REQUIRED = [
    f"requirements[{number}].{demand}.{key}: {A_TIME}"
    for number, (demand, pattern) in enumerate(each.demand for each in KEPT)
    for key, _ in pattern.clocks()
    if pattern.round is not None
]
EMPTY = [*ROUND, *REQUIRED]
FILLED = {
    'by = ""': 'by = "N. N."',
    'on = ""': "on = 2025-01-15",
    'qualification = ""': 'qualification = "mandag 2025-04-14 09:00"',
    'approval = ""': 'approval = "torsdag 2025-04-24 09:00"',
    'committee = ""': 'committee = "onsdag 2025-05-28"',
}


def fill(text: str, empty: str) -> str:
    text, count = re.subn(rf"\b{empty}", FILLED[empty], text)
    assert count == 1, empty
    return text


def filled(text: str) -> str:
    text = re.sub(
        r"\b(later_than|earlier_than|at|until) = \"\"", r'\1 = "mandag 2025-04-14 09:00"', text
    )
    return reduce(fill, FILLED, text)


def problems(text: str) -> list[str]:
    with pytest.raises(PolicyError) as error:
        parse_procedure(text)
    return [*error.value.problems]


@pytest.fixture
def variant(tmp_path: Path) -> Path:
    return tmp_path / "old.toml"


class TestOfTheShippedProcedure:
    def test_it_is_toml_and_the_loader_names_each_date_that_is_empty(self) -> None:
        tomllib.loads(skeleton(SHIPPED))
        assert problems(skeleton(SHIPPED)) == EMPTY

    @pytest.mark.parametrize("empty", FILLED)
    def test_filling_one_in_leaves_the_others(self, empty: str) -> None:
        text = fill(skeleton(SHIPPED), empty)
        assert len(problems(text)) == len(EMPTY) - 1

    def test_filled_in_it_loads(self) -> None:
        procedure = parse_procedure(filled(skeleton(SHIPPED)))
        assert (procedure.id, procedure.edition) == ("klimaalliancen-2025", 1)
        assert [each.id for each in procedure.rounds] == ["2025-spring"]
        assert procedure.rounds[0].label_da == "foråret 2025"
        assert procedure.title.endswith("Klimaalliancen, 2025")

    def test_all_else_is_as_it_was(self) -> None:
        old, new = load_procedure(SHIPPED).to_dict(), parse_procedure(filled(skeleton(SHIPPED)))
        changed = {key for key, value in new.to_dict().items() if value != old[key]}
        assert changed == {"id", "title", "checked", "rounds", "requirements"}

    def test_what_is_required_of_the_last_round_is_required_of_the_next(self) -> None:
        procedure = parse_procedure(filled(skeleton(SHIPPED)))
        assert len(REQUIRED) >= 6
        for old, new in zip(KEPT, procedure.requirements, strict=True):
            if old.demand[1].round is None:
                assert new == old
            else:
                assert new.id == old.id.replace("autumn", "spring")
                assert new.demand[1].round == "2025-spring"
                assert (new.demand[0], new.source) == (old.demand[0], old.source)

    def test_the_comments_stay(self) -> None:
        comments = re.findall(r"#.*", POLICY)
        assert comments
        assert [each for each in comments if each not in skeleton(SHIPPED)] == []

    def test_what_the_dates_were_stands_beside_them(self) -> None:
        text = skeleton(SHIPPED)
        assert 'approval = "" # before: torsdag 2024-10-24 09:00\n' in text
        assert 'later_than = "" } # before: torsdag 2024-10-24 09:00\n' in text

    def test_a_skeleton_of_a_skeleton_is_for_the_half_year_after_it(self, variant: Path) -> None:
        variant.write_text(filled(skeleton(SHIPPED)), "utf-8")
        again = parse_procedure(filled(skeleton(variant)))
        assert (again.id, again.rounds[0].id) == ("klimaalliancen-2025-next", "2025-autumn")
        assert (again.rounds[0].label, again.rounds[0].label_da) == (
            *("autumn 2025", "efteråret 2025"),
        )

    def test_it_is_loaded_only_if_it_can_be(self, variant: Path) -> None:
        with pytest.raises(PolicyError, match="neither a file nor a shipped"):
            skeleton("no-such")
        variant.write_text(skeleton(SHIPPED), "utf-8")
        with pytest.raises(PolicyError, match=r"checked\.by"):
            skeleton(variant)


def without_requirements(text: str, others: str = "") -> str:
    start, end = text.index("[[requirements]]"), text.index("# What was left out")
    return text[:start] + others + text[end:]


class TestOtherFiles:
    def written(self, variant: Path, *changes: tuple[str, str]) -> str:
        text = POLICY
        for words, others in changes:
            assert words in text
            text = text.replace(words, others)
        variant.write_text(text, "utf-8")
        return skeleton(variant)

    def test_a_round_that_names_no_half_year(self, variant: Path) -> None:
        text = self.written(
            variant,
            ('"2024-autumn"', '"second"'),
            ('"autumn 2024"', '"the second"'),
            ('"efteråret 2024"', '"den anden"'),
        )
        assert problems(text) == EMPTY
        procedure = parse_procedure(filled(text))
        assert (procedure.id, procedure.rounds[0].id) == (f"{SHIPPED}-next", "second-next")
        assert procedure.rounds[0].label == "the second (next)"
        assert procedure.rounds[0].label_da == "den anden (næste)"

    def test_a_round_without_a_danish_name(self, variant: Path) -> None:
        text = self.written(variant, ('label_da = "efteråret 2024"\n', ""))
        assert parse_procedure(filled(text)).rounds[0].label_da is None

    def test_comments_beside_the_dates_stay_too(self, variant: Path) -> None:
        stated = '"torsdag 2024-11-21"'
        text = self.written(variant, (stated, f"{stated} # hele dagen"))
        assert 'committee = "" # before: torsdag 2024-11-21; hele dagen\n' in text
        assert problems(text) == EMPTY

    def test_checked_as_a_table(self, variant: Path) -> None:
        inline = 'checked = { by = "the klimaflow maintainers", on = 2026-11-24 }\n'
        table = '[checked]\nby = "N. N." # who\non = 2026-11-24\n'
        text = self.written(variant, (inline, ""), ("[not_encoded]", f"{table}\n[not_encoded]"))
        assert problems(text) == EMPTY
        parse_procedure(filled(text))

    def test_rounds_as_a_list(self, variant: Path) -> None:
        dates = (
            'qualification = "mandag {}-10-07 09:00", approval = "torsdag {}-10-24 09:00", '
            'committee = "torsdag {}-11-21"'
        )
        once = '{{ id = "a", label = "A", {}, because = "B" }}'
        first = dates.replace("mandag", "onsdag").replace("torsdag", "lørdag").format(*[2020] * 3)
        rounds = [
            once.replace('"a"', '"b"').format(first),
            once.format(dates.format(*[2024] * 3)),
        ]
        inline = f"rounds = [\n  {rounds[0]}, # A\n  {rounds[1]}, # B\n]\n"
        start, end = POLICY.index("[[rounds]]"), POLICY.index("[[criteria]]")
        text = without_requirements(POLICY[:start] + POLICY[end:])
        variant.write_text(text.replace("[valid_from]", f"{inline}\n[valid_from]", 1), "utf-8")
        assert problems(skeleton(variant)) == ROUND
        parse_procedure(filled(skeleton(variant)))

    def test_a_file_with_line_breaks_of_windows(self, variant: Path) -> None:
        variant.write_bytes(POLICY.replace("\n", "\r\n").encode())
        assert problems(skeleton(variant)) == EMPTY

    def test_requirements_in_other_forms(self, variant: Path) -> None:
        source = 'source = { section = "A", quote = "B" }'
        of = '{ do = "start", round = "2024-%s", at = "mandag 2024-10-07 09:00" }'
        table = f"""[[requirements]]
id = "mine"
{source}
[requirements.never] # why
do = "start"
round = "2024-autumn"
not_earlier_than = "mandag 2024-10-07 09:00" # when
earlier_than = "mandag 2024-10-14 09:00"

"""
        variant.write_text(without_requirements(POLICY, table), "utf-8")
        mine = "requirements[0].never"
        assert problems(skeleton(variant)) == [
            *ROUND,
            f"{mine}.earlier_than: {A_TIME}",
            f"{mine}.not_earlier_than: {A_TIME}",
        ]
        assert 'not_earlier_than = "" # before: mandag 2024-10-07 09:00; when\n' in skeleton(
            variant
        )
        listed = [f'{{ id = "{h}", possible = {of % h}, {source} }}' for h in ("spring", "autumn")]
        inline = f"requirements = [{', '.join(listed)}]\n"
        text = without_requirements(POLICY).replace("[valid_from]", f"{inline}\n[valid_from]", 1)
        variant.write_text(text, "utf-8")
        assert problems(skeleton(variant)) == [*ROUND, f"requirements[0].possible.at: {A_TIME}"]
        variant.write_text(without_requirements(POLICY), "utf-8")
        assert problems(skeleton(variant)) == ROUND

    def test_requirements_of_earlier_rounds_alone(self, variant: Path) -> None:
        table = (
            '[[requirements]]\nid = "mine"\nnever = { do = "start", round = "2024-spring" }\n'
            'because = "A"\n\n'
        )
        variant.write_text(without_requirements(POLICY, table), "utf-8")
        assert problems(skeleton(variant)) == ROUND
        assert parse_procedure(filled(skeleton(variant))).requirements == ()

    def test_a_requirement_of_a_round_without_a_time(self, variant: Path) -> None:
        table = (
            '[[requirements]]\nid = "mine"\nnever = { do = "start", round = "2024-autumn" } # A\n'
            'because = "A"\n\n'
        )
        variant.write_text(without_requirements(POLICY, table), "utf-8")
        assert 'never = { do = "start", round = "2025-spring" } # A\n' in skeleton(variant)

    def test_a_label_of_two_lines_ends_no_comment(self, variant: Path) -> None:
        text = self.written(variant, ('"autumn 2024"', '"autumn\\n2024\\u001b"'))
        assert problems(text) == EMPTY
