"""`make audit` never takes silence for an answer. The reports here are pip-audit's own form, made up."""

from __future__ import annotations

from scripts.audit import judged

CLEAN = {"name": "flask", "version": "3.1.2", "vulns": []}
HOLED = {"name": "idna", "version": "1.0", "vulns": [{"id": "PYSEC-2024-60", "fix_versions": ["3.7"]}]}
UNASKED = {
    "name": "rich",
    "skip_reason": "Dependency not found on PyPI and could not be audited: rich (15.0.0)",
}


def test_all_asked_and_nothing_known_is_a_success() -> None:
    assert judged({"dependencies": [CLEAN]}) == (["1 packages asked about, 0 known holes."], 0)


def test_a_known_hole_is_named_with_what_mends_it() -> None:
    lines, code = judged({"dependencies": [CLEAN, HOLED, UNASKED]})
    assert lines[0] == "idna 1.0: PYSEC-2024-60, mended in 3.7"
    assert code == 1


def test_a_package_nobody_could_be_asked_about_is_no_success() -> None:
    lines, code = judged({"dependencies": [CLEAN, UNASKED]})
    assert "rich" in lines[-1]
    assert code == 2


def test_a_report_about_nothing_is_no_success() -> None:
    assert judged({"dependencies": []})[1] == 2
