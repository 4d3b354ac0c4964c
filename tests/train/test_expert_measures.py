"""The measures of the experts' report, on values small enough to do by hand."""

import pytest

from dramaturg.train.experts import __main__ as report
from dramaturg.train.experts.fed import spearman


def test_spearman_is_the_correlation_of_ranks_and_equal_values_share_one() -> None:
    assert spearman([1, 10, 100], [0.1, 0.2, 0.3]) == pytest.approx(1.0)
    assert spearman([1, 2, 3], [9, 5, 5]) == pytest.approx(-0.8660, abs=1e-4)


def test_the_table_shows_the_further_figures_of_a_ranking() -> None:
    entry = {
        "value": 0.5, "n": 1200, "unit": "hits@1 of 20", "split": "SPC valid",
        "hits@5": 0.75, "mean reciprocal rank": 0.6,
    }  # fmt: skip

    shown = report.tables({"ranker": {"ranker, SPC valid": entry}})

    assert "| ranker, SPC valid | 0.500 (hits@5 0.750, MRR 0.600) | 1,200 | hits@1 of 20 |" in shown


def test_an_artefact_without_a_card_cannot_be_reported(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        report.main(["--report", "--data", "nowhere", "--only", "likelihood"])

    assert "figures are those of quality" in capsys.readouterr().err
