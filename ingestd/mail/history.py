"""How mail programs introduce the mail that they quote, in many languages: data for `reply.py`."""

import re
from typing import Final


def _words(*words: str) -> str:
    return "|".join(words)


_VERBS: Final = _words(
    r"wrote", r"writes", r"schrieb", r"geschrieben", r"a écrit", r"écrivait", r"escribi(?:ó|o|ste)", r"escreveu",
    r"ha(?:i)? scritto", r"scrive", r"schreef", r"geschreven", r"skrev", r"skreiv", r"kirjoitti", r"napisał(?:\(a\)|a)?",
    r"pisze", r"написал(?:\(а\)|а|и)?", r"пишет", r"пише", r"написав", r"написа", r"napsal(?:\(a\)|a)?", r"napísal(?:\(a\)|a)?",
    r"írta", r"ezt írta", r"a scris", r"έγραψε", r"yazdı", r"şunu yazdı", r"כתב(?:ה)?", r"كتب", r"写道", r"寫道", r"のメール",
    r"書きました", r"작성", r"đã viết", r"menulis", r"va escriure", r"je napisao", r"je napisal", r"rašė", r"rakstīja", r"kirjutas",
)  # fmt: skip
_OPENINGS: Final = _words(
    r"on", r"at", r"am", r"le", r"il", r"el", r"em", r"op", r"den", r"dnia", r"w dniu", r"dne", r"em", r"la", r"pe", r"pada",
    r"vào", r"στις", r"ב", r"في", r"在", r"om", r"ti\w*", r"ma\w*", r"ke\w*", r"to\w*", r"pe\w*", r"su\w*",
)  # fmt: skip
VERB: Final = re.compile(rf"(?<!\w)(?:{_VERBS})(?!\w)|写道|寫道|のメール|書きました|작성", re.IGNORECASE)
# A person's own sentence about writing is no introduction.
MYSELF: Final = re.compile(
    r"\b(?:I|we|ich|wir|j['e]|nous|yo|io|eu|ik|jag|jeg) (?:just |have |ha(?:be|i) )?(?:wrote|schrieb|\w+)\s*:?$"
)
OPENING: Final = re.compile(rf"[\W_]{{0,12}}(?:(?:{_OPENINGS})\b|\d{{1,4}}\b|\w{{2,12}}[.,]?\s)", re.IGNORECASE)
ADDRESS: Final = re.compile(r"(?<![^\s<>\"(),:;@])[^\s<>\"(),:;@]{1,64}@[^\s<>\"(),:;@]{1,190}")
WHEN: Final = re.compile(r"(?<!\d)(?:\d{1,2}[:.]\d{2}|(?:19|20)\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})(?!\d)|\d年|\d월")
DATE_LED: Final = re.compile(r"\W{0,3}(?:\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})\b")
GMT_LED: Final = re.compile(r"\d{4}-\d{2}-\d{2} \d{1,2}:\d{2} GMT[+-]\d{1,2}:\d{2}\s")
ENDS: Final = re.compile(r"[:：][\s*_>]{0,6}$|[ -]-{2,}$")

_FROM: Final = r"from|von|de|da|van|från|fra|od|от|від|lähettäjä|kimden|feladó|από|מאת|من|差出人|送信者|发件人|寄件者|寄件人|보낸 ?사람|expéditeur|remitente|mittente"
_OTHER: Final = (
    r"sent|date|gesendet|datum|enviad[oa](?: el| em)?|fecha|envoyé(?: le)?|inviato|data|verzonden|skickat|datum|sendt|dato|wysłano|"
    r"data wysłania|отправлено|дата|надіслано|lähetetty|päiväys|gönderilme|tarih|elküldve|dátum|odesláno|"
    r"ημερομηνία|στάλθηκε|送信日時|日付|日時|发送时间|寄件日期|日期|时间|보낸 ?날짜|날짜|"
    r"to|an|à|a|para|aan|till|til|do|кому|vastaanottaja|kime|címzett|komu|προς|宛先|收件人|받는 ?사람|destinataire|destinatario|"
    r"cc|kopie|copie|kopia|копия|копія|抄送|"
    r"subject|betreff|objet|sujet|oggetto|asunto|assunto|onderwerp|ämne|emne|temat|тема|aihe|konu|tárgy|předmět|θέμα|件名|主题|主旨|제목|"
    r"reply-to|antwort an|risposta|répondre à|responder a|importance|priorität|attachments?"
)
SUBJECTS: Final = frozenset(
    str.split(
        "subject betreff objet sujet oggetto asunto assunto onderwerp ämne emne temat тема aihe konu tárgy předmět θέμα "
        "件名 主题 主旨 제목"
    )
)
_FIELD: Final = r"[>\s*_]{{0,12}}({names})[ \u00a0]?[*_]{{0,2}}[:：][*_]{{0,2}}(?=\s|\S|$)"
FROM: Final = re.compile(_FIELD.format(names=_FROM), re.IGNORECASE)
FIELD: Final = re.compile(_FIELD.format(names=f"{_FROM}|{_OTHER}"), re.IGNORECASE)

