"""What a sentence must speak of before a rule's value proves a figure in it: 55% is a true figure of the TDSR only.

Names and their synonyms in English, Chinese, Malay and Tamil; the trade's abbreviations are the same in all of them.
"""

# ruff: noqa: E501 - a pattern is easier to check in one piece
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nextnest.rules.mortgage.values import AbsdTable, Bands, LtvTier, Profile, Stage


@dataclass(frozen=True)
class Subject:
    """`name` must stand in the clause, or in the sentence when its clause names no other rule; `words` must stand in the
    sentence, and `never` must not."""

    name: re.Pattern[str]
    words: tuple[re.Pattern[str], ...] = ()
    never: re.Pattern[str] | None = None

    def is_in(self, clause: str, sentence: str) -> bool:
        """Whether a figure in this clause of this sentence, both lower case, is about the rule."""
        scope = clause if _NAMED.search(clause) else sentence
        return (
            bool(self.name.search(scope))
            and all(word.search(sentence) for word in self.words)
            and not (self.never and self.never.search(sentence))
        )


_TDSR = r"(?<![a-z])tdsr(?![a-z])|total debt servicing|总偿债|總償債|总债务|總債務|khidmat hutang|மொத்தக் கடன்"
_MSR = r"(?<![a-z])msr(?![a-z])|mortgage servicing|房贷偿债|按揭偿|房貸償債|khidmat gadai|அடமானச் சேவை"
_LTV = r"(?<![a-z])ltv(?![a-z])|loan[- ]to[- ]value|贷款与估值|贷款估值|貸款估值|贷款与价值|pinjaman kepada nilai|மதிப்புக்கான கடன்"
_ABSD = r"(?<![a-z])absd(?![a-z])|additional buyer'?s stamp|额外(?:买方)?印花税|額外(?:買方)?印花稅|tambahan pembeli|கூடுதல் (?:வாங்குவோர் )?முத்திரை"
_BSD = r"(?<![a-z])bsd(?![a-z])|(?<!additional )buyer'?s stamp|(?<!额外)买方印花税|(?<!額外)買方印花稅|duti setem pembeli|(?<!கூடுதல் )வாங்குவோர் முத்திரை"
_SSD = r"(?<![a-z])ssd(?![a-z])|seller'?s stamp|卖方印花税|賣方印花稅|duti setem penjual|விற்பனையாளர் முத்திரை"
_STRESS = r"stress|assess(?:ed|ment)? (?:rate|interest|at)|medium[- ]term (?:interest )?rate|压力测试|壓力測試|kadar tekanan|அழுத்த"
_VARIABLE = r"variable|commission|bonus|self-employed|freelance|浮动收入|佣金|自雇|komisen|bekerja sendiri"
_RENTAL = r"rental|rent\b|租金|sewa|வாடகை"
_GUARANTOR = r"guarant(?:or|ee)|担保|擔保|penjamin"
_HDB_LOAN = r"(?<![a-z])hdb(?![a-z])[^.]{0,20}\b(?:loans?|lends?|borrow\w*|ltv|rate|concessionary)|loan from hdb|建屋局(?:贷款|貸款)|pinjaman hdb"
_TENURE = (
    r"tenure|\bterm\b|longest loan|over up to|loan (?:of|for) up to|贷款年限|年限|贷款期|tempoh|தவணைக் கால"
)
_OA = r"ordinary account|(?<![a-z])(?:cpf[- ]?)?oa(?![a-z])[^.]{0,20}(?:rate|interest)|普通户头|普通戶頭|akaun biasa"
_CPF_USE = r"(?<![a-z])cpf(?![a-z])|公积金|公積金"
_EC = r"(?<![a-z])ecs?(?![a-z])|executive condo|执行共管|執行共管"
_FLAT = r"(?<![a-z])hdb(?![a-z])|\bflat\b|组屋|組屋|rumah pangsa"
_SECOND = r"(?<!no )(?<!any )(?<!without )(?<!without an )(?<!without an)\b(?:second|2nd|another|other|existing|outstanding)\b|第二|第2|另一|kedua|இரண்டாவது"
_THIRD = r"\b(?:third|3rd|subsequent|more)\b|第三|第3|ketiga|மூன்றாவது"
_NAMED = re.compile(f"{_TDSR}|{_MSR}|{_LTV}|{_ABSD}|{_BSD}|{_SSD}|{_STRESS}|{_GUARANTOR}|{_OA}")


def _about(name: str, *words: str, never: str | None = None) -> Subject:
    return Subject(
        re.compile(name), tuple(re.compile(word) for word in words), re.compile(never) if never else None
    )


