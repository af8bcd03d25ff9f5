"""The sentences a reply must not contain, in the languages of Singapore: a rule, its patterns, its reason.

A clause that denies, asks whether or doubts is not the sentence itself: "nobody can promise approval", "if you
qualify". A denial counts within its own clause only: "don't worry, it will be approved" is a promise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

PROMISED_APPROVAL = "promised_approval"
PROMISED_RATE = "promised_rate"
PROMISED_SAVINGS = "promised_savings"
PROMISED_CONTACT = "promised_contact"
CLAIMED_HUMAN = "claimed_human"
ASKED_FOR_IDENTITY = "asked_for_identity"
GAVE_ADVICE = "gave_advice"

_DENIES = re.compile(
    r"(?:\b(?:can't|cannot|can not|don't|do not|doesn't|does not|won't|will not|wouldn't|would not|isn't"
    r"|is not|aren't"
    r"|are not|not|never|nobody|no one|neither|nor|no|without|unable|rather than|instead of|avoid|tidak|tak"
    r"|bukan|jangan)\b"
    r"(?! (?:only|just|doubt|worry|worries|problem|need to worry))|不|无法|無法|没|沒|别|請勿|请勿)(?P<rest>.*)$"
)
# A denial reaches about this many characters; further away it denies something else.
_REACH = 60
_WHETHER = re.compile(
    r"\b(?:whether|how much|see if|check if|know if|work out if) (?:[\w'-]+ ){0,4}$"
    r"|\b(?:if|whether|once|when|unless|before|until|after|as soon as|which|how|what|that|how likely|chances?"
    r"|do|does|could"
    r"|would|might|may|should|asked about|looking for|want|hoping for|after|jika|kalau|sama ada) "
    r"(?:(?:your|the|a|an|this|these|you|they|it|we|loans?|application) ?){0,3}$|(?:如果|是否|能否|会不会|要是)[^。]{0,8}$"
)
_BREAK = re.compile(
    r"(?<=[.!?。！？])\s*(?!\d)|\n+|[,;，；：](?!\d)|:\s|\s[-–—]\s|—|\b(?:but|however|though|although|because|so)\b|但是|但|不过"
)


# "The lowest rate isn't always the best package": said of such things in general, nothing is promised.
_DENIED_AFTER = re.compile(
    r"^(?: \w+)? ?(?:is|are|may|might|does|do|need)(?:n't| not) (?:be |mean )?(?:always|necessarily|everything|the only"
    r"|the whole|automatically)\b"
)


@dataclass(frozen=True)
class Rule:
    """`pattern` is looked for in lower-case clauses. `denial` and `doubt`: whether these turn it into something else."""

    id: str
    reason: str
    pattern: re.Pattern[str]
    denial: bool = True
    doubt: bool = False

    def broken_by(self, clause: str) -> str | None:
        """The words of the clause that break the rule, if any."""
        for found in self.pattern.finditer(clause):
            before = clause[max(0, found.start() - _REACH) : found.start()]
            if self.denial and _DENIES.search(before):
                continue
            if self.denial and _DENIED_AFTER.search(clause[found.end() : found.end() + _REACH]):
                continue
            if self.doubt and _WHETHER.search(before):
                continue
            return found.group().strip()
        return None


def clauses(text: str) -> Iterator[str]:
    """The clauses of a text, lower case, with single spaces and plain apostrophes."""
    plain = text.casefold().replace("’", "'").replace("‘", "'").replace("**", "")
    for line in plain.splitlines():
        for clause in _BREAK.split(line):
            if spoken := " ".join((clause or "").split()):
                yield spoken


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


_SURE = r"(?:definitely|surely|certainly|absolutely|for sure|easily|already|no doubt|100%)"
_WE = (
    r"(?:i|we|he|she|they|someone|somebody|(?:my |our |a |the |human )*(?:colleague|team|specialist"
    r"|advis[eo]r|manager|agent|consultant|broker|person))s?"
)

_RATE = r"\d+(?:\.\d+)? ?(?:%|percent|per cent)"

# "Should" is doubt elsewhere; here it is the advice.
_YOU_SHOULD = r"(?:\byou (?:should|could|can|may|might|would|ought to) (?:\w+ ){0,2}?)?"
# Whose loans the customer has guaranteed must be asked: they count for the total debt servicing ratio.
_NOT_THE_CUSTOMERS = (
    r"(?<!do you )(?<!have you )(?<!borrower has )(?<!borrowers have )(?<!loan you )(?<!loans you )(?<!loan you've )"
    r"(?<!loans you've )(?<!loan you have )(?<!loans you have )"
)
_PRODUCT = (
    r"(?:t-?bills?|treasury bills?|stocks|shares|equities|etfs?|unit trusts?|bonds?|ssbs?|reits?|crypto\w*|bitcoins?"
    r"|gold|annuit\w+|robo-?advis\w+|(?:index|mutual|hedge|money market) funds?|endowment\w*|savings plans?"
    r"|the stock market)\b"
)

RULES: tuple[Rule, ...] = (
    Rule(
        PROMISED_APPROVAL,
        "Promise no approval: only a bank decides.",
        _any(
            rf"(?:\bwill|'ll|\bshall|\bgoing to|\bsure to|\bbound to|\bcertain to) (?:{_SURE} )*(?:be "
            rf"|get )(?:{_SURE} )*(?:approved|accepted|granted)",
            rf"\b(?:is|are|'re|been|'s|getting) (?:{_SURE} |pre-?)*approved\b",
            r"\b(?:won't|will not|cannot|can't|never) (?:be )?(?:rejected|declined|turned down)",
            rf"\byou (?:will |do |can )?(?:{_SURE} )*qualify\b|\byou'll (?:{_SURE} )*qualify\b"
            rf"|\b{_SURE} (?:qualify|eligible|approved)",
            rf"\byou(?:'re| are) (?:{_SURE} )*(?:eligible|pre-?approved|qualified)\b",
            r"approval is (?:\w+ ){0,2}?(?:guaranteed|certain|assured|confirmed|no problem|a sure thing"
            r"|a formality|just a formality)",
        ),
        doubt=True,
    ),
    Rule(
        PROMISED_APPROVAL,
        "Guarantee and promise nothing.",
        _any(
            r"(?<!personal )(?<!corporate )(?<!bank )(?<!banker's )(?<!director's )"
            rf"{_NOT_THE_CUSTOMERS}\bguarantee(?:s|d)?\b",
            r"\b(?:i|we)(?:'ll| will| can)? (?:\w+ )?(?:promise|assure)\b|\bi give you my word"
            r"|\brest assured (?:that )?you",
            r"\bconfirm (?:can|approve|approved|will|get|pass)\b|\bsure (?:can get|approve|pass|get)\b"
            r"|\bfor sure (?:can|get|approve)",
            r"保证|保證|(?:一定|肯定|必定|绝对)(?:会|能|可以|可)?(?:获|獲)?(?:批|通过|通過|成功)|包过|必过|百分百|包批",
            r"\b(?:pasti|confirm|dijamin|jamin|menjamin)\b(?: \w+){0,3} (?:lulus|diluluskan|dapat)|\bdijamin\b",
            r"நிச்சயமாக|உத்தரவாதம்",
        ),
    ),
    Rule(
        PROMISED_RATE,
        "Promise no best or lowest rate or package.",
        _any(
            r"\b(?:best|lowest|cheapest|unbeatable|most competitive) (?:[\w-]+ ){0,3}?(?:rates?|packages?"
            r"|deals?|offers?|interest|loans?)\b",
            r"\b(?:rates?|packages?|deals?|offers?) (?:(?!not (?!only|just))[\w'-]+(?<!n't) ){0,4}?"
            r"(?:lowest|best|cheapest|unbeatable)\b",
            r"\b(?:beat|match) any (?:other )?(?:bank|rate|offer|quote)",
            # The figure may be the customer's own: no offer is made by repeating it.
            rf"\b{_WE}(?:'ll| will| can| shall)? (?:\w+ )?(?:offer|give|get|secure|arrange) you (?:[\w-]+ ){{0,5}}?{_RATE}",
            rf"\b(?:your|the) (?:\w+ ){{0,2}}?rate (?:will be|is (?:fixed|locked|confirmed)) (?:\w+ ){{0,2}}?{_RATE}",
            r"最(?:低|好|优惠|優惠|划算|便宜)的?(?:利率|利息|配套|贷款|貸款|方案)|(?:利率|利息)(?:是)?(?:全[国市岛])?最低",
            r"\b(?:kadar|pakej|faedah|pinjaman)(?: \w+){0,2} (?:terbaik|terendah|paling (?:rendah|murah|baik)"
            r"|termurah)",
        ),
        doubt=True,
    ),
    Rule(
        PROMISED_SAVINGS,
        "Promise no savings.",
        _any(
            rf"\byou(?:'ll| will| are going to| can) (?:{_SURE} )*save (?!time|yourself the)",
            r"\bsav(?:e|es|ed|ing) you (?!(?:some |a lot of |much )?(?:time|effort|hassle|trouble)"
            r"|(?:a|the) (?:trip|trouble|hassle)|from )|\bcertain savings",
            r"\bsav(?:e|es|ing|ings of) (?:\w+ ){0,4}?(?:hundreds|thousands)\b",
            r"(?:一定|肯定|会)(?:帮您|帮你|为您)?(?:省下|节省)",
            r"\banda akan (?:\w+ )?jimat",
        ),
        doubt=True,
    ),
    Rule(
        PROMISED_CONTACT,
        "Promise no call and no time: say that a human colleague can be asked for in this chat.",
        _any(
            rf"\b{_WE}(?:'ll| will| shall|'m going to| am going to| is going to"
            rf"| are going to)(?: \w+){{0,3}}? (?:call|phone|ring|contact|whatsapp|e-?mail|text|message"
            rf"|reach out to|give) you\b",
            rf"\b{_WE}(?:'ll| will| shall)(?: \w+){{0,2}}? (?:get back|be in touch|get in touch|reach out|follow up)",
            rf"\b{_WE}(?:'ll| will| shall)(?: \w+){{0,2}}? (?:reply|answer|respond|join|update"
            rf"|revert)(?: \w+){{0,6}}? (?:shortly|soon|today|tomorrow|tonight|within|in a (?:moment|minute"
            rf"|while)|right away|immediately|by)\b",
            r"\b(?:i|we) can (?:call|phone|ring) you|\bexpect (?:a|our|my) (?:phone )?(?:call|reply|email)"
            r"|\bcall you (?:back|at|on|tomorrow|later|shortly|soon|today|tonight)",
            r"(?:会|将|會)(?:尽快|马上|稍后|很快)?(?:给您|给你)?(?:打电话|打電話|致电|致電|回电|回電|联系您|联系你|回复您|聯繫您)",
            r"\bakan (?:\w+ )?(?:telefon|hubungi|menghubungi|call) (?:anda|awak|kamu)",
        ),
        doubt=True,
    ),
    Rule(
        CLAIMED_HUMAN,
        "Never say or suggest that you are human; you are an AI assistant.",
        _any(
            r"\bi(?:'m| am) (?:(?:really|actually|indeed|of course|also|just|very much) )*(?:a |an |as )?(?:real "
            r"|actual |live )*(?:human|person|people)\b(?! colleague)",
            r"\bi(?:'m| am) (?:\w+ )?not (?:a |an )?(?:ai|a\.i\.|bot|chatbot|robot|machine|computer|program)\b",
            r"\bas a (?:real |fellow )?(?:human|person)(?: being)?(?: myself)? i\b|^as a (?:human|real person)",
            r"\byou(?:'re| are) (?:speaking|talking|chatting) (?:to|with) (?:a )?(?:real |actual "
            r"|live )*(?:person|human)\b",
            r"\b(?:yes )?(?:a )?(?:real )?human here\b|\bno bots? here",
            r"我(?:就)?(?:是|乃)(?:一个|一位|个|位)?(?:真人|人类|人類|真实的人|活人)|我不是(?:一个|个)?(?:机器人|機器人|人工智能|ai)",
            r"\bsaya (?:ialah |adalah |memang )?(?:seorang )?(?:manusia|orang sebenar)|\bsaya bukan (?:robot"
            r"|bot|ai|mesin)",
            r"நான் (?:ஒரு )?மனித",
        ),
        denial=False,
    ),
    Rule(
        ASKED_FOR_IDENTITY,
        "Never ask for NRIC, passport, card or account numbers, passwords or Singpass.",
        _any(
            r"\b(?:send|share|give|provide|tell|type|upload|enter|key in|let (?:me|us) have|submit|forward"
            r"|need|confirm|verify|drop|pass|what is|what's|(?:may|can|could) (?:i|we) (?:have|get"
            r"|see))(?: \w+){0,5}? (?:nric|fin number|ic number|passport|identity card|credit card number"
            r"|card number|bank account number|account number|password|otp code|one-time password"
            r"|singpass (?:password|login|id|details))",
            r"\byour (?:nric|ic|passport|card|account) (?:number|no\.?)(?: please| pls)?\?",
            r"(?:提供|发|發|给我|給我|告诉|告訴|输入|輸入|上传|上傳)[^。！？]{0,12}(?:身份证|身份證|护照|nric|银行卡|密码|密碼|singpass)",
            r"\b(?:berikan|hantar|kongsi|beri|masukkan)(?: \w+){0,5}? (?:nric|kad pengenalan|no\.? ic|pasport"
            r"|kata laluan|singpass)",
        ),
    ),
    Rule(
        GAVE_ADVICE,
        "Give no investment, insurance, tax or legal advice and no forecast.",
        _any(
            r"\byou should (?:\w+ )?(?:invest|buy|sell|decouple|get (?:\w+ ){0,2}insurance|put (?:\w+ ){0,3}into)",
            rf"{_YOU_SHOULD}\b(?:put|place|park|keep|move|shift|invest)(?:ting|ing)? (?:[\w-]+ ){{0,6}}?"
            rf"in(?:to)? (?:[\w-]+ ){{0,2}}?{_PRODUCT}",
            rf"{_YOU_SHOULD}\b(?:buy|consider|try|get|go for|switch to|look at|look into) (?:\w+ ){{0,2}}?{_PRODUCT}",
            r"\b(?:good|great|excellent|solid|safe|smart|sound|sure) investment\b",
            r"\b(?:i|we)(?:'d| would)? (?:\w+ )?(?:recommend|advise|suggest)(?: \w+){0,5}? (?:invest"
            r"|investing|investment|insurance|stocks?|shares|funds?|policy|mrta|decoupling|crypto|selling"
            r"|buying|sell|buy)\b",
            r"\b(?:prices?|value|values|market|rates?|sora|property)(?: \w+){0,2}? (?:will|'ll|are going to"
            r"|is going to|are set to) (?:\w+ )?(?:rise|go up|go down|increase|decrease|fall|drop|appreciate"
            r"|climb|come down)",
            r"\b(?:declare|state|put|report|show)(?: \w+){0,3}? (?:higher|lower|more|less) (?:\w+ )?(?:income"
            r"|salary|pay)\b|\b(?:inflate|overstate|understate|hide|leave out|don't (?:declare"
            r"|mention))(?: \w+){0,3}? (?:income|salary|debts?|loans?|commitments?)",
            r"\bdecoupl\w+ (?:is|would be|will) (?:\w+ ){0,3}?(?:good|smart|great|save|best|worth)"
            r"|\bto avoid (?:paying )?(?:absd|stamp duty)",
            r"建议(?:您|你)?(?:投资|买|購買|购买|卖)|(?:房价|利率)(?:一定|肯定|将)?会(?:涨|跌|升|降|上升|下降)|(?:好|安全)的?投资",
            r"\b(?:harga|kadar)(?: \w+){0,2} akan (?:naik|turun|jatuh)|\bpelaburan (?:yang )?(?:baik|bagus|selamat)",
        ),
        doubt=True,
    ),
)
