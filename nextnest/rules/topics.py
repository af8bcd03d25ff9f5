"""What a customer's words are about, by the words of the trade in the languages of Singapore."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TOPICS = {
    "a person": r"\b(human|real person|someone|agent|staff|manager)\b|真人|人工|\borang\b|மனித",
    "how much can be borrowed": (
        r"\b(borrow|afford|max(imum)? loan|loan amount|eligib\w+|pinjam)\b|可以贷|能贷|貸款|贷款多少|கடன் தொகை"
    ),
    "rates": r"\b(rates?|interest|sora|fixed|floating|kadar|faedah)\b|利率|利息|வட்டி",
    "refinancing": r"\b(refinanc\w*|repric\w*|lock[- ]?in|penalt(y|ies))\b|转贷|轉貸|重新贷款|மறுநிதி",
    "instalments": r"\b(instal\w*|monthly (payment|repayment)|repayment|tenure|ansuran)\b|月供|分期|தவணை",
    "stamp duty": r"\b(stamp dut(y|ies)|bsd|absd|ssd|duti setem)\b|印花税|印花稅|முத்திரை",
    "TDSR and MSR": r"\b(tdsr|msr)\b",
    "down-payment and CPF": r"\b(down[- ]?payment|cpf|cov|deposit|wang pendahuluan)\b|首付|公积金|公積金",
    "documents": r"\b(documents?|payslips?|noa|paperwork|dokumen)\b|文件|资料|ஆவண",
    "valuation": r"\b(valuation|appraisal|penilaian)\b|估价|估價|மதிப்பீ",
    "approval": r"\b(approv\w*|aip|ipa|in[- ]principle|reject\w*|lulus)\b|批准|审批|審批|ஒப்புதல்",
    "a complaint": r"\b(complain\w*|refund|unhappy|aduan)\b|投诉|投訴|புகார்",
}
_PATTERNS = {topic: re.compile(pattern, re.IGNORECASE) for topic, pattern in _TOPICS.items()}


def topics_of(messages: Sequence[str]) -> tuple[str, ...]:
    """The topics named in these messages, in a fixed order; empty when none is."""
    text = "\n".join(messages)
    return tuple(topic for topic, pattern in _PATTERNS.items() if pattern.search(text))
