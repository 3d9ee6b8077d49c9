"""How mail programs introduce the mail that they quote, in many languages: data for `marks.py`."""

import re
from typing import Final

from ingestd.mail.looking import holds


def _words(*words: str) -> str:
    return "|".join(words)


_VERBS: Final = _words(
    r"wrote", r"writes", r"schrieb", r"geschrieben", r"a écrit", r"écrivait", r"escribi(?:ó|o|ste)", r"escreveu",
    r"ha(?:i)? scritto", r"scrive", r"schreef", r"geschreven", r"skrev", r"skreiv", r"kirjoitti", r"napisał(?:\(a\)|a)?",
    r"pisze", r"написал(?:\(а\)|а|и)?", r"пишет", r"пише", r"написав", r"написа", r"napsal(?:\(a\)|a)?", r"napísal(?:\(a\)|a)?",
    r"írta", r"ezt írta", r"a scris", r"έγραψε", r"yazdı", r"şunu yazdı", r"כתב(?:ה)?", r"كتب", r"写道", r"寫道", r"のメール",
    r"書きました", r"작성", r"đã viết", r"menulis", r"เขียนว่า", r"쓴 글", r"va escriure", r"(?:je )?napisa(?:o|la?)(?: je)?", r"писал(?:\(а\)|а|и)?", r"şunları yazdı", r"rašė", r"rakstīja", r"kirjutas",
)  # fmt: skip
_OPENINGS: Final = _words(
    r"on", r"at", r"am", r"le", r"il", r"el", r"em", r"op", r"den", r"dnia", r"w dniu", r"dne", r"em", r"la", r"pe", r"pada",
    r"vào", r"στις", r"ב", r"في", r"在", r"om", r"ti\w*", r"ma\w*", r"ke\w*", r"to\w*", r"pe\w*", r"su\w*",
)  # fmt: skip
VERB: Final = re.compile(
    rf"(?<!\w)(?:{_VERBS})(?!\w)|写道|寫道|のメール|書きました|작성|เขียนว่า|쓴 글|^missatge de |^wiadomość napisana przez ",
    re.IGNORECASE,
)
# A person's own sentence about writing is no introduction.
MYSELF: Final = re.compile(
    r"\b(?:I|we|ich|wir|j['e]|nous|yo|io|eu|ik|jag|jeg) (?:just |have |ha(?:be|i) )?(?:wrote|schrieb|\w+)\s*:?$"
)
FIRST_PERSON: Final = re.compile(
    r"\W{0,3}(?:I|we|ich|wir|j['’e]|nous|yo|io|noi|eu|ik|wij|jag|jeg|я|мы)\b", re.IGNORECASE
)
OPENING: Final = re.compile(rf"[\W_]{{0,12}}(?:(?:{_OPENINGS})\b|\d{{1,4}}\b|\w{{2,12}}[.,]?\s)", re.IGNORECASE)
ADDRESS: Final = re.compile(r"(?<![^\s<>\"(),:;@])[^\s<>\"(),:;@]{1,64}@[^\s<>\"(),:;@]{1,190}")
# It begins with the digit, so that all else is passed over without a try.
WHEN: Final = re.compile(
    r"\d(?:[年월]|(?<!\d\d)(?:\d?[:.]\d{2}|(?:(?<=1)9|(?<=2)0)\d{2}|\d?[./-]\d{1,2}[./-]\d{2,4})(?!\d))"
)
DATE_LED: Final = re.compile(r"\W{0,3}(?:\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})\b")
GMT_LED: Final = re.compile(r"\d{4}-\d{2}-\d{2} \d{1,2}:\d{2} GMT[+-]\d{1,2}:\d{2}\s")
# Tutanota names the author last; GroupWise sets the line between marks that elsewhere mean a quote.
SIGNED: Final = re.compile(
    r"[\w., ]{0,25}(?:19|20)\d{2},? \d{1,2}:\d{2} (?:by|von|par|de|da|door|av|af|przez|от|від|por) [^\s<>@]{1,64}@[^\s<>@:]{1,190}:$"
)
QUOTED: Final = re.compile(r"\s{0,3}(?:>|\|\s|\|$|[A-Z]\w{0,11}>(?:\s|$))")
RULE: Final = re.compile(r"\s*[-_=*~#+—–‐]{3,}\s*$")
BETWEEN: Final = re.compile(r">>> .{3,200}\d.{0,20} >>>\s{0,20}$")
CLOCK: Final = re.compile(r"(?<![\d.])\d{1,2}[:.h]\d{2}(?!\d|\.\d)|\d時|\d시")
YEAR: Final = re.compile(r"(?<!\d)(?:(?:19|20)\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{2})(?!\d)|\d年|\d년")
INVISIBLE: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
ENDS: Final = re.compile(r"[:：][\s*_>]{0,6}$|[ -]-{2,}$")

