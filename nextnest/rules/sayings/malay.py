"""What must not be said in Malay."""

# ruff: noqa: E501 - a pattern is easier to check in one piece
from __future__ import annotations

from nextnest.rules.sayings.rule import (
    ASKED_FOR_IDENTITY,
    CLAIMED_ACTION,
    CLAIMED_ADVISER,
    CLAIMED_HUMAN,
    ENCOURAGED_EVASION,
    GAVE_ADVICE,
    PROMISED_APPROVAL,
    PROMISED_CONTACT,
    PROMISED_RATE,
    PROMISED_SAVINGS,
    SPOKE_FOR_BANK,
    TOLD_INSTRUCTIONS,
    rule,
)
from nextnest.rules.sayings.words import BANKS

_YOU = r"(?:anda|awak|kamu|tuan|puan|encik|cik)"
_FEW = r"(?: [\w-]+){0,4}?"
_BANK = rf"(?:{BANKS}|bank)"
_IDENTITY = r"(?:nric|kad pengenalan|(?:no\.?|nombor) ic|ic anda|pasport|kata laluan|singpass|nombor kad|nombor akaun|cvv)"
_INVEST = r"(?:labur\w*|melabur\w*|pelaburan|insurans|takaful|mrta|mrtt|saham|emas|kripto|bitcoin|unit amanah|beli sekarang)"
_OF_THE_FACTS = r"(?: \w+){0,4}? (?:bank|pinjaman|hutang|komitmen|pendapatan|gaji)"

