"""What the customer reads when a person takes over, in the four languages.

No line promises a time or a call: nobody has agreed to either. When the office opens again is a fact, and may be said.
"""

from __future__ import annotations

from datetime import datetime

from nextnest.rules.language import Language

# Which notice, by language. Every one names the colleague as a human being.
ASKED, UNHAPPY, CHECK, TROUBLE, THERE = "asked", "unhappy", "check", "trouble", "there"
CONTINUED = "continued"

NOTICES: dict[Language, dict[str, str]] = {
    Language.CHINESE: {
        ASKED: "好的，我已请一位真人同事加入这个对话。之前写的内容同事都能看到，您不用再说一遍。",
        UNHAPPY: "很抱歉给您带来不便。我已请一位真人同事在这个对话里跟进，之前的内容同事都能看到。",
        CHECK: "这一点我不想凭猜测回答。我已请一位真人同事核对，并在这个对话里回复您。",
        TROUBLE: "抱歉，我们这边出了点问题。您发的内容都还在，我已请一位真人同事在这里继续跟进。",
        CONTINUED: "您发的内容都还在，我已请一位真人同事在这里继续跟进。",
        THERE: "现在由一位真人同事在这里为您服务。",
    },
    Language.MALAY: {
        ASKED: (
            "Baik. Saya telah meminta rakan sekerja manusia menyertai sembang ini. Semua yang ditulis di sini boleh "
            "dibacanya, jadi anda tidak perlu mengulanginya."
        ),
        UNHAPPY: (
            "Maaf atas kesulitan ini. Saya telah meminta rakan sekerja manusia membantu anda di sini. Semua yang "
            "ditulis boleh dibacanya."
        ),
        CHECK: (
            "Saya tidak mahu meneka. Saya telah meminta rakan sekerja manusia menyemaknya dan membalas anda di sini."
        ),
        TROUBLE: (
            "Maaf, ada masalah di pihak kami. Mesej anda selamat, dan saya telah meminta rakan sekerja manusia "
            "meneruskannya dengan anda di sini."
        ),
        CONTINUED: (
            "Mesej anda selamat, dan saya telah meminta rakan sekerja manusia meneruskannya dengan anda di sini."
        ),
        THERE: "Rakan sekerja manusia kami kini melayani anda di sini.",
    },
    Language.TAMIL: {
        ASKED: (
            "சரி. இந்த உரையாடலில் சேர ஒரு மனித சக ஊழியரைக் கேட்டுள்ளேன். இங்கே எழுதிய அனைத்தையும் அவர் பார்க்க முடியும்; "
            "நீங்கள் மீண்டும் சொல்ல வேண்டியதில்லை."
        ),
        UNHAPPY: (
            "சிரமத்திற்கு வருந்துகிறேன். உங்களுக்கு இங்கே உதவ ஒரு மனித சக ஊழியரைக் கேட்டுள்ளேன்; இதுவரை எழுதியதை அவர் பார்க்க "
            "முடியும்."
        ),
        CHECK: ("இதை ஊகித்துச் சொல்ல விரும்பவில்லை. சரிபார்த்து இங்கேயே பதிலளிக்க ஒரு மனித சக ஊழியரைக் கேட்டுள்ளேன்."),
        TROUBLE: (
            "மன்னிக்கவும், எங்கள் பக்கத்தில் ஒரு சிக்கல். உங்கள் செய்திகள் பாதுகாப்பாக உள்ளன; இங்கே உங்களுடன் தொடர ஒரு மனித சக "
            "ஊழியரைக் கேட்டுள்ளேன்."
        ),
        CONTINUED: ("உங்கள் செய்திகள் பாதுகாப்பாக உள்ளன; இங்கே உங்களுடன் தொடர ஒரு மனித சக ஊழியரைக் கேட்டுள்ளேன்."),
        THERE: "இனி ஒரு மனித சக ஊழியர் இங்கே உங்களுக்குப் பதிலளிப்பார்.",
    },
}
_OPENS = {
    Language.ENGLISH: "Our office is closed now. It opens on {day}, {date}, at {time} Singapore time.",
    Language.CHINESE: "我们的办公室现在已下班，{date}（{day}）{time}（新加坡时间）开始办公。",
    Language.MALAY: "Pejabat kami tutup sekarang, dan dibuka pada hari {day}, {date}, pukul {time} waktu Singapura.",
    Language.TAMIL: "எங்கள் அலுவலகம் இப்போது மூடப்பட்டுள்ளது. {day}, {date}, {time} மணிக்கு (சிங்கப்பூர் நேரம்) திறக்கும்.",
}
_DAYS = {
    Language.ENGLISH: ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    Language.CHINESE: ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
    Language.MALAY: ("Isnin", "Selasa", "Rabu", "Khamis", "Jumaat", "Sabtu", "Ahad"),
    Language.TAMIL: ("திங்கள்", "செவ்வாய்", "புதன்", "வியாழன்", "வெள்ளி", "சனி", "ஞாயிறு"),
}


def opening_line(opens: datetime, language: Language) -> str:
    """When the office opens, `opens` in Singapore's time."""
    return _OPENS[language].format(
        day=_DAYS[language][opens.weekday()], date=f"{opens:%d/%m/%Y}", time=f"{opens:%H:%M}"
    )
