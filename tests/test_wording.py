"""The sentences: complete in both languages, made of figures, and deaf to what stands in them."""

import string
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import attrs
import pytest

from klimaflow import Decision, Phase, Procedure, decide, phrases
from klimaflow.commands import COMMANDS
from klimaflow.facts import Facts
from klimaflow.figures import Figures
from klimaflow.moments import moment
from klimaflow.parties import Role
from klimaflow.proposal import ConsentStatus
from klimaflow.rules import RULES
from tests.conftest import command, consent, found, in_phase, told
from tests.test_rules import LINES, answer

BOTH = ("en", "da")
IN_BOTH = pytest.mark.parametrize("lang", BOTH)
RULE_WORDS = {lang: phrases.phrases(lang)["rules"] for lang in BOTH}
SENTENCES = [(rule, form) for rule, forms in RULE_WORDS["en"].items() for form in forms]
EVERY_SENTENCE = pytest.mark.parametrize(("rule", "form"), SENTENCES)

# The rules that need a fact which may not be known.
UNSURE = {
    "before-qualification-deadline",
    "before-approval-deadline",
    "same-or-later-round",
    "round-still-open",
    "before-the-meeting",
    "committee-has-met",
    "grant-stated",
    "within-request",
    "within-grant",
    "within-fund",
    "fund-released",
    "amount-agreed",
}
CURLY = "{at} {0} {} {{x}} {nonsense!r:>9} %s \\n"


def shape(value: Any) -> Any:
    """Return the keys of a table, of the tables in it, and the lengths of its lists."""
    if isinstance(value, Mapping):
        return {key: shape(each) for key, each in value.items()}
    return len(value) if isinstance(value, list) else type(value)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    else:
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from texts(each)


def placeholders(sentence: str) -> list[str]:
    """Return the names of the figures of a sentence, in their order."""
    return [name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None]


class TestTheTemplates:
    def test_both_languages_have_the_same_keys(self) -> None:
        assert phrases.LANGUAGES == BOTH
        english, danish = (phrases.phrases(lang) for lang in BOTH)
        assert shape(english) == shape(danish)
        assert list(texts(english)) != list(texts(danish))

    def test_no_text_is_empty_or_has_stray_blanks(self) -> None:
        for lang in BOTH:
            for text in texts(phrases.phrases(lang)):
                assert text.strip()
                assert "  " not in text

    @pytest.mark.parametrize("rule", RULES)
    def test_every_rule_has_its_sentences(self, rule: str) -> None:
        expected = {"broken"} if rule == "known-move" else {"kept", "broken"}
        assert set(RULE_WORDS["en"][rule]) == expected | ({"unknown"} if rule in UNSURE else set())

    def test_there_are_sentences_for_rules_only(self) -> None:
        assert RULE_WORDS["en"].keys() == RULES.keys()

    def test_every_rule_has_a_name_of_its_own(self) -> None:
        for lang in BOTH:
            names = phrases.phrases(lang)["rule_names"]
            assert names.keys() == RULES.keys()
            assert len({*names.values()}) == len(names)

    def test_what_rests_on_no_entry_has_words_of_ours(self) -> None:
        ours = {rule.id for rule in RULES.values() if rule.basis is None}
        for lang in BOTH:
            assert phrases.phrases(lang)["own_words"].keys() == ours | {"nothing"}

    @EVERY_SENTENCE
    def test_no_sentence_is_the_same_in_both_languages(self, rule: str, form: str) -> None:
        english, danish = (RULE_WORDS[lang][rule][form] for lang in BOTH)
        assert english != danish
        assert sorted(placeholders(english)) == sorted(placeholders(danish))

    @EVERY_SENTENCE
    @IN_BOTH
    def test_every_placeholder_is_a_figure_by_its_plain_name(
        self, lang: str, rule: str, form: str
    ) -> None:
        for name in placeholders(RULE_WORDS[lang][rule][form]):
            assert name.isidentifier()
            assert not name.startswith("_")
            assert hasattr(Figures, name) or hasattr(Facts, name), name

    @EVERY_SENTENCE
    @IN_BOTH
    def test_a_sentence_ends_as_one(self, lang: str, rule: str, form: str) -> None:
        sentence = RULE_WORDS[lang][rule][form]
        assert sentence[0].isupper() or sentence[0] in "{“»"
        assert sentence[-1] in ".}"

    @IN_BOTH
    def test_every_command_phase_role_and_status_has_a_word(self, lang: str) -> None:
        words = phrases.phrases(lang)
        assert words["commands"].keys() == COMMANDS.keys()
        assert words["phases"].keys() == {each.value for each in Phase}
        assert words["roles"].keys() == {*(each.value for each in Role), "anyone"}
        assert words["consents"].keys() == {each.value for each in ConsentStatus}

    def test_the_phases_bear_the_names_of_the_design(self) -> None:
        assert list(phrases.phrases("da")["phases"].values()) == [
            "Idé",
            "Sparring",
            "Faglig kvalificering",
            "Godkendelsesforløb",
            "Behandling i forretningsudvalget",
            "Afventer bidragende parter",
            "Igangsat",
            "Afslag",
            "Trukket",
        ]

    @IN_BOTH
    def test_every_direction_has_three_words_for_its_margin(self, lang: str) -> None:
        margins = phrases.phrases(lang)["margins"]
        assert margins.keys() == {rule.direction.name for rule in RULES.values()}
        for kept, exact, broken in margins.values():
            assert ("{}" in kept, "{}" in exact, "{}" in broken) == (True, False, True)


