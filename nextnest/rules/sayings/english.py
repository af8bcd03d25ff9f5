"""What must not be promised, asked or advised, in English and Singlish."""

# ruff: noqa: E501 - a pattern is easier to check in one piece
from __future__ import annotations

from nextnest.rules.sayings.rule import (
    ASKED_FOR_IDENTITY,
    ENCOURAGED_EVASION,
    GAVE_ADVICE,
    PROMISED_APPROVAL,
    PROMISED_CONTACT,
    PROMISED_RATE,
    PROMISED_SAVINGS,
    rule,
)

_SURE = r"(?:definitely|surely|certainly|absolutely|for sure|sure|easily|already|no doubt|100%|confirm|guaranteed)"
_YOU = r"(?:you|u|ya)"
_YOUR = r"(?:your|ur)"
_WE = (
    r"(?:i|we|he|she|they|someone|somebody|(?:my |our |a |the |human )*(?:colleague|team|specialist"
    r"|advis[eo]r|manager|agent|consultant|broker|person|people|officer|staff|expert|boss)|one of (?:our|my) \w+)s?"
)
_RATE = r"\d+(?:\.\d+)? ?(?:%|percent|per cent)"
# Whose loans the customer has guaranteed must be asked: they count for the total debt servicing ratio.
_NOT_THE_CUSTOMERS = (
    r"(?<!do you )(?<!have you )(?<!borrower has )(?<!borrowers have )(?<!loan you )(?<!loans you )(?<!loan you've )"
    r"(?<!loans you've )(?<!loan you have )(?<!loans you have )"
)
_OF_THE_FACTS = (
    r"(?: [\w']+){0,4}? (?:income|salary|payslips?|debts?|loans?|commitments?|bank|liabilities|tenancy)\b"
)
# "Should" is doubt elsewhere; here it is the advice.
_YOU_SHOULD = r"(?:\byou (?:should|could|can|may|might|would|ought to) (?:\w+ ){0,2}?)?"
_PRODUCT = (
    r"(?:t-?bills?|treasury bills?|stocks|shares|equities|etfs?|unit trusts?|bonds?|ssbs?|reits?|crypto\w*|bitcoins?"
    r"|gold|annuit\w+|robo-?advis\w+|(?:index|mutual|hedge|money market) funds?|endowment\w*|savings plans?"
    r"|the stock market|cpf-?is)\b"
)
# Banks ask for fire insurance; saying so is no advice.
_INSURANCE = (
    r"(?:(?!fire)[\w-]+ ){0,3}?(?:mrta|mlta|insurance|ilps?|term plan|life plan|coverage|endowment plan)\b"
)

