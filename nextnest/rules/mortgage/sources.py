"""Where the rules were read, and how good each place is."""

from __future__ import annotations

from dataclasses import dataclass

from nextnest.rules.mortgage.dated import Grade


@dataclass(frozen=True)
class Source:
    address: str
    grade: Grade


_O, _L, _S, _G = Grade.OFFICIAL, Grade.LAW_FIRM, Grade.SECONDARY, Grade.GENERAL

MAS_NEW_LOANS = Source("mas.gov.sg/regulation/explainers/new-housing-loans", _O)
MAS_MSR = Source("mas.gov.sg/regulation/explainers/new-housing-loans/msr-and-tdsr-rules", _O)
MAS_LTV = Source(
    "mas.gov.sg/regulation/explainers/new-housing-loans/loan-tenure-and-loan-to-value-limits", _O
)
NOTICE_645 = Source("MAS Notice 645, as iqrate.io and housingloansg.com report it", _S)
MND_2022 = Source("mnd.gov.sg, joint release of 29 Sep 2022", _O)
THE_EDGE = Source("theedgesingapore.com, on the joint release of 29 Sep 2022", _S)
HDB_LTV = Source("plbinsights.com and sureanot.com, quoting HDB and MND", _S)
HDB_LOAN = Source("hdb.gov.sg, More information on your HDB housing loan", _O)
LAW_SOCIETY = Source("help.law.com.sg, on buyer's stamp duty", _L)
BSD_BEFORE = Source("IRAS's earlier table, not read again", _G)
ABSD_SHEET = Source("copy of IRAS's fact sheet of 27 Apr 2023 (scribd.com 681875876), and the press", _S)
MND_ABSD_2024 = Source("mnd.gov.sg, 16 Feb 2024", _O)
IRAS_SENIORS = Source("iras.gov.sg, ABSD Concession for Single SC Seniors", _O)
MND_SSD = Source("mnd.gov.sg, joint release of 3 Jul 2025", _O)
SSD_BEFORE = Source("IRAS's earlier table, not read again", _G)
CPF_LIMITS = Source("the press, quoting cpf.gov.sg", _S)
CPF_LEASE = Source("cpf.gov.sg, questions on the use of CPF for property", _O)
CPF_LEASE_NONE = Source("CPF's lease rule, not read again", _G)
CPF_INTEREST = Source("moneyiq.sg, quoting CPF; others compound monthly", _S)
EC_BEFORE = Source("theindependent.sg, 22 May 2026, on the terms before", _S)
EC_NEW = Source("theindependent.sg, 22 May 2026, on MND's release of 8 May 2026", _S)
STANDARD_AGREEMENT = Source("four agreeing pages that quote the standard sale and purchase agreement", _S)