class TestTheSentences:
    @IN_BOTH
    @pytest.mark.parametrize("rule", LINES)
    @pytest.mark.parametrize("side", [1, 2], ids=["kept", "broken"])
    def test_every_sentence_can_be_said(
        self, procedure: Procedure, rule: str, side: int, lang: str
    ) -> None:
        decision = answer(procedure, LINES[rule][0], LINES[rule][side])  # type: ignore[arg-type]
        said = found(decision, rule).explained(lang)
        assert not {"{", "}"} & set(said)
        assert "UNKNOWN" not in said
        assert "None" not in said
        assert "  " not in said
        assert said == said.strip()
        assert said.endswith(".")

    def test_every_figure_is_named_by_a_sentence(self) -> None:
        figures = {name for name in vars(Figures) if not name.startswith("_")}
        named = {name for text in texts(RULE_WORDS) for name in placeholders(text)}
        assert figures - named == set()

    def test_a_phase_is_named_by_its_name(self, procedure: Procedure) -> None:
        facts = in_phase(Phase.APPROVAL_PROCESS, procedure).decide(command("start")).facts
        figures = [Figures(RULES["in-order"], facts, lang)["phase"] for lang in BOTH]
        assert figures == ["Approval process", "Godkendelsesforløb"]

    def test_what_nobody_has_asked_for_is_zero_kroner(self, procedure: Procedure) -> None:
        proposal = attrs.evolve(in_phase(Phase.COMMITTEE_DECISION, procedure).proposal, budget=None)
        facts = decide(procedure, proposal, command("approve")).facts
        figures = Figures(RULES["budget-stated"], facts, "da")
        assert (figures["requested"], figures["cofinancing"]) == ("0 kr.", "0 kr.")


class TestBraces:
    """What people write stays text, whatever it looks like."""

    def both(self, decision: Decision, rule: str) -> tuple[str, str]:
        finding = found(decision, rule)
        return finding.because, finding.because_da

    def test_in_a_condition(self, procedure: Procedure) -> None:
        history = in_phase(Phase.FUNDER_CONSENT, procedure, approve={"conditions": [CURLY]})
        for said in self.both(history.decide(command("start")), "conditions-met"):
            assert CURLY in said
        for said in self.both(history.decide(command("meet-condition")), "known-condition"):
            assert CURLY in said
        named = history.decide(command("meet-condition", condition=CURLY * 2))
        for said in self.both(named, "known-condition"):
            assert CURLY * 2 in said

    def test_in_a_round(self, procedure: Procedure) -> None:
        history = in_phase(Phase.SPARRING, procedure)
        decision = history.decide(command("submit-for-qualification", round=CURLY))
        for rule in ("known-round", "before-qualification-deadline"):
            for said in self.both(decision, rule):
                assert CURLY in said

    def test_in_the_name_of_a_participant_or_a_person(self, procedure: Procedure) -> None:
        odd = {"id": "{by}", "name": CURLY, "kind": "company"}
        by = f"secretariat:{{kl}}/{CURLY}"
        history = in_phase(Phase.IDEA, procedure, enlist_participants={"participants": [odd]})
        decision = history.decide(command("release-participant", by=by, participant=CURLY))
        for said in self.both(decision, "known-participant"):
            assert f"{{by}} ({CURLY})" in said
        for said in self.both(decision, "authorised"):
            assert by in said
        assert by in decision.explained("da")

    def test_in_a_funder(self, procedure: Procedure) -> None:
        history = in_phase(Phase.FUNDER_CONSENT, procedure)
        decision = history.decide(consent(CURLY, 1, by="funder:realdania"))
        for rule in ("contributing-party", "speaks-for-itself", "consent-open", "amount-agreed"):
            for said in self.both(decision, rule):
                assert CURLY in said

    def test_in_a_title_a_reason_and_notes(self, procedure: Procedure) -> None:
        history = told(
            in_phase(Phase.IDEA, procedure, register_idea={"title": CURLY, "summary": CURLY}),
            command("hold-sparring", adviser=CURLY, notes=CURLY),
            command("withdraw", reason=CURLY),
        )
        assert history.proposal.title == CURLY
        for decision in history.decisions():
            assert decision.explained("en") != decision.explained("da")

    def test_in_the_words_of_a_policy(self, procedure: Procedure) -> None:
        rounds = [attrs.evolve(each, label=CURLY, label_da=None) for each in procedure.rounds]
        odd = attrs.evolve(procedure, rounds=tuple(rounds))
        decision = in_phase(Phase.SPARRING, odd).decide(command("submit-for-qualification"))
        for said in self.both(decision, "before-qualification-deadline"):
            assert CURLY in said


