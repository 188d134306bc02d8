"""A procedure shown, and held against its document: here a text made of its own quotations."""

import json
import unicodedata

import attrs
import pytest

from klimaflow import Procedure, report
from klimaflow.phrases import day, kroner
from klimaflow.report import check, plain
from klimaflow.report.basis import entries, rules_of
from klimaflow.report.passages import sentences
from klimaflow.rules import RULES
from tests.conftest import policy

NEW = "Noget helt nyt er kommet til."


def quotations(procedure: Procedure) -> list[str]:
    cited = [each.source.quote for each in entries(procedure).values() if each.source]
    return list(dict.fromkeys([*cited, *(q.quote for q in procedure.not_encoded.values())]))


@pytest.fixture
def document(procedure: Procedure) -> str:
    return "\n\n".join(quotations(procedure))


class TestCheck:
    def test_a_text_of_all_quotations_passes(self, procedure: Procedure, document: str) -> None:
        result = check(procedure, document)
        assert result.passed
        assert result.not_found == {}
        assert not any(each.uncited for each in result.sentences)

    def test_white_space_and_the_form_of_letters_do_not_count(
        self, procedure: Procedure, document: str
    ) -> None:
        spread = unicodedata.normalize("NFD", document.replace(" ", "\u00a0\n\t"))
        assert spread != document
        assert check(procedure, spread).not_found == {}

    @pytest.mark.parametrize(
        ("change", "paths"),
        [
            (("15. april kl. 9.00", "15. april kl. 9.01"), ["rounds[0].qualification"]),
            (("minimum tre kommuner", "minimum TRE kommuner"), ["participants"]),
            (("Hvem kan være med?", "Hvem må være med?"), ["not_encoded.who-heading"]),
            (("for medfinansiering", "for finansiering"), ["readings.cofinancing"]),
        ],
    )
    def test_a_quotation_that_is_not_there_is_named(
        self, procedure: Procedure, document: str, change: tuple[str, str], paths: list[str]
    ) -> None:
        """And so is each requirement that says it again."""
        assert change[0] in document
        result = check(procedure, document.replace(*change))
        again = {
            f"requirements[{number}]"
            for number, each in enumerate(procedure.requirements)
            if each.source is not None and change[0] in each.source.quote
        }
        assert set(result.not_found) == {*paths, *again}
        assert not result.passed
        assert all(path in plain(report.check_page(result)) for path in paths)

    def test_a_sentence_that_nothing_cites_is_marked(
        self, procedure: Procedure, document: str
    ) -> None:
        result = check(procedure, f"{document}.\n\n{NEW}")
        assert [each.text for each in result.sentences if each.uncited] == [NEW]
        assert not result.passed
        assert f"✗ {NEW}\n      not cited" in plain(report.check_page(result))

    def test_a_sentence_shows_the_entries_and_the_rules_that_rest_on_it(
        self, procedure: Procedure, document: str
    ) -> None:
        by_text = {each.text: each for each in check(procedure, document).sentences}
        advice = "Forslag til klimaudviklingsspor bør forholde sig til muligheder for "
        sentence = by_text[f"{advice}medfinansiering."]
        assert sentence.entries == ("readings.cofinancing",)
        assert sentence.rules == ("cofinancing-considered",)
        assert sentence.encoded
        assert by_text["Hvem kan være med?"].because == ("a heading",)
        assert by_text["Hvem kan være med?"].listed

    def test_a_quotation_that_stands_twice_counts_twice(self, procedure: Procedure) -> None:
        text = "Seneste mulighed for indsendelse her.\nSeneste mulighed for indsendelse der."
        found = check(procedure, text).sentences
        assert [each.entries for each in found] == [("readings.deadline",)] * 2

    def test_a_quotation_across_two_sentences_touches_both_and_no_third(self) -> None:
        words = 'because = "The document knows no grace."'
        source = 'source = { section = "x", quote = "to tre. Fire fem" }'
        found = check(policy((words, source)), "Nul en. En to tre. Fire fem seks. Syv.").sentences
        graced = [each.text for each in found if "readings.grace_minutes" in each.entries]
        assert graced == ["En to tre.", "Fire fem seks."]

    def test_white_space_in_a_quotation_does_not_count_either(self) -> None:
        words = 'because = "The document knows no grace."'
        found = check(
            policy((words, 'source = { section = "x", quote = "en  to\\n tre" }')), "en to tre"
        )
        assert found.sentences[0].entries == ("readings.grace_minutes",)

    def test_an_empty_text(self, procedure: Procedure) -> None:
        result = check(procedure, "")
        assert (result.sentences, result.passed) == ((), False)
        assert len(result.not_found) == result.quotations
        assert "0 sentences" in plain(report.check_page(result))

    def test_it_is_safe_for_json(self, procedure: Procedure, document: str) -> None:
        value = check(procedure, document).to_dict()
        assert json.loads(json.dumps(value))["passed"] is True