_NOT_A_HOME = r"commercial|industrial|office|shop|non-residential|商业|商業|工业|komersial"
_BY_RULE = {
    "tdsr": _about(_TDSR),
    "msr": _about(_MSR),
    "guarantor_share": _about(_GUARANTOR),
    "stress_rate_residential": _about(_STRESS, never=f"{_NOT_A_HOME}|{_HDB_LOAN}"),
    "stress_rate_non_residential": _about(_STRESS, _NOT_A_HOME),
    "hdb_assessment_rate": _about(_STRESS, _HDB_LOAN),
    "cpf_oa_rate": _about(_OA),
    "hdb_rate_margin": _about(_HDB_LOAN, _OA),
    "variable_income_share": _about(_VARIABLE),
    "rental_income_share": _about(_RENTAL),
    "longest_tenure_hdb_flat": _about(_TENURE, _FLAT, never=_HDB_LOAN),
    "longest_tenure_other": _about(_TENURE, never=_FLAT),
    "reduced_ltv_tenure_hdb_flat": _about(_LTV, _TENURE, _FLAT),
    "reduced_ltv_tenure_other": _about(_LTV, _TENURE, never=_FLAT),
    "reduced_ltv_age": _about(_LTV, r"\bages?\b|岁|歲|umur|வயது"),
    "hdb_loan_ltv": _about(_HDB_LOAN, never=f"{_TDSR}|{_MSR}"),
    "hdb_loan_longest_tenure": _about(_TENURE, _HDB_LOAN),
    "hdb_loan_last_age": _about(_HDB_LOAN, r"\bages?\b|years? old|岁|歲|umur|வயது"),
    "hdb_loan_lease_margin": _about(r"lease|屋契|pajakan|குத்தகை", _HDB_LOAN),
    "absd_developer_remittable": _about(_ABSD, r"developer|发展商|發展商|pemaju"),
    "absd_sale_of_first_home": _about(_ABSD, r"\bs(?:ell|ale|old)|卖|賣|jual|விற்"),
    "absd_single_senior_age": _about(_ABSD, r"senior|single|单身|單身"),
    "cpf_withdrawal_limit": _about(r"withdrawal limit|提取限额|提款限额|had pengeluaran", _CPF_USE),
    "cpf_second_home_limit": _about(_CPF_USE, _SECOND),
    "cpf_lease_age": _about(r"lease|屋契|pajakan|குத்தகை", _CPF_USE),
    "cpf_lease_none": _about(r"lease|屋契|pajakan|குத்தகை", _CPF_USE),
    "ec_minimum_occupation": _about(
        r"(?<![a-z])mop(?![a-z])|minimum occupation|最低居住|最短居住|pendudukan minimum", _EC
    ),
    "ec_privatised": _about(r"privati[sz]|private|私有|私人|swasta", _EC),
    "bsd_residential": _about(_BSD),
    "bsd_non_residential": _about(_BSD),
    "ssd_residential": _about(_SSD),
    "progressive_payments": _about(r"progressive|stage|standard agreement|渐进|漸進|分期|berperingkat"),
}
_PROFILES = {
    Profile.CITIZEN: _about(_ABSD, r"citizen|公民|warganegara|குடிமக", never=r"permanent resident|foreigner"),
    Profile.RESIDENT: _about(_ABSD, r"\bprs?\b|permanent resident|永久居民|penduduk tetap|நிரந்தர"),
    Profile.FOREIGNER: _about(_ABSD, r"foreign|外国人|外國人|warga asing|வெளிநாட்ட"),
    Profile.ENTITY: _about(_ABSD, r"entit|compan|trust|公司|信托|syarikat"),
    Profile.DEVELOPER: _about(_ABSD, r"developer|发展商|發展商|pemaju"),
}
_HOMES = (r"\b(?:first|1st|only)\b|第一|首|pertama|முதல்", _SECOND, _THIRD)
_ONE_RATE = {Profile.FOREIGNER, Profile.ENTITY, Profile.DEVELOPER}


def values_with_subjects(rule_id: str, value: Any, words: str) -> Iterator[tuple[str, Subject]]:
    """What a rule's value proves: texts, each with its subject. `words` is the whole value in words.

    Of a table each row has a subject of its own. Reduced and cash shares, and duties by year of holding, prove nothing by
    themselves: which of them holds is for a calculator to find.
    """
    if isinstance(value, AbsdTable):
        yield from _absd(value)
    elif isinstance(value, tuple) and isinstance(value[0], LtvTier):
        yield from _ltv(value)
    elif rule_id in _BY_RULE and rule_id != "ssd_residential":
        yield words, _BY_RULE[rule_id]


def is_table(value: object) -> bool:
    """Whether a value is bands or stages, which share one subject: they prove only what a calculator used this turn."""
    return isinstance(value, Bands) or (isinstance(value, tuple) and isinstance(value[0], Stage))


def _absd(table: AbsdTable) -> Iterator[tuple[str, Subject]]:
    for profile, shares in table.shares:
        about = _PROFILES[profile]
        for home, share in zip(_HOMES, shares, strict=True):
            words = about.words if profile in _ONE_RATE else (*about.words, re.compile(home))
            yield f"{share * 100:f}%", Subject(about.name, words, about.never)


def _ltv(tiers: tuple[LtvTier, ...]) -> Iterator[tuple[str, Subject]]:
    others = (None, _SECOND, _THIRD)
    for tier, other in zip(tiers, others, strict=True):
        words = (re.compile(other),) if other else ()
        never = None if other else re.compile(f"{_SECOND}|{_HDB_LOAN}")
        yield f"{tier.normal * 100:f}%", Subject(re.compile(_LTV), words, never)