RULES = (
    rule(
        PROMISED_APPROVAL,
        rf"(?:\bwill|'ll|\bshall|\bgoing to|\bgonna|\bsure to|\bbound to|\bcertain to) (?:{_SURE} )*(?:be |get "
        rf"|kena )(?:{_SURE} )*(?:approved?|accepted|granted)",
        rf"\b(?:is|are|'re|been|'s|getting|as good as) (?:{_SURE} |pre-?)*approved\b",
        rf"\b{_YOU} (?:will |do |can )?(?:{_SURE} )*qualify\b|\byou'll (?:{_SURE} )*qualify\b"
        rf"|\b{_SURE} (?:qualify|eligible|approved?)\b",
        rf"\byou(?:'re| are) (?:{_SURE} )*(?:eligible|pre-?approved|qualified)\b",
        r"approval is (?:\w+ ){0,2}?(?:guaranteed|certain|assured|confirmed|no problem|a sure thing|a formality"
        r"|just a formality|in the bag|a given|automatic|almost certain)",
        r"\b(?:getting|obtaining) (?:this|the|your|a) (?:\w+ )?(?:loan|approval) (?:will|should|is going to) be (?:\w+ )?(?:easy|simple"
        r"|no problem|a breeze)|\byou can be (?:\w+ )?(?:sure|certain|confident|assured)\b|\b100% can\b",
        rf"\b(?:you(?:'ll| will)|u will) (?:{_SURE} )*get (?:the|this|your) (?:loan|approval)",
        rf"\b(?:loan|application|approval|it|you)(?:'ll| will) (?:{_SURE} )*(?:go|sail|get|pass) through\b",
        r"\b(?:loan|application|it) (?:has |have |just |already )*(?:got|gotten|was) (?:\w+ )?(?:approved|accepted)\b",
        r"\b(?:is|was|'s|are) (?:\w+ )?(?:a )?(?:done deal|sure thing|sure bet|slam dunk|shoo-in)\b",
        r"\b(?:i'm|i am|we're|we are) (?:\w+ )?(?:certain|sure|confident|positive)(?: that)? (?:your|you|the bank|the loan|it) ",
        r"\bget(?:ting)? (?:you|u) approved\b|\b(?:loan|approval) is (?:as good as )?(?:yours|in the bag)\b",
        doubt=True,
    ),
    rule(
        PROMISED_APPROVAL,
        r"(?<!personal )(?<!corporate )(?<!bank )(?<!banker's )(?<!director's )"
        rf"{_NOT_THE_CUSTOMERS}\bguarantee(?:s|d)?\b",
        r"\b(?:i|we)(?:'ll| will| can)? (?:\w+ )?(?:promise|assure)\b|\bi give (?:you|u) my word"
        r"|\brest assured (?:that )?you",
        r"\b(?:pass|qualify|approved?|can) for sure\b|\b(?:confirm|sure|for sure|die die) (?:\w+ )?(?:can|approve|approved|will|get|pass|kena)\b(?! you)"
        r"|\b(?:can|sure) (?:get )?approve (?:one|wan|lah)\b|\bcan one lah\b|\bconfirm plus chop\b",
    ),
    rule(
        PROMISED_APPROVAL,
        r"\b(?:won't|will not|cannot|can't|never|sure not) (?:be |get |kena )?(?:rejected?|declined|turned down)",
        r"\bbank (?:will not|won't|cannot|can't|would not|wouldn't) (?:\w+ )?(?:reject|decline|refuse|say no|turn)\b",
        r"\bno way (?:that )?(?:the |a |your |any )?bank (?:\w+ )?(?:says? no|rejects?|declines?|refuses?)",
        r"\b(?:approval|loan|application)(?: \w+){0,2} (?:won't|will not|shouldn't|should not|isn't|is not) (?:be )?(?:an |a |any )?"
        r"(?:issue|problem|trouble|difficult)",
        r"\bno (?:problem|issue|trouble|difficulty|worries) (?:\w+ ){0,2}?(?:getting|with) (?:\w+ ){0,3}?(?:approv\w+|loan)\b",
        denial=False,
        doubt=True,
    ),
    rule(
        PROMISED_RATE,
        r"\b(?:best|lowest|cheapest|unbeatable|most (?:competitive|attractive|affordable)) (?:[\w-]+ ){0,3}?(?:rates?|packages?"
        r"|deals?|offers?|interest|loans?)\b",
        r"\b(?:rates?|packages?|deals?|offers?) (?:(?!not (?!only|just)|that|which|to|and|with)[\w'-]+(?<!n't) ){0,4}?"
        r"(?:lowest|best|cheapest|unbeatable)\b",
        r"\b(?:rates?|packages?|interest) (?:is|are) (?:\w+ )?(?:lower|cheaper|better) than (?:any|all|every|other|the other)\b",
        r"\b(?:beat|match) any (?:other )?(?:bank|rate|offer|quote)",
        # The figure may be the customer's own: no offer is made by repeating it.
        rf"\b{_WE}(?:'ll| will| can| shall)? (?:\w+ )?(?:offer|give|get|secure|arrange) {_YOU} (?:[\w-]+ ){{0,5}}?{_RATE}",
        rf"\b(?:your|the) (?:\w+ ){{0,2}}?rate (?:will be|is (?:fixed|locked|confirmed)) (?:\w+ ){{0,2}}?{_RATE}",
        doubt=True,
    ),
    rule(
        PROMISED_RATE,
        r"\b(?:no|nobody|no one|none)(?: \w+){0,3} (?:beats?|match(?:es)?|undercuts?) (?:our|this|these|us|that)\b",
        rf"\b{_YOU} (?:won't|can't|cannot|will not|never) (?:find|get) (?:a |any |anything )?(?:better|lower|cheaper)",
        r"\b(?:nobody|no one|no bank|none|nowhere)(?: \w+){0,5} (?:cheaper|lower|better) than (?:us|our|this|these|what we)\b",
        r"\b(?:this|that|it) is (?:\w+ )?the (?:best|lowest|cheapest) (?:you|there is|in (?:town|the market|singapore)|on|anywhere|around)\b",
        r"\b(?:rates?|interest|packages?) (?:can't|cannot|won't|will not) (?:be beaten|go (?:any )?lower)",
        denial=False,
    ),
    rule(
        PROMISED_SAVINGS,
        rf"\b{_YOU}(?:'ll| will| are going to| can|'re going to)? (?:{_SURE} )+save (?!time|yourself the)",
        rf"\b{_YOU}(?:'ll| will) (?:{_SURE} )*be saving\b",
        rf"\b{_YOU}(?:'ll| will| are going to| can) save (?!time|yourself the)",
        r"\bsav(?:e|es|ed|ing) (?:you|u) (?!(?:some |a lot of |much )?(?:time|effort|hassle|trouble)"
        r"|(?:a|the) (?:trip|trouble|hassle)|from )|\bcertain savings",
        r"\bsav(?:e|es|ing|ings of) (?:\w+ ){0,4}?(?:hundreds|thousands)\b",
        r"\bpay(?:ing)? (?:much|a lot|way|far|so much) less\b|\b(?:hundreds|thousands)(?: of (?:dollars|s\$))? (?:\w+ )?(?:saved|in savings|less)",
        r"\b(?:confirm|sure|for sure|can) save (?:a lot|alot|money|plenty|damn|more)\b",
        doubt=True,
    ),
    rule(
        PROMISED_CONTACT,
        rf"\b{_WE}(?:'ll| will| shall|'m going to| am going to| is going to| are going to| gonna)(?: \w+){{0,3}}? "
        rf"(?:call|phone|ring|contact|whatsapp|e-?mail|text|message|reach out to|reach|meet|visit|see|speak (?:to|with)"
        rf"|give|drop) {_YOU}\b",
        rf"\b{_WE}(?:'ll| will| shall)(?: \w+){{0,2}}? (?:get back|be in touch|get in touch|reach out|follow up|revert)",
        rf"\b{_WE}(?:'ll| will| shall)(?: \w+){{0,2}}? (?:reply|answer|respond|join|update|be here|be with you"
        rf"|revert)(?: \w+){{0,6}}? (?:shortly|soon|today|tomorrow|tonight|within|in a (?:moment|minute"
        rf"|while)|in a few|right away|immediately|by)\b",
        r"\b(?:i|we) can (?:call|phone|ring) (?:you|u)\b"
        r"|\bexpect (?:an?|our|my) (?:phone )?(?:call|reply|e-?mail)|\bcall (?:you|u) (?:back|at|on|tomorrow|later"
        r"|shortly|soon|today|tonight)",
        rf"\b(?:later|tomorrow|tonight)? ?(?:i|we|my colleague|my boss) (?:call|ring|whatsapp|text|contact) {_YOU}\b",
        r"\byou(?:'ll| will) (?:hear (?:back )?from|(?:get|receive) (?:a|an|our|the|your) (?:call|reply|e-?mail|answer"
        r"|offer|decision|letter))",
        r"\b(?:answer|decision|approval|offer|letter|reply|money|loan|results?) (?:will|should|'ll) (?:come|arrive|be (?:ready"
        r"|out|there|with you|here|disbursed)) (?:\w+ ){0,2}?(?:by|within|in|today|tomorrow|tonight|soon|shortly|before)\b",
        doubt=True,
    ),
    rule(
        ASKED_FOR_IDENTITY,
        r"\b(?:send|share|give|provide|sharing|sending|giving|providing|uploading|tell|type|upload|enter|key in|let (?:me|us) have|submit|forward|snap|scan"
        r"|(?:i|we)(?:'ll| will| would| just)? need|confirm|verify|drop|pass|what is|what's|(?:may|can|could) (?:i|we)"
        r" (?:have|get|see))(?: \w+){0,6}? (?:nric|fin number|ic number|(?:your|ur) ic|passport|identity card"
        r"|credit card number|card number|cvv|bank account number|account number|password|otp(?: code)?"
        r"|one-time password|singpass (?:password|login|id|details|qr))\b",
        r"\b(?:your|ur) (?:nric|ic|passport|card|account) (?:number|no\.?)(?: please| pls| what| ah| can)*\?",
        r"\blog ?in (?:with|to|using|via) (?:your |ur )?(?:singpass|internet banking|ibanking|bank account)\b",
    ),
    rule(
        GAVE_ADVICE,
        r"\byou should (?:\w+ )?(?:invest|buy|sell|get (?:\w+ ){0,2}insurance|put (?:\w+ ){0,3}into)",
        rf"{_YOU_SHOULD}\b(?:put|place|park|keep|move|shift|invest)(?:ting|ing)? (?:[\w-]+ ){{0,6}}?"
        rf"in(?:to)? (?:[\w-]+ ){{0,2}}?{_PRODUCT}",
        rf"{_YOU_SHOULD}\b(?:buy|consider|try|get|go for|switch to|look at|look into) (?:\w+ ){{0,2}}?{_PRODUCT}",
        r"\b(?:good|great|excellent|solid|safe|smart|sound|sure) investment\b",
        r"\binvest(?:ing)? (?:the|your|that|ur) (?:\w+ )?(?:cash|cpf|savings|money|difference|surplus|rest)\b",
        r"\b(?:i|we)(?:'d| would)? (?:\w+ )?(?:recommend|advise|suggest)(?: \w+){0,5}? (?:invest|investing|investment"
        r"|insurance|stocks?|shares|funds?|policy|mrta|crypto|selling|buying|sell|buy)\b",
        rf"\b(?:recommend|advise|suggest)(?: that)? you (?:[\w-]+ ){{0,7}}?(?:{_PRODUCT}|insurance\b|mrta\b)",
        rf"{_YOU_SHOULD}\b(?:take up|take out|buy|get|sign up for|go for|add|consider|choose) {_INSURANCE}",
        r"\b(?:better|wiser|smarter|best) (?:\w+ )?to (?:invest|sell|buy now)\b|\b(?:sure win|safe bet|no-brainer|sure profit|can't go wrong)\b",
        r"\b(?:mrta|mlta|mortgage insurance) is (?:\w+ )?(?:a must|essential|necessary|worth|better|good|recommended|wise)",
        r"\b(?:prices?|value|values|market|rates?|sora|property)(?: \w+){0,2}? (?:will|'ll|are going to"
        r"|is going to|are set to|confirm|sure|gonna) (?:\w+ )?(?:rise|rising|climbing|falling|dropping|going (?:up|down)|go up|go down|increase|decrease|fall|drop|appreciate"
        r"|climb|come down|up|huat)\b",
        r"\bnow is (?:a |the )?(?:\w+ )?(?:good|great|best|perfect|right) time to (?:buy|sell|invest)",
        doubt=True,
    ),
    rule(
        ENCOURAGED_EVASION,
        r"\byou (?:should|can|could) (?:\w+ )?decouple\b|\b(?:suggest|recommend|advise) (?:\w+ )?decoupling",
        r"\b(?:declare|state|put|report|show|write)(?: \w+){0,3}? (?:higher|lower|more|less|bigger) (?:\w+ )?(?:income"
        r"|salary|pay)\b",
        rf"\b(?:inflate|overstate|understate|exaggerate|hide|conceal|leave out|leave off|fake|doctor){_OF_THE_FACTS}",
        r"\bdecoupl\w+ (?:is|would be|will) (?:\w+ ){0,3}?(?:good|smart|great|save|best|worth|easy|clever)",
        r"\b(?:to|can|could|lets? you|helps? (?:you )?|and) (?:avoid|dodge|skip|escape|siam|get around) (?:paying )?(?:the )?"
        r"(?:absd|stamp dut(?:y|ies)|bsd|ssd|tax)",
        r"\b(?:do|use|try|go for|consider|via|through) (?:a |the )?(?:\w+ )?99(?:[-/:]| to |-to-)1\b|\b99(?:[-/:]|-to-)1 (?:\w+ ){0,3}?(?:works"
        r"|trick|method|way|is (?:good|fine|okay|ok|legal))",
        r"\b(?:put|buy|buying|register|place|transfer) (?:\w+ ){0,5}?(?:under|in|into) (?:your|ur|a|the) (?:son|daughter|child"
        r"|children|kid|kids|mother|father|mum|dad|parent|wife|husband|spouse|sister|brother)(?:'s|s'|s)? name\b",
        r"\b(?:leave|keep|take) (?:\w+ ){0,4}?(?:loan|debt|commitment|card|income)s? (?:out of|off) (?:the |your )?(?:form|application|papers)",
        r"\btell (?:them|the bank|the officer) (?:that )?(?:you|u) (?:earn|make|have no|own no|don't have)\b",
        r"\b(?:backdate|under the table|undervalue the)\b",
    ),
    rule(
        ENCOURAGED_EVASION,
        rf"\b(?:don't|do not|dont|no need to|needn't|never|better not) (?:declare|mention|tell|disclose|report){_OF_THE_FACTS}",
        r"\bbanks? (?:doesn't|does not|don't|won't|no need to|needn't) (?:need to |have to |need )?(?:know|find out|check)\b",
        denial=False,
    ),
)