RULES = (
    rule(
        PROMISED_APPROVAL,
        rf"\b(?:pasti|confirm|konfem|dijamin|jamin|menjamin|tentu|100%)\b{_FEW} (?:lulus|diluluskan|kelulusan|dapat|approve)",
        r"\bdijamin\b|\b(?:saya|kami) (?:jamin|janji|berjanji|menjamin)\b|\b(?:lulus|kelulusan)(?: \w+){0,2} (?:pasti|terjamin"
        r"|dijamin|confirm)\b",
        r"\b(?:pinjaman|permohonan|loan)(?: \w+){0,3}? (?:akan|pasti|sudah|telah|dah) (?:\w+ )?(?:lulus|diluluskan)\b",
        r"\bbank (?:mesti|pasti|confirm|tentu) (?:\w+ )?(?:lulus\w*|luluskan|terima|approve)\b",
        rf"\b{_YOU} (?:pasti |memang |sudah )?layak\b(?! atau)|\b{_YOU} (?:akan|pasti) (?:\w+ )?dapat pinjaman",
        doubt=True,
    ),
    rule(
        PROMISED_RATE,
        r"\b(?:kadar|pakej|faedah|pinjaman|tawaran)(?: \w+){0,2}? (?:yang )?(?:terbaik|terendah|paling (?:rendah|murah|baik)"
        r"|termurah)",
        doubt=True,
    ),
    rule(
        PROMISED_RATE,
        r"\b(?:tiada|tak ada|takde|tidak ada) (?:\w+ )?bank(?: \w+){0,4}? (?:lebih|tandingi|kalahkan)"
        r"|\blebih (?:rendah|murah) (?:daripada|dari) (?:semua|mana-mana) bank",
        denial=False,
    ),
    rule(
        PROMISED_SAVINGS,
        rf"\b{_YOU} (?:akan|pasti|boleh|dapat|confirm) (?:\w+ )?(?:jimat|menjimatkan|berjimat)(?! masa)",
        rf"\b{_YOU} (?:akan|pasti) (?:\w+ )?(?:bayar|membayar) (?:jauh )?(?:lebih )?(?:murah|rendah|kurang|sikit)",
        r"\b(?:jimat|menjimatkan|penjimatan)(?: \w+){0,3} (?:ribuan|ratusan|beribu|beratus)",
        doubt=True,
    ),
    rule(
        PROMISED_CONTACT,
        rf"\b(?:akan|nak|boleh) (?:\w+ )?(?:telefon|hubungi|menghubungi|call|whatsapp|mesej|e-?mel|balas|membalas)"
        rf"(?: (?:balik|semula))? {_YOU}\b",
        r"\b(?:akan|nak) (?:\w+ )?(?:telefon|hubungi|menghubungi|call|balas|jawab|membalas|menjawab)(?: \w+){0,4}? (?:esok"
        r"|segera|sebentar|sekejap|nanti|dalam (?:masa )?\w+|malam ini|hari ini|petang ini)\b",
        r"\b(?:esok|nanti|sekejap lagi|sebentar lagi|petang nanti) (?:saya|kami|rakan sekerja saya) (?:\w+ )?(?:telefon|hubungi"
        r"|call|whatsapp|mesej)\b",
        doubt=True,
    ),
    rule(
        CLAIMED_HUMAN,
        r"\bsaya (?:ialah |adalah |memang |juga |ni )*(?:seorang )?(?:manusia|orang (?:sebenar|betul))\b",
        r"\bsaya bukan (?:sebuah |seorang )?(?:robot|bot|chatbot|ai|mesin|komputer)\b",
        r"\bbercakap dengan (?:orang sebenar|manusia sebenar|orang betul)\b",
        denial=False,
    ),
    rule(
        CLAIMED_ADVISER,
        r"\bsaya (?:ialah |adalah |memang )?(?:seorang )?(?:penasihat|perunding|perancang) (?:kewangan|cukai|pelaburan|insurans"
        r"|undang-undang)|\bsebagai (?:penasihat|perunding|perancang) (?:kewangan|cukai|pelaburan)|\bsaya (?:ialah |seorang )?"
        r"peguam\b",
    ),
    rule(
        CLAIMED_ACTION,
        r"\b(?:saya|kami) (?:sudah|telah|dah|baru)(?: \w+){0,2}? (?:hantar\w*|menghantar|tempah\w*|menempah|kemas ?kini\w*"
        r"|mengemas ?kini|serahkan|menyerahkan|pindahkan|memindahkan|hubungi|menghubungi|batalkan|padam\w*|daftarkan|mohon"
        r"|memohon|e-?mel\w*|jadualkan|maklumkan|memaklumkan|tukar\w*|menukar)\b",
        r"\bpermohonan anda (?:sudah|telah|dah) (?:di)?(?:hantar|serah\w*|proses)\b|\brekod anda (?:sudah|telah|dah) "
        r"(?:di)?(?:kemas ?kini|tukar|padam\w*)",
        doubt=True,
    ),
    rule(
        SPOKE_FOR_BANK,
        rf"\b{_BANK} (?:itu |ini )?(?:akan|pasti|mesti|sudah|telah|dah|setuju|sanggup|bersetuju|confirm)(?: \w+){{0,2}}? "
        r"(?:pinjamkan|meminjamkan|memberi (?:anda )?pinjaman|beri (?:anda )?pinjaman|bagi (?:anda )?(?:pinjaman|loan)|luluskan"
        r"|meluluskan|terima permohonan|lulus)\b",
        rf"\b(?:mewakili|bagi pihak|saya dari) {_BANK}\b",
        doubt=True,
    ),
    rule(
        ASKED_FOR_IDENTITY,
        rf"\b(?:berikan|hantar\w*|kongsi\w*|beri|masukkan|sertakan|muat naik|isikan|isi|nyatakan|beritahu|bagi)"
        rf"(?: [\w-]+){{0,6}}? {_IDENTITY}",
        rf"\b(?:apakah|apa|berapa|boleh saya (?:dapatkan|tahu)|saya perlukan)(?: [\w-]+){{0,3}}? {_IDENTITY}"
        r"|\blog masuk (?:dengan|ke) singpass",
    ),
    rule(
        GAVE_ADVICE,
        rf"\b(?:patut|harus|sebaiknya|lebih baik|elok|cadangkan|syorkan|sarankan|mencadangkan){_FEW} {_INVEST}",
        r"\b(?:laburkan|melaburkan)\b|\bpelaburan (?:yang )?(?:baik|bagus|selamat)|\bambil (?:mrta|insurans|takaful)\b",
        r"\b(?:harga|kadar|faedah|sora)(?: \w+){0,2}? (?:akan|pasti) (?:\w+ )?(?:naik|turun|jatuh|meningkat)",
        r"\bsekarang (?:ialah |adalah )?masa (?:yang )?(?:terbaik|sesuai|baik) untuk (?:beli|membeli|melabur)",
        doubt=True,
    ),
    rule(
        ENCOURAGED_EVASION,
        r"\b(?:isytihar\w*|letak\w*|tulis\w*|lapor\w*|nyatakan|tunjuk\w*)(?: \w+){0,2}? (?:gaji|pendapatan)(?: \w+){0,2}? "
        r"(?:lebih )?(?:tinggi|rendah|besar)",
        rf"\b(?:sembunyi\w*|menyembunyikan|rahsiakan|palsukan){_OF_THE_FACTS}",
        r"\b(?:letak\w*|guna\w*|pakai|atas|beli) nama (?:anak|isteri|suami|ibu|bapa|ayah|mak|adik|abang|kakak)\b",
        r"\b(?:elak\w*|mengelak\w*|lari daripada)(?: \w+){0,2}? (?:absd|duti setem|ssd|cukai)|\b(?:buat|guna|cuba) (?:\w+ )?"
        r"(?:decoupl\w+|99-1)\b",
    ),
    rule(
        ENCOURAGED_EVASION,
        r"\b(?:jangan|tak perlu|tidak perlu|tak payah) (?:beritahu|isytihar\w*|bagi ?tahu|cakap|dedahkan)"
        rf"{_OF_THE_FACTS}",
        denial=False,
    ),
    rule(
        TOLD_INSTRUCTIONS,
        r"\barahan (?:sistem|dalaman)\b|\barahan saya (?:ialah|adalah)\b|\bsaya (?:diarahkan|diprogramkan|disuruh) (?:untuk|supaya"
        r"|agar|tidak)",
    ),
)