class TestTheWords:
    @pytest.mark.parametrize(
        ("at", "english", "danish"),
        [
            (
                "2024-04-15 09:00",
                "Monday 15 April 2024 at 09:00",
                "mandag den 15. april 2024 kl. 9.00",
            ),
            (
                "2024-05-30 09:00:05",
                "Thursday 30 May 2024 at 09:00:05",
                "torsdag den 30. maj 2024 kl. 9.00.05",
            ),
            (
                "2024-04-15 09:00:00.000001",
                "Monday 15 April 2024 at 09:00:00.000001",
                "mandag den 15. april 2024 kl. 9.00.00,000001",
            ),
            (
                "2024-12-01T23:30Z",
                "Monday 2 December 2024 at 00:30",
                "mandag den 2. december 2024 kl. 0.30",
            ),
        ],
    )
    def test_a_moment_is_as_exact_as_it_needs_to_be(
        self, at: str, english: str, danish: str
    ) -> None:
        said = tuple(phrases.moment(moment(at), lang, "Europe/Copenhagen") for lang in BOTH)
        assert said == (english, danish)

    def test_a_day(self) -> None:
        said = tuple(phrases.day(date(2024, 5, 30), lang) for lang in BOTH)
        assert said == ("Thursday 30 May 2024", "torsdag den 30. maj 2024")

    @pytest.mark.parametrize(
        ("kroner", "english", "danish"),
        [
            (0, "DKK 0", "0 kr."),
            (999, "DKK 999", "999 kr."),
            (1_500_000, "DKK 1,500,000", "1.500.000 kr."),
            (10**12, "DKK 1,000,000,000,000", "1.000.000.000.000 kr."),
        ],
    )
    def test_kroner(self, kroner: int, english: str, danish: str) -> None:
        assert tuple(phrases.kroner(kroner, lang) for lang in BOTH) == (english, danish)

    @pytest.mark.parametrize(
        ("items", "english", "danish"),
        [
            ([], "nobody", "ingen"),
            (["A"], "A", "A"),
            (["A", "B"], "A and B", "A og B"),
            (["A", "B", "C"], "A, B and C", "A, B og C"),
        ],
    )
    def test_a_list(self, items: list[str], english: str, danish: str) -> None:
        assert tuple(phrases.listed(items, lang) for lang in BOTH) == (english, danish)

    @pytest.mark.parametrize(
        ("span", "english", "danish"),
        [
            (timedelta(microseconds=1), "1 microsecond", "1 mikrosekund"),
            (timedelta(microseconds=2), "2 microseconds", "2 mikrosekunder"),
            (timedelta(minutes=12), "12 minutes", "12 minutter"),
            (timedelta(minutes=-12), "12 minutes", "12 minutter"),
            (
                timedelta(days=1, seconds=1, microseconds=5),
                "1 day 1 second 5 microseconds",
                "1 dag 1 sekund 5 mikrosekunder",
            ),
        ],
    )
    def test_a_span_without_its_sign(self, span: timedelta, english: str, danish: str) -> None:
        assert tuple(phrases.span(span, lang) for lang in BOTH) == (english, danish)

    @pytest.mark.parametrize(
        ("days", "english", "danish"), [(1, "1 day", "1 dag"), (2, "2 days", "2 dage")]
    )
    def test_whole_days(self, days: int, english: str, danish: str) -> None:
        said = tuple(phrases.days(timedelta(days=days), lang) for lang in BOTH)
        assert said == (english, danish)

    @pytest.mark.parametrize("lang", ["", "EN", "sv", "../en"])
    def test_other_languages_are_none_of_ours(self, lang: str) -> None:
        with pytest.raises(ValueError, match="is none of en, da"):
            phrases.phrases(lang)
