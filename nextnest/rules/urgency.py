"""How soon to answer, and whether a person should: read from the customer's words, in the languages of Singapore.

Words count only as whole words, so "know" holds no "now" and "breakfast" no "fast". Chinese is written without
spaces, so its phrases are looked for anywhere. When it is unclear whether a person is wanted, one is fetched:
a needless colleague costs less than a customer who is held back from one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from nextnest.models import PersonalityType, Urgency
from nextnest.rules.handoff import HandoffReason
from nextnest.rules.timing import is_greeting

# Seconds, urgent and calm, of the original's brokers.
_RESPONSE_TIMES = {
    PersonalityType.AGGRESSIVE: (1.0, 2.0),
    PersonalityType.BALANCED: (2.0, 4.0),
    PersonalityType.CONSERVATIVE: (3.0, 6.0),
}
_SHORTEST_S, _LONGEST_S = 1.0, 6.0
# Whoever only says hello wants to know whether somebody is there: under three seconds, the model's own second included.
_GREETED_S = 2.0
# A few words are read at a glance; a person reads about twenty-five characters a second and skims the rest.
_GLANCE_LENGTH, _GLANCE_S = 20, 0.5
_LONG_LENGTH, _LONG_S = 300, 1.0
# Every question after the first takes a little thought.
_QUESTION_S, _MOST_QUESTIONS_S = 0.5, 1.0
# "Hello??" and "please!!!" are impatient whatever the words.
_IMPATIENT = re.compile(r"\?\s?\?|!!!|[?!]{3}")

# A character that continues a word. Chinese does not: "我要call me" contains "call me".
_LETTER = r"[^\W\u3400-\u9fff]"


def _words(*phrases: str) -> re.Pattern[str]:
    """Whole words or phrases, given as regular expressions; a space also stands for the end of a line."""
    spaced = "|".join(phrases).replace(" ", r"[ \n]")
    return re.compile(rf"(?<!{_LETTER})(?:{spaced})(?!{_LETTER})")


_URGENT = _words(
    "urgent(?:ly)?|asap|a\\.s\\.a\\.p|immediately|emergency|right away|straight away|tonight|today",
    "quick(?:ly)?|fast(?:er)?|hurry|rushing|chop chop|deadline|expir(?:es|ing) (?:soon|tomorrow)",
    "(?<!for )(?<!until )(?<!just )(?<!by )(?<!till )now(?! that)",
    "segera|cepat|sekarang|hari ini|kecemasan|அவசரம்|உடனே",
    "(?:紧急|緊急|着急|馬上|马上|立刻|立即|尽快|儘快|赶时间|今天|快点|(?<!不)很急)",
)
_CALM = _words(
    "no (?:rush|hurry|urgency)|not (?:so |that |very )?urgent|not in (?:a|any) (?:rush|hurry)",
    "(?:don't|dont|do not|no need to) (?:rush|hurry)|take your time|tak (?:perlu )?(?:segera|cepat)",
    "不(?:着)?急",
)

_SPEAK = (
    r"(?:speak(?:ing)?|talk(?:ing)?|chat(?:ting)?|connect|transfer|pass|put|get) (?:me |it |this |us )?"
    r"(?:directly |straight )?(?:over |through )?(?:to|with)"
)
_BOT = r"(?:chat)?(?:ro)?bots?"
_KIND = r"(?:real|actual|live|human|proper|senior|another|different)"
_ONE = (
    r"(?:humans?|persons?|people|someone|somebody|anyone|anybody|agents?|advis[eo]rs?|consultants?|colleagues?"
    r"|staff|officers?|managers?|supervisors?|boss|representatives?|operators?|specialists?|mortgage brokers?)"
)
_WANT = (
    r"(?:want|wanna|need|prefer|get|give|find|see|(?:can|may|could) i have|ask(?:ing)? for|escalate"
    r"|where is|where's|is there|any|got|let)(?: (?:me|us|to|for|with|this|it|speak|talk|see|have|get|call)){0,4}"
)
_ARTICLE = r"(?:(?:a|an|the|some|any|ur|your) )?"
# Somebody else's people: whoever asks whether to see one asks for advice.
_ELSEWHERE = r"(?! (?:at|from|in|of) (?!nextnest|your|charge)|'s| loan| is| was| has| told| said)"
_CALLED_WHEN = (
    r"(?= ?(?:$|\n|[^\w\s'])| (?:back|at|on|when|tomorrow|today|tonight|now|later|asap|please|pls|plz|after|before|this|in"
    r"|if|to|for|about|and|or|instead|directly|first|again|any ?time|soon|urgently|can|lah|leh|ok|okay|around|between"
    r"|immediately|once|next|as|by|regarding|thanks|thank|\d))"
)

_NOT_FROM_OTHERS = r"(?! from (?!you(?!\w)|your|nextnest|a |some|any))"

_ASKS_FOR_PERSON = (
    _words(
        rf"{_SPEAK} {_ARTICLE}(?:{_KIND} )*{_ONE}{_ELSEWHERE}",
        rf"(?:real|live|actual) (?:person|human|people|agent|advis[eo]r|consultant|broker){_ELSEWHERE}",
        r"human (?:agent|being|advis[eo]r|consultant|colleague|support|staff|help|broker|operator|please|pls|now)",
        rf"{_WANT} {_ARTICLE}(?:{_KIND} )*(?:humans?|person|manager|supervisor){_ELSEWHERE}",
        r"(?:ur|your) (?:manager|supervisor|boss|superior)",
        r"(?:find|get) (?:someone|somebody|person|people) (?:to )?(?:talk|speak|help)",
        r"(?:anyone|anybody|someone|somebody) (?:real|human|live)|any human",
        r"(?:want|wish|need|like|have|going|please|pls|kindly|can (?:i|we|you|u)|could (?:i|we|you)|let me|i'll|i will|must"
        r"|how do i|how can i)(?: to)? (?:please )?escalate",
        r"(?<!i'm )(?<!i am )(?<!im )(?<!you're )(?<!you are )(?<!ur )(?<!u r )"
        rf"not (?:to |with )?(?:a |an )?{_BOT}",
        rf"(?:not |stop |no )(?:talking|speaking|chatting|dealing)(?: to| with) {_ARTICLE}(?:this |these )?{_BOT}",
        r"(?:hate|stop|tired of|sick of|enough of|enough with|stop with|done with|no more|no) "
        rf"(?:talking to |chatting with )?(?:this |the |a |these |your |ur )?{_BOT}",
        rf"(?:don't|dont|do not|didn't) (?:want|need|like|trust) (?:to have )?{_ARTICLE}(?:this |these )?"
        rf"(?:{_BOT}|ai(?! loan))",
        r"(?:don't|dont|do not|rather not) (?:want|wanna|like|wish)(?: to)? (?:talk|speak|chat)(?:ing)?(?: to| with)? "
        rf"(?:a |an |the )?(?:{_BOT}|machine|ai|computer)",
    ),
    _words(
        rf"(?<!bank )(?<!hdb )(?<!agent )call me{_CALLED_WHEN}",
        r"(?:phone|ring|dial) me|give me a (?:quick )?(?:call|ring|buzz)|call ?back please",
        r"(?:want|need|request|arrange|schedule|like|get"
        r"|(?:can|could|may|shall|let's|let us|like to|want to)(?: i| we)? have)"
        rf" a (?:quick |short |phone |voice )*call(?: ?back)?{_NOT_FROM_OTHERS}",
        rf"(?:ask|get|have|tell|let|want|need|send) {_ARTICLE}(?:{_KIND} )*(?:{_ONE}|them)"
        r"(?: to)? (?:contact|call|phone|ring|reach|whatsapp|message|text) (?:out to )?(?:me|us)",
        r"(?:pls|please|plz|kindly|can (?:you|u)|could you"
        r"|(?:someone|somebody|anyone|anybody)(?: can| to)?) contact (?:me|us)",
        r"(?:can|could|may|will|would|pls|please|want|need) (?:you|someone|somebody|anyone|anybody|your \w+)"
        r"(?: please| pls)?(?: to)? (?:call|phone|ring)(?! it| this| that)",
        r"(?:contact|reach) me (?:by|via|over|on) (?:the |my )?(?:phone|mobile|telephone|hp)",
    ),
    _words(
        r"(?:cakap|bercakap|berbual|bincang) dengan (?:seorang )?"
        r"(?:orang|manusia|seseorang|pegawai|ejen|pengurus|wakil)(?! bank)",
        r"orang (?:sebenar|betul)|nak jumpa pengurus",
        r"(?<!nombor )(?<!no )(?<!no\. )(?<!bank )(?<!bank akan )(?:telefon|call|hubungi) saya",
        r"மனித(?:ர்|ரிடம்|ருடன்|னுடன்)\S*(?: பேச\S*)?",
    ),
    re.compile(
        r"人工(?!智)|真人|客服|找个人|找個人|找人(?:说|談|谈|聊)"
        r"|(?:打(?:个|個|通)?(?:电话|電話)?|致电|致電|来电|來電|回电|回電|拨(?:个)?电话)(?:给|給)我"
        r"|(?:打电话|打電話|致电|致電|联系|聯繫|聯絡)我"
        r"|(?:给|給)我(?:打(?:个|個|通)?(?:电话|電話)|来电|來電|回电|回電)"
        r"|(?:找|见|見|叫|让|讓)(?:你们|你們|你)?(?:的)?(?:经理|經理|主管|上司)"
        r"|(?:不想|不要|别)(?:再)?(?:跟|和|与|用)?(?:机器人|機器人)"
    ),
    # The whole of what was said: "Manager!" or "human please".
    re.compile(
        r"(?:^|(?<=[.!?\n])) ?(?:human|agent|real person|manager|supervisor|operator|pengurus|manusia)"
        r"(?: please| pls| now| leh| lah| can)? ?(?:[.!?\n]|$)"
    ),
)
# "Are you a real person?" wants the truth, which the assistant itself can tell. And whom the bank will call is told,
# not asked for: whoever wants us to call says so to us.
_OTHERS = (
    r"(?<!your )(?<!ur )(?<!with )(?<!from )(?<!at )"
    r"(?:bank|banker|lender|hdb|dbs|ocbc|uob|posb|hsbc|maybank|citibank|agent|seller|buyer|vendor|owner|lawyer"
    r"|conveyancer|developer|landlord|tenant|neighbou?r|valuer)s?"
)
_TOLD = re.compile(
    r"(?:\b(?:are|r) (?:you|u)|\bis (?:this|it|that)|\b(?:am|was) i|\bif (?:you're|you are|u r|this is))(?: \w+){0,4} ?$"
    rf"|(?<!{_LETTER}){_OTHERS}(?: (?:has|have|had|will|would|can|could|may|might|did|is|are|was|were|going|gonna|to|said"
    r"|says|say|told|promised|wants?|wanted|tried|trying|keeps?|kept|already|also|always|never|just|then|later|who|that|they|he"
    r"|she|it|me|us|'ll|once|today|yesterday|staff|officer|side)){1,8} ?$"
    r"|(?:银行|銀行|卖家|賣家|中介|律师|律師|经纪|經紀)(?:的人|那边|人员|经理)?(?:说|說|已经|已經|刚才|刚刚|昨天|今天|明天|他们|他們|她|他|会|會|要|有|来|也|才|都){0,6}$"
)

_COMPLAINS = (
    _words(
        r"complaints?|complain(?:ing)?(?! (?:about|to) (?:my|the|our) (?:bank|neighbou?r))|report you|take this to mas",
        r"aduan|mengadu|komplen|complen|புகார்\S*",
    ),
    re.compile(r"投诉|投訴|申诉|申訴"),
)
_FEELS_UNHAPPY = (
    r"(?:unhappy|dissatisfied|frustrat(?:ed|ing)|angry|annoy(?:ed|ing)|fed up|disappoint(?:ed|ing)|upset|pissed(?: off)?"
    r"|(?:not|isn't|aren't|ain't|never)(?: \w+){0,2} (?:happy|satisfied|pleased|impressed))"
)
# Whoever it is that feels so.
_UNHAPPY_WITH_US = (
    _words(rf"{_FEELS_UNHAPPY} (?:with|at|by|about|over) (?:you|your|u|ur|nextnest|nextnest's)"),
)
_UNHAPPY = (
    _words(
        _FEELS_UNHAPPY,
        r"(?:useless|unhelpful|not helpful|not helping|waste of (?:my )?time|wasting my time|ridiculous|unacceptable)",
        r"(?:terrible|horrible|awful|worst|lousy|bad|poor|pathetic) (?:service|experience|support|bot|assistant)",
        r"buay tahan|beh tahan|cannot tahan|(?:tak|tidak) puas ?hati|kecewa|marah|geram|teruk",
    ),
    re.compile(r"不满|不滿|不开心|不開心|不高兴|不高興|生气|生氣|失望|太差|很差|没用|沒用|浪费时间|浪費時間"),
)
_NEGATED = re.compile(
    r"(?:\b(?:don't|dont|do not|no need|not|never|without|no|isn't|needn't|tak|tidak|jangan)|不|没有|沒有|别|別|不用|不需要)"
    r"(?: (?:want|wanna|need|to|like|wish|have|please|really|even|any|a|me|just|yet|you|perlu|nak|buat)){0,5} ?$"
)
# How much of the neighbourhood of a phrase is looked at, in characters: about a dozen words.
_NEAR = 80
# "Why don't you call me?" is a request.
_INVITES = re.compile(r"\bwhy (?:don't|dont|not|do not)(?: you| u)? ?$")
# Many come because they are unhappy with their bank; that is what we are for.
_OF_OTHERS = re.compile(
    r"^ (?:marriage|couple|family|home|tenants?|neighbou?rs?|sellers?|buyers?|owners?|landlord|ex)(?!\w)"
    r"|^ (?:with|about|by|at|over|from)"
    r"(?: (?:my|our|the|current|existing|present|old|previous|other|high|interest|home|mortgage|hdb|dbs|ocbc|uob|posb|hsbc"
    r"|maybank|citibank|standard|chartered|\w+'s)){0,5}"
    r" (?:banks?|bankers?|rates?|lenders?|loans?|packages?|repricing|mortgage|agents?|interest|sellers?|dbs|ocbc|uob|posb"
    r"|hsbc|maybank|citibank|hdb|instalments?|installments?)(?!\w)"
)
_OF_OTHERS_BEFORE = re.compile(
    r"对[^你妳。！？,，\n]{0,12}(?:银行|利率|利息|贷款|配套)[^。！？,，\n]{0,6}$"
    rf"|(?<!{_LETTER})(?:rate|marriage|{_OTHERS})(?:'s (?:\w+ )?(?:service|rates?))?"
    r"(?: (?:is|was|has been|have been|are|were|got|gets|seems|sounds|looks))?"
    r"(?: (?:so|very|really|quite|also|getting|a bit)){0,2} ?$"
)


def analyze_message_urgency(message: str, personality: PersonalityType) -> Urgency:
    """Read all unanswered text at once; `message` may hold several lines.

    `escalate` means: no answer of the model, fetch a person; `reason` is then a value of HandoffReason.
    `response_time` is in seconds before the pace is applied.
    """
    text = _normalised(message)
    reason = _reason_to_escalate(text)
    urgent = _is_urgent(text)
    return Urgency(
        is_urgent=urgent,
        response_time=_response_time(text, urgent, personality),
        escalate=reason is not None,
        reason=reason,
    )


def _normalised(message: str) -> str:
    """Lower case, plain quotes and width, single spaces; line ends stay, for they end a thought."""
    text = unicodedata.normalize("NFKC", message).casefold().replace("’", "'").replace("‘", "'")
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if not line.isspace())


def _reason_to_escalate(text: str) -> HandoffReason | None:
    """The gravest first: a complaint is handled as one even where it also asks for a person."""
    if _holds(text, _COMPLAINS):
        return HandoffReason.COMPLAINT
    if _holds(text, _ASKS_FOR_PERSON, unless_before=_TOLD):
        return HandoffReason.ASKED_FOR_PERSON
    if _holds(text, _UNHAPPY_WITH_US):
        return HandoffReason.UNHAPPY
    if _holds(text, _UNHAPPY, unless_before=_OF_OTHERS_BEFORE, unless_after=_OF_OTHERS):
        return HandoffReason.UNHAPPY
    return None


def _holds(
    text: str,
    patterns: Iterable[re.Pattern[str]],
    *,
    unless_before: re.Pattern[str] | None = None,
    unless_after: re.Pattern[str] | None = None,
) -> bool:
    """Whether a phrase is said, not denied, and not taken back by what stands before or after it."""
    for pattern in patterns:
        for found in pattern.finditer(text):
            before = text[max(0, found.start() - _NEAR) : found.start()]
            after = text[found.end() : found.end() + _NEAR]
            if _is_denied(before) or (unless_before and unless_before.search(before)):
                continue
            if unless_after and unless_after.search(after):
                continue
            return True
    return False


def _is_denied(before: str) -> bool:
    return bool(_NEGATED.search(before)) and not _INVITES.search(before)


def _is_urgent(text: str) -> bool:
    if _CALM.search(text):
        return False
    return bool(_URGENT.search(text) or _IMPATIENT.search(text))


def _response_time(text: str, urgent: bool, personality: PersonalityType) -> float:
    """The persona's time, a little less for a few words, a little more for long text and several questions."""
    hurried, calm = _RESPONSE_TIMES[personality]
    seconds = hurried if urgent else calm
    if len(text) <= _GLANCE_LENGTH:
        seconds -= _GLANCE_S
    elif len(text) > _LONG_LENGTH:
        seconds += _LONG_S
    seconds += min(_MOST_QUESTIONS_S, _QUESTION_S * max(0, len(re.findall(r"\?+", text)) - 1))
    return min(_GREETED_S if is_greeting(text) else _LONGEST_S, max(_SHORTEST_S, seconds))