_ORIGINAL: Final = _words(
    r"original (?:message|mail|email|appointment)", r"ursprüngliche (?:nachricht|mail)", r"originalnachricht", r"message d['’]origine", r"message original",
    r"mensaje original", r"messaggio originale", r"mensagem original", r"oorspronkelijk bericht", r"ursprungligt meddelande",
    r"originalmeddelande", r"oprindelig (?:meddelelse|besked)", r"opprinnelig melding", r"alkuperäinen viesti", r"wiadomość oryginalna",
    r"oryginalna wiadomość", r"исходное сообщение", r"оригинальное сообщение", r"původní (?:zpráva|e-mail)", r"eredeti üzenet", r"mesajul original",
    r"orijinal (?:mesaj|ileti)", r"αρχικό μήνυμα", r"הודעה מקורית", r"原始邮件", r"原始郵件", r"原邮件", r"元のメッセージ", r"原文", r"원본 메시지",
)  # fmt: skip
_FORWARDED: Final = _words(
    r"forwarded (?:message|mail|by)", r"weitergeleitete (?:nachricht|mail)", r"message (?:transféré|réexpédié)", r"mensaje reenviado",
    r"messaggio inoltrato", r"mensagem encaminhada", r"doorgestuurd bericht", r"vidarebefordrat meddelande", r"videresendt (?:meddelelse|melding)",
    r"edelleenlähetetty viesti", r"przekazana wiadomość", r"wiadomość przekazana", r"пересылаемое сообщение", r"přeposlaná zpráva", r"转发(?:的)?邮件",
    r"轉寄", r"転送(?:された)?メッセージ", r"전달된 메시지",
)  # fmt: skip
_BEGIN: Final = _words(
    r"begin forwarded message", r"anfang der weitergeleiteten (?:nachricht|e-mail)", r"début du message (?:réexpédié|transféré)",
    r"inicio del mensaje reenviado", r"inizio (?:del )?messaggio inoltrato", r"início da mensagem (?:reencaminhada|encaminhada)",
    r"begin doorgestuurd bericht", r"vidarebefordrat brev", r"start på videresendt (?:besked|melding)", r"开始转发的邮件", r"転送されたメッセージ",
)  # fmt: skip
DECORATION: Final = " \t\u00a0>*_-=~—–:："
ORIGINAL: Final = re.compile(rf"(?:{_ORIGINAL})$", re.IGNORECASE)
FORWARDED: Final = re.compile(rf"(?:{_FORWARDED})\b.{{0,40}}$", re.IGNORECASE)
BEGIN: Final = re.compile(rf"(?:{_BEGIN})$", re.IGNORECASE)
ABOVE: Final = re.compile(
    r"\W{0,12}(?:please )?(?:type |write )?(?:your )?(?:reply|respond|answer|antwort\w*)\b.{0,20}\b(?:above|über|oberhalb)\b.{0,30}\b(?:line|linie|zeile)\b",
    re.IGNORECASE,
)

_DEVICE: Final = (
    r"i(?:phone|pad|pod)|android|black ?berry|samsung|galaxy|huawei|xiaomi|htc|nokia|sony|lg|pixel|windows|outlook|mail(?:box)?|yahoo|gmail|airmail|proton\w*|"
    r"mobile?|mobil\w*|phone|handy|smartphone|cell(?:phone)?|tablet|telefon\w*|téléphone|teléfono|telefono|device|gerät|t[ei]-\d+|alcatel|k-9|thunderbird|spark|alto|aol|"
    r"bluemail|ios|mac(?:book)?|pc|torch|verizon|wireless|gmx|web\.de|t-online|手机|iPhone"
)
PHONE: Final = re.compile(
    rf"[\W_]{{0,4}}(?:(?:sent|get|send|someone|from my)\b(?: \w+){{0,3}}?|from my|envoyé (?:depuis|de|à partir d\w*)|von meine[mr]|gesendet (?:von|mit)|diese nachricht wurde von|"
    rf"verzonden (?:met|vanaf|vanuit)|verstuurd vanaf|enviado (?:desde|do|a partir d\w*|de)|inviato da\w*|skickat från|sendt fra|lähetetty|wysłane z|отправлено (?:с|из)|"
    rf"надіслано з|odesláno z|trimis de pe|von unterwegs gesendet|holen sie sich|obtenir|從我的|从我的|發自我的|发自我的|來自我的|送自|iPhoneから送信)"
    rf"(?:(?!\b(?:is|are|was|were|has|have)\b).){{0,40}}?(?:{_DEVICE})(?!.*\b(?:is much|and then)\b).{{0,90}}$|[\W_]{{0,4}}(?:iPhone|iPad|Android)から送信.{{0,10}}$",
    re.IGNORECASE,
)