_FROM: Final = (
    r"from|von|de|da|van|från|fra|od|от|від|lähettäjä|kimden|feladó|από|מאת|من|差出人|送信者|发件人|寄件者|寄件人|보낸 사람|보낸사람|expéditeur|remitente|mittente|"
    r"de la|gönderen|saatja|nuo|từ|dari|จาก|пошиљалац|šalje|afsender|avsender"
)
_OTHER: Final = (
    r"sent|date|gesendet|datum|enviado|enviado el|enviado em|enviada|enviada el|enviada em|fecha|envoyé|envoyé le|inviato|data|verzonden|skickat|datum|sendt|dato|wysłano|"
    r"data wysłania|отправлено|дата|надіслано|lähetetty|päiväys|gönderilme|tarih|elküldve|dátum|odesláno|"
    r"ημερομηνία|στάλθηκε|送信日時|日付|日時|发送时间|寄件日期|日期|时间|보낸 날짜|보낸날짜|날짜|"
    r"to|an|à|a|para|aan|till|til|do|кому|vastaanottaja|kime|címzett|komu|προς|宛先|收件人|받는 사람|받는사람|destinataire|destinatario|"
    r"cc|kopie|copie|kopia|копия|копія|抄送|"
    r"subject|betreff|objet|sujet|oggetto|asunto|assunto|onderwerp|ämne|emne|temat|тема|aihe|konu|tárgy|předmět|θέμα|件名|主题|主旨|제목|"
    r"odoslané|predmet|trimis|către|subiect|gönderme tarihi|gönderildi|alıcı|bilgi|נשלח|אל|נושא|изпратено|до|относно|копие|"
    r"poslano|prima|za|zadeva|saadetud|adressaat|teema|išsiųsta|nosūtīts|kam|tema|temats|enviat|per a|ogg|"
    r"đã gửi|gửi|đến|tới|chủ đề|dikirim|tanggal|kepada|ke|subjek|ส่งเมื่อ|วันที่|ถึง|เรื่อง|تم الإرسال|التاريخ|إلى|الموضوع|"
    r"收件者|副本|寄件時間|日期時間|받은 사람|참조|másolat|másolatot kap|kopi|dw|udw|copia|copie à|envoyé par|enviados|"
    r"reply-to|antwort an|risposta|répondre à|responder a|importance|priorität|attachment|attachments"
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
# Regardless of case, the pattern takes a Turkish ı for an i.
FIELDS: Final = frozenset(f"{_FROM}|{_OTHER}".replace("ı", "i").split("|"))

_ORIGINAL: Final = _words(
    r"original(?: (?:message|mail|e-?mail|appointment))?", r"replied message", r"ursprüngliche (?:nachricht|mail|e-mail)", r"original-?nachricht", r"message d['’]origine", r"(?:message|mail|courriel) original", r"courrier (?:original|d['’]origine)",
    r"mensaje original", r"messaggio originale", r"mensagem original", r"oorspronkelijk bericht", r"ursprungligt meddelande",
    r"originalmeddelande", r"oprindelig (?:meddelelse|besked)", r"opprinnelig melding", r"alkuperäinen viesti", r"wiadomość oryginalna",
    r"oryginalna wiadomość", r"исходное сообщение", r"оригинальное сообщение", r"původní (?:zpráva|e-mail)", r"eredeti üzenet", r"mesajul original",
    r"orijinal (?:mesaj|ileti)", r"αρχικό μήνυμα", r"הודעה מקורית", r"原始邮件", r"原始郵件", r"原邮件", r"元のメッセージ", r"原文", r"원본 메시지", r"回复的原邮件", r"原始信件",
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
DECORATION: Final = " \t\u00a0>*_-=~—–‐‑:："
ORIGINAL: Final = re.compile(rf"(?:{_ORIGINAL})$", re.IGNORECASE)
FORWARDED: Final = re.compile(rf"(?:{_FORWARDED})\b.{{0,40}}$", re.IGNORECASE)
BEGIN: Final = re.compile(rf"(?:{_BEGIN})$", re.IGNORECASE)
# The mark under which helpdesks do not look; with a drawing around it, whatever leads up to it.
_REPLY_ABOVE: Final = (
    r"(?:repl(?:y|ies)|respond|answer|text|antwort\w*|réponse|respuesta|risposta|resposta|antwoord|svar\w*)\b.{0,30}"
    r"\b(?:above|über|oberhalb|au-dessus|encima|sopra|acima|boven|ovan\w*|over)\b.{0,30}"
    r"\b(?:line|linie|zeile|ligne|línea|riga|linha|lijn|regel|rad\w*|linje\w*)\b"
)
ABOVE: Final = re.compile(
    rf"(?:[#=*_~<>+-]{{2,12}}\W{{0,12}}(?:[^\W\d]{{1,15}} ){{0,6}}|\W{{0,12}}(?:please )?(?:type |write )?(?:your )?){_REPLY_ABOVE}.{{0,40}}$",
    re.IGNORECASE,
)
BARE_VERB: Final = re.compile(
    r"(?:wrote|schrieb|écrit|escribió|escreveu|scritto|schreef|napisał|skrev|kirjoitti)\s{0,5}$", re.IGNORECASE
)

_DEVICE: Final = (
    r"i(?:phone?|pad|pod)\w*|android|black ?berry|samsung|galaxy|huawei|xiaomi|htc|nokia|sony|lg|pixel|windows|outlook|mail(?:box)?|yahoo|gmail|airmail|proton\w*|"
    r"mobile?|mobil\w*|phone|handy|smartphone|cell(?:phone)?|tablet|telefon\w*|téléphone|teléfono|telefono|device|gerät|t[ei]-\d+|alcatel|k-9|thunderbird|spark|alto|aol|"
    r"bluemail|typeapp|superhuman|tutanota|workspace one|mailspring|zoho|boxer|nine|front|canary|missive|"
    r"ios|mac(?:book)?|pc|torch|verizon|wireless|gmx|web\.de|t-online|почт\w*|яндекс\w*|手机|iPhone|小米|华为"
)
_SENT: Final = (
    r"(?:sent|get|send|someone|from my)\b(?: \w+){0,3}?|from my|envoyé (?:depuis|de|avec|à partir d\w*)|von meine[mr]|gesendet (?:von|mit)|"
    r"diese nachricht wurde von|verzonden (?:met|vanaf|vanuit)|verstuurd vanaf|enviado (?:desde|do|a partir d\w*|de)|enviat des|inviato da\w*|"
    r"skicka(?:t|des) från|sendt fra|lähetetty|wysłane z|отправлено (?:с|из)|надіслано з|изпратено от|odesláno z|odoslané z|poslano (?:sa?|z|iz)|"
    r"trimis de pe|στάλθηκε από|נשלח מ\S*|أ\u064f?رسلت من|تم الإرسال من|ส่งจาก|đã gửi từ|gửi từ|dikirim dari|provenance ?:|"
    r"holen sie sich|obtenir|從我的|从我的|發自我的|发自我的|來自我的|来自|发送自|送自|iPhoneから送信"
)
_EXCUSE: Final = r"(?:(?:please |pls )?(?:excuse|pardon|forgive)\b[^.]{0,40}\. )?"
PHONE: Final = re.compile(
    rf"[\W_]{{0,4}}{_EXCUSE}(?:{_SENT})"
    rf"(?:(?!\b(?:is|are|was|were|has|have)\b).){{0,40}}?(?:{_DEVICE})(?!.*\b(?:is much|and then)\b).{{0,90}}$",
    re.IGNORECASE,
)
# Some languages put the verb last; what offers a program names it and how to get it.
_TOOK: Final = (
    r"get|herunterladen|beziehen|télécharger|obtenir|obtener|descargar|scarica|ottieni|obter|obtenha|baixar|downloaden|ophalen|hämta|hent|"
    r"last ned|hanki|lataa|pobierz|uzyskaj|скачать|получить|загрузить|отримати|stáhnout|získat|stiahnuť|letöltése|descărcați|obțineți|λήψη|"
    r"edinin|indirin|获取|下载|取得|下載|다운로드|받기|入手|ダウンロード"
)
OFFER: Final = re.compile(
    r"(?=.{0,60}$)(?=.*\boutlook)(?=.*(?:ios|android))"
    rf"(?=.*(?:{_TOOK}))|yahoo mail: search, organi[sz]e, conquer\W*$",
    re.IGNORECASE,
)
SENT_BY: Final = re.compile(
    rf"(?=.{{0,70}}$)[\W_]{{0,4}}(?:(?:mit freundlichen grüßen )?von\b.{{0,40}}(?:{_DEVICE}).{{0,20}}\bgesendet|"
    rf"(?:az? )?(?:{_DEVICE}|갤럭시).{{0,30}}(?:gönderildi|küldve|보냄|보냈습니다|から送信\S{{0,5}})|나의.{{0,30}}보냄|"
    r"(?:從|从).{0,30}(?:傳送|发送|發送)|von unterwegs gesendet|gesendet von unterwegs|mobil gesendet|sent on the go)[\W_]{0,4}$",
    re.IGNORECASE,
)


# One of these is in whatever the patterns find in ASCII; where other letters stand, they alone know.
_PROGRAMS: Final = (
    "sent", "send", "get", "someone", "from my", "von meine", "wurde von", "verzonden", "verstuurd", "envia", "inviato",
    "skicka", "trimis", "dikirim", "holen", "obtenir", "provenance", "poslano", "outlook", "yahoo",
)  # fmt: skip


def is_by_program(line: str) -> bool:
    """Whether this last line was added by the program that the mail was written with."""
    if line.isascii() and not holds(line.lower(), _PROGRAMS):
        return False
    return any(pattern.match(line) for pattern in (PHONE, OFFER, SENT_BY))