class TestSentences:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("En to. Tre fire? Fem!", ["En to.", "Tre fire?", "Fem!"]),
            ("Af hhv. Realdania og fx. KL.", ["Af hhv. Realdania og fx. KL."]),
            ("Mandag 15. april\nkl. 9.00\nTorsdag", ["Mandag 15. april kl. 9.00", "Torsdag"]),
            ("Overskrift\n\nDet her er en sætning.", ["Overskrift", "Det her er en sætning."]),
            (f"{'ord ' * 20}\nKlimaalliancen her.", [f"{'ord ' * 20}Klimaalliancen her."]),
            ("En to\nhttps://kl.dk/a\ntre.\nmailto:a@b.dk", ["En to tre."]),
            (" \n\f\n", []),
        ],
    )
    def test_where_a_text_is_cut(self, text: str, expected: list[str]) -> None:
        assert sentences(text) == expected


class TestBasis:
    def test_every_rule_that_cites_an_entry_rests_on_one(self, procedure: Procedure) -> None:
        resting = {rule for rules in rules_of(procedure).values() for rule in rules}
        assert resting == {rule.id for rule in RULES.values() if callable(rule.basis)}

    @pytest.mark.parametrize(
        ("path", "rules"),
        [
            ("rounds[0].approval", ["before-approval-deadline"]),
            ("rounds[1].qualification", ["before-qualification-deadline"]),
            ("rounds[1]", ["known-round"]),
            ("criteria[3]", ["criteria-met"]),
            ("participants", ["enough-authorities"]),
            ("readings.qualification_required", ["qualification-first"]),
            ("readings.cofinancing", ["cofinancing-considered"]),
            ("funds[1]", ["within-fund"]),
            ("funds[2]", ["fund-released"]),
            ("funders[5]", ["contributing-party"]),
            ("valid_until", ["within-partnership"]),
            ("authority", ["authorised"]),
        ],
    )
    def test_what_rests_on_an_entry(
        self, procedure: Procedure, path: str, rules: list[str]
    ) -> None:
        assert rules_of(procedure)[path] == rules

    @pytest.mark.parametrize("reading", ["deadline", "resolution", "grace_minutes"])
    def test_a_reading_of_the_deadline_carries_both_deadlines(
        self, procedure: Procedure, reading: str
    ) -> None:
        both = ["before-qualification-deadline", "before-approval-deadline"]
        assert rules_of(procedure)[f"readings.{reading}"] == both

    def test_a_round_without_words_of_its_own_carries_its_deadlines(
        self, procedure: Procedure
    ) -> None:
        words = 'approval = { section = "Hvornår er der deadline?", quote = "Torsdag 24. oktober'
        shorter = policy((f'{words} kl. 9.00" }}\n', ""))
        assert "rounds[1].approval" not in entries(shorter)
        assert rules_of(shorter)["rounds[1]"] == ["known-round", "before-approval-deadline"]


class TestProcedurePage:
    @pytest.mark.parametrize("lang", ["en", "da"])
    def test_it_shows_all_that_is_laid_down(self, procedure: Procedure, lang: str) -> None:
        text = " ".join(plain(report.procedure_page(procedure, lang), 1000).split())
        for entry in entries(procedure).values():
            assert (entry.source.quote if entry.source else entry.because or "?") in text
        for stated in procedure.not_encoded.values():
            assert stated.quote in text
            assert stated.because in text
        for stated_round in procedure.rounds:
            assert day(stated_round.committee, lang) in text
        for fund in procedure.funds:
            assert kroner(fund.amount, lang) in text
        assert procedure.sha256 in text

    def test_what_a_changed_policy_says(self) -> None:
        changed = policy(
            ('awaits = "partnerskabets midtvejsevaluering"', "released_on = 2025-06-01"),
            ('required_at = "start"', 'required_at = "never"'),
            ('advisory_at = ["submit-for-qualification"]', "advisory_at = []"),
        )
        text = " ".join(plain(report.procedure_page(changed)).split())
        assert "released Sunday 1 June 2025" in text
        assert "a missing consent is a remark" in text
        assert "remarked on" not in text

    def test_equal_words_for_several_entries_stand_once(self, procedure: Procedure) -> None:
        text = " ".join(plain(report.procedure_page(procedure)).split())
        assert text.count("“Partnerskabet er femårigt og løber til 2027.”") == 1
        assert text.count("“et partnerskab indgået af KL") == 1

    def test_the_object_has_the_keys_of_the_policy_file(self, procedure: Procedure) -> None:
        shown = report.procedure_dict(procedure)
        keys = [field.name for field in attrs.fields(Procedure) if field.init]
        assert set(shown) == {*keys, "sha256"}
        assert shown["sha256"] == procedure.sha256
        assert shown["rounds"][0]["qualification"] == "2024-04-15T09:00:00+02:00"
        assert json.loads(json.dumps(shown))["criteria"][0]["id"] == "need-from-climate-plans"
