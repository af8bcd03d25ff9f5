"""What must not be claimed, in English and Singlish: to be human or an adviser, to speak for a bank, to have acted."""

# ruff: noqa: E501 - a pattern is easier to check in one piece
from __future__ import annotations

from nextnest.rules.sayings.rule import (
    CLAIMED_ACTION,
    CLAIMED_ADVISER,
    CLAIMED_HUMAN,
    SPOKE_FOR_BANK,
    TOLD_INSTRUCTIONS,
    rule,
)
from nextnest.rules.sayings.words import BANKS

_BANK = rf"(?:{BANKS}|(?:the|your|this|that|every|any) bank|banks)"
_ADVERBS = r"(?:just |already |now |also |gone ahead and |went ahead and |successfully |duly )*"
_DONE = (
    r"(?:booked|scheduled|arranged|submitted|sent|emailed|e-mailed|forwarded|updated|changed|amended|deleted|removed"
    r"|transferred|assigned|escalated|notified|informed|contacted|called|spoken (?:to|with)|spoke (?:to|with)|applied"
    r"|filed|uploaded|processed|locked (?:in|down)|reserved|cancelled|canceled|opened|closed|resolved|created|registered"
    r"|passed (?:this|it|your|on)|asked (?:my|a|the|our) (?:colleague|manager|team|bank|boss)|checked with|confirmed with"
    r"|alerted|flagged|set up|signed you up)\b"
)
# "I have contacted" is a claim, "I have called it the stress rate" none worth the trouble: it is caught too.
_THINGS = r"(?:application|request|record|details|appointment|case|file|account|conversation|e-?mail|form|documents?|loan)"

RULES = (
    rule(
        CLAIMED_HUMAN,
        r"\bi(?:'m| am) (?:(?:really|actually|indeed|of course|also|just|very much|as|100%) )*(?:a |an )?(?:real "
        r"|actual |live )*(?:human|person|people)\b(?! colleague)",
        r"\bi(?:'m| am) (?:\w+ )?not (?:a |an )?(?:ai|a\.i\.|bot|chatbot|robot|machine|computer|program)\b|\bi(?:'m| am) no (?:bot|chatbot|robot|machine|ai)\b",
        r"\bas a (?:real |fellow )?(?:human|person)(?: being)?(?: myself)? i\b|^as a (?:human|real person)",
        r"\byou(?:'re| are) (?:speaking|talking|chatting) (?:to|with) (?:a )?(?:real |actual "
        r"|live )*(?:person|human)\b",
        r"\b(?:yes )?(?:a )?(?:real )?human here\b|\bno (?:ai|bots?|robots?|machines?) here",
        r"\bi (?:really |also )?(?:real )?(?:human|real person|not (?:a )?(?:bot|robot|ai)) (?:one|lah|leh|lor|hor|ok)\b",
        r"\bwhen i bought my\b|\bmy own (?:flat|home|condo|mortgage|home loan)\b|\bmy (?:wife|husband|kids) and i\b",
        denial=False,
    ),
    rule(
        CLAIMED_ADVISER,
        r"\b(?:i am|i'm|i work as|speaking as|as) (?:a |an |your |one of )?(?:[\w-]+ ){0,3}?(?:financial|tax|investment"
        r"|insurance|wealth|legal) (?:advis[eo]r|planner|consultant|expert|specialist)\b",
        r"\bi(?:'m| am) (?:a |an |your )?(?:\w+ )?(?:lawyer|solicitor|accountant|banker)\b",
        r"\b(?:i am|i'm|we are|we're) (?:mas[- ]|fully )?(?:licensed|regulated) (?:by (?:the )?mas|to advise|financial)",
    ),
    rule(
        CLAIMED_ACTION,
        rf"\b(?:i|we)(?:'ve| have|'d| had)? {_ADVERBS}{_DONE}",
        rf"\b(?:i|we)(?:'m| am|'re| are) {_ADVERBS}(?:sending|booking|transferring|submitting|forwarding|updating your"
        r"|emailing|scheduling|deleting|locking in|passing (?:this|it|you))\b",
        r"\bi(?:'ll| will|'m going to| am going to)(?: \w+){0,2}? (?:book|schedule|submit|forward|transfer|email|e-mail"
        r"|upload|file|reserve|lock in|send|delete|update your|pass (?:this|it|your)|speak (?:to|with)|talk to)\b",
        rf"\b(?:your|the|this) (?:\w+ )?{_THINGS} (?:has|have|had) (?:{_ADVERBS})been {_ADVERBS}{_DONE}",
        rf"\b(?:your|the|this) (?:\w+ )?{_THINGS} (?:is|are|was|were) (?:{_ADVERBS})(?:booked|submitted|updated|deleted"
        r"|transferred|cancelled|closed|on its way)\b",
        r"\b(?:appointment|meeting|viewing|valuation) (?:is|has been) (?:\w+ )?(?:booked|set|confirmed|scheduled)\b",
        r"\b(?:help|helped) (?:you|u) (?:\w+ )?(?:booked|submitted|sent|applied) (?:already|liao)\b|\b(?:sent|submitted|booked"
        r"|applied|updated) (?:for you )?(?:already|liao)\b",
        doubt=True,
    ),
    rule(
        SPOKE_FOR_BANK,
        rf"\b{_BANK} (?:will|would|is going to|are going to|can|shall|confirm|sure|for sure|'ll)(?: \w+){{0,2}}? "
        r"(?:lend (?:you|u|it|this)|approve|accept (?:you|your|this|it)|grant (?:you|your|it)|waive|offer (?:you|u)"
        r"|give (?:you|u) (?:a |an |the |that |this )?(?:loan|rate|package|discount|\d|s\$|\$|approval)|reject|say yes)",
        rf"\b{_BANK} (?:has|have|already|is|are)(?: \w+){{0,2}}? (?:agreed|approved|accepted|confirmed|(?:happy|willing|ready"
        r"|prepared|keen) to (?:lend|offer|approve|accept|give|go|waive|extend|take))",
        rf"\bon behalf of (?:{_BANK}|banks?)\b|\bi(?:'m| am) (?:from|with|calling from|representing) {_BANK}",
        rf"\b{_BANK} (?:has |have |just |already )*(?:told|assured|confirmed (?:to|with)|promised|informed) (?:me|us)\b",
        doubt=True,
    ),
    rule(
        TOLD_INSTRUCTIONS,
        r"\bmy (?:system |own |internal |original |hidden )?(?:prompt|instructions|guidelines|programming)\b"
        r"|\bsystem prompt\b|\bthe prompt (?:i|says|tells)\b",
        r"\bi(?: was| am|'m| have been|'ve been) (?:told|instructed|programmed|prompted|configured|ordered) to\b",
        r"\bthe rules i (?:was|am|were|have been) given\b",
    ),
    rule(
        TOLD_INSTRUCTIONS,
        r"\bi(?: was| am|'m| have been|'ve been) (?:told|instructed|programmed|prompted|configured|ordered) not to\b"
        r"|\bi(?: am|'m) not (?:allowed|permitted) to (?:say|tell|mention|talk about|discuss) (?:that|this|it|them)\b",
        denial=False,
    ),
)
