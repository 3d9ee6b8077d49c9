"""The words by which machines give themselves away, in the languages in which they write."""

import re
from typing import Final


def _any(*patterns: str) -> re.Pattern[str]:
    # Those that begin with a word are tried only where one begins.
    words = [pattern.removeprefix(r"\b") for pattern in patterns if pattern.startswith(r"\b")]
    others = [pattern for pattern in patterns if not pattern.startswith(r"\b")]
    return re.compile("|".join([rf"\b(?:{'|'.join(words)})", *others] if words else others), re.IGNORECASE)


DAEMON: Final = _any(
    r"mailer[-_]?daemon", r"mail[-_. ]?daemon", r"mail[-_. ]deliver(?:y|er|)[-_. ](?:sub)?system", r"^double-bounce@"
)
OFFICE: Final = _any(
    r"\bpost[-_]?master\b",
    r"\bsystem administrator\b",
    r"\bmail administrator\b",
    r"\bmail system\b",
    r"\bNDR\b",
    r"\bbounces?@",
    r"\bsysadmin@",
    r"\binterscan\b|\bmailmarshal\b|\bcontent[- ]filter\b|\bmail (?:gateway|security|sweeper)\b|\bspam firewall\b|\bbarracuda\b",
)
# Shops write from such addresses of parcels that were not delivered: believed only of a mail to somebody.
NOBODY: Final = _any(r"\b(?:no-?reply|do-?not-?reply)@")
# What patterns take for one of their letters, whatever the case, though it does not become that in lower case.
DISGUISED: Final = frozenset("ıİſ")
# Where none of those is, one of these is in whatever the three above find.
OFFICIAL: Final = (
    "daemon", "deliver", "double-bounce", "master", "administrator", "mail system", "ndr", "bounce", "sysadmin", "interscan",
    "mailmarshal", "filter", "gateway", "security", "sweeper", "firewall", "barracuda", "reply@",
)  # fmt: skip
FAILED_SUBJECT: Final = _any(
    r"\bundeliver(?:ed|able)\b",
    r"\breturned mail\b",
    r"\bfailure notice\b",
    r"\bdelivery (?:has |have )?(?:fail|status notif|notification|error|problem)",
    r"\bfailed delivery\b",
    r"\b(?:mail|message) (?:delivery )?(?:failed|failure|error|status)",
    r"\bmail system error\b",
    r"\b(?:mail|message) (?:could not be|not) delivered\b",
    r"\breturn(?:ed|ing) (?:message |mail )?to sender\b",
    r"\berror sending your mail\b",
    r"\bemail bounce\b",
    r"\bmessage you sent (?:was )?blocked\b",
    r"\b(?:request|post|posting|message|mail) (?:was |is )?rejected\b",
    r"\bonbestelbaar\b|\bniedostarczon|\bnie (?:można|udało się) dostarczyć|\bkan (?:inte|ikke) lever|\bikke leveret|\binte levererat",
    r"\btoimittaminen epäonnistui|\bnedoručiteln|\bnedoručeno|\bnepodařilo se doručit|\bkézbesíthetetlen|\bsikertelen kézbesítés",
    r"\bnelivrabil|\bnelivrat|\bteslim edileme|\biletilemedi",
    r"не вдалося доставити|не доставлен|не удается доставить",
    r"無法(?:傳遞|送達|投遞)|未傳遞|배달되지|배달 실패|전송 실패|δεν είναι δυνατή η παράδοση|δεν παραδόθηκε|nevyriešen|nedoručiteľn",
    r"\bnon[- ]?remis\b|\béchec de (?:la )?(?:remise|livraison)",
    r"\bnon recapitabile\b",
    r"\bunzustellbar",
    r"\bnicht zugestellt",
    r"\bno se (?:puede|pudo|ha podido) entregar",
    r"\bn(?:ã|a)o (?:foi )?(?:entregue|entreg)",
    r"не доставлено|недоставлен",
    r"メールエラー|配信(?:不能|エラー)|送信エラー|配送エラー|返送",
    r"退信|无法投递|未送达|系统退信",
    r"반송",
)
FAILED_TEXT: Final = _any(
    r"(?:could|can|was|were|has|have)(?: not|n't|not)(?: be| been| able to)? (?:deliver|send|reach)",
    r"\bunable to deliver\b",
    r"\bundeliver(?:ed|able)\b",
    r"\bnot (?:been )?delivered\b",
    r"\bdelivery (?:to the following|of this message|failed|failure|has failed|attempt)",
    r"\bfailed (?:permanently|recipient)",
    r"\b(?:permanent|fatal|non-delivery|delivery) (?:error|report|failure)",
    r"\berror delivering\b",
    r"\btranscript of session follows\b",
    r"\b(?:unknown user|user unknown|no such user|unknown or illegal alias|user not found|invalid recipient)\b",
    r"\binvalid final delivery\b",
    r"\b(?:mailbox|address|recipient|account)\b[^\n]{0,40}\b(?:full|unavailable|rejected|not exist|disabled|unknown)\b",
    r"\breturn(?:ed|ing) to sender\b",
    r"\breturned (?:mail|message)\b",
    r"\boriginal message follows\b",
    r"\bmessage could not\b",
    r"\bno valid recipients\b",
    r"\bdid not reach\b",
    r"\brecipient name is not recognized\b",
    r"\bautomatic bounce\b",
    r"\b(?:had|following) delivery (?:problem|error)s?\b|\bexceed(?:s|ed)? (?:the |its |allowed )?(?:local )?(?:limit|size|quota)\b|\bover quota\b",
    r"\bnot a member of this (?:mailing )?list\b|\byour (?:mail|message|posting) (?:was|has been|is) (?:rejected|blocked|returned)\b",
    r"niet (?:worden )?(?:bezorgd|afgeleverd)|nie (?:można|udało się|mogła zostać) dostarcz|gick inte att leverera|kunde inte levereras",
    r"kunne ikke leveres|ikke (?:blevet )?leveret|ei voitu toimittaa|nepodařilo (?:se )?doručit|nebyla doručena|nem sikerült kézbesíteni",
    r"nu a putut fi livrat|teslim edileme|iletileme|не вдалося доставити|nepodarilo doručiť|δεν ήταν δυνατή η παράδοση",
    r"無法(?:傳遞|送達|投遞|傳送)|배달하지 못|전달할 수 없|배달되지",
    r"\b(?:group|message) you (?:tried|have sent|sent)\b",
    r"konnten? (?:leider )?nicht (?:zugestellt|gesendet)",
    r"n['’]a pas pu (?:être|etre)|n['’]a pas été (?:remis|distribué|délivré)",
    r"no se (?:ha podido|pudo|puede) entregar|no ha sido entregado",
    r"não (?:foi possível|pôde) (?:entregar|ser)",
    r"impossibile (?:consegnare|recapitare)|non (?:è stato|può essere) (?:consegnato|recapitato)",
    r"не (?:удалось|может быть|было) (?:доставить|доставлен)|недостав",
    r"(?:配信|配送|送信|送達|お届け)(?:でき|することができ)|エラーメール|存在しない|宛先不明|見つかりません",
    r"(?:无法|未能)(?:投递|送达|发送)|退信",
)
# It begins with the digit, so that all else is passed over without a try.
STATUS: Final = re.compile(r"5(?<![\d.].)(?:\.\d{1,2}\.\d{1,3}(?![\d.])|5\d[ -](?!\d))|<<<\s*5\d\d")
ENCLOSED: Final = re.compile(
    r"^[> \t]{0,8}(?:Received: from |Message-ID:\s*<|Return-Path:\s*<)", re.IGNORECASE | re.MULTILINE
)
NOTIFICATION: Final = re.compile(r'\\?"notificationType\\?"\s{0,5}:\s{0,5}\\?"(Bounce|Complaint|Delivery)')
DELAYED_SUBJECT: Final = _any(
    r"\bdelay(?:ed)?\b", r"\bstill being retried\b", r"^warning:", r"verz(?:ö|oe)ger", r"\bretardé", r"遅延"
)
DELAYED_TEXT: Final = _any(
    r"\bthis is a warning message only\b",
    r"\bdo not need to (?:resend|re-send)\b",
    r"\bwill (?:be retried|keep trying|continue (?:to try|trying))\b",
    r"\bhas not yet been delivered\b",
    r"\bdelivery attempts will continue\b",
)
# One of these is in whatever it finds in ASCII.
DELAYED: Final = (
    "warning message only", "need to re", "will be retried", "will keep trying", "will continue", "not yet been delivered",
)  # fmt: skip
_AUTOMATIC: Final = (
    r"auto(?:matic|mated)?[- ]?(?:re(?:ply|sponse|sponder)|antwort)|automatische (?:e-mail-)?(?:antwort|beantwortung|abwesenheitsnotiz)|"
    r"out[- ]of[- ](?:the[- ])?office(?: auto[- ]?re(?:ply|sponse))?|out of office (?:re|fwd?|aw)|auto ?: ?(?:re|aw|sv|r|tr)|"
    r"(?:ich bin )?(?:derzeit )?(?:nicht im (?:büro|hause)|abwesend)|abwesenheit(?:s(?:notiz|meldung|nachricht|info\w*|benachrichtigung|assistent))?|"
    r"urlaubs(?:notiz|benachrichtigung|meldung)|r[ée]ponse automatique|absen(?:ce|t) du bureau|message d['’]absence|"
    r"(?:respuesta|contestaci[óo]n) autom[áa]tica|fuera de (?:la )?oficina|risposta automatica(?: r)?|fuori (?:sede|ufficio)|"
    r"resposta autom[áaà]tica|(?:fora|ausente) do escrit[óo]rio|ausência temporária|automatisch antwoord|"
    r"afwezig(?:heid(?:s(?:bericht|melding|assistent))?)?|automatiskt? svar|autosvar|frånvaro(?:meddelande)?|"
    r"fravær(?:ende|smelding|sbesked)?|sjálfvirkt svar|automaattinen vastaus|poissa(?:olo(?:viesti|ilmoitus)?)?|"
    r"odpowied[źz] automatyczna|automatyczna odpowied[źz]|autoodpowied[źz]|nieobecno[śs][ćc]|poza biurem|"
    r"automatick[áa] odpov[ěe][ďd]|mimo kancel[áa][řr]|automatikus v[áa]lasz|(?:irodán|házon) kívül|r[ăa]spuns automat|"
    r"αυτόματη απάντηση|автоматический ответ|автоответ\w*|автоматична відповідь|автоматичен отговор|автоматы жауап|"
    r"аутоматски одговор|automatski odgovor|samodejni odgovor|automaatvastus|automatinis atsakymas|automātisk[āa] atbilde|"
    r"erantzun automatikoa|përgjigje automatike|otomatik yan[ıi]t|ofis dışında|balasan otomatis|balasan automatik|"
    r"(?:câu )?trả lời tự động|(?:การ)?ตอบกลับอัตโนมัติ|תשובה אוטומטית|מענה אוטומטי|رد تلقائي|"
    r"自动(?:回复|答复)|自動(?:返信|応答|回覆|回復)|不在(?:通知|のお知らせ|連絡)|外出通知|(?:부재중 ?)?자동 ?(?:회신|응답|답장)"
)
# The subjects that programs write, and what separates them from the subject of the mail they answer.
VACATION_SUBJECT: Final = re.compile(
    rf"(?!.*[?？])\s*(?:(?:{_AUTOMATIC})(?:\s*[:：]|\s*$|(?=\s*[\[(]))|[\[(]\s*auto[- ]?re(?:ply|sponse)\s*[\])]|"
    r"vacation reply\b|(?:on )?vacation re:|away from my (?:e-?)?mail\b|.{1,60} is out of (?:the )?office \(returning\b|"
    r"auto ?: .{1,60} is out of (?:the )?office)",
    re.IGNORECASE,
)
# What people write too: believed only beside another sign of a machine.
AWAY_SUBJECT: Final = re.compile(
    rf"\s*(?:{_AUTOMATIC})\b|.{{0,60}}\b(?:out of (?:the )?office|on (?:vacation|annual leave|holiday)|away from (?:the|my) (?:office|desk))\b|"
    r"\s*(?:(?:ich bin )?im urlaub|urlaub|abwesen|je suis absent|absen[ct]|en vacaciones|de vacaciones|assente|in ferie|de férias|ausente|"
    r"niet op kantoor|op vakantie|ikke på kontoret|på ferie|semester|lomalla|na urlopie|w urlopie|v dovolen|szabadság|în concediu|"
    r"в отпуске|нет на работе|отсутств|у відпустці|izinde|tatilde|休暇|不在|外出|休假|부재중)",
    re.IGNORECASE,
)
AUTO_REPLY_FIELDS: Final[dict[bytes, tuple[str, ...]]] = {
    b"x-autoreply": (),
    b"x-autorespond": (),
    b"x-autoresponder": (),
    b"x-autoreply-from": (),
    b"x-mail-autoreply": (),
    b"x-autoreply-domain": (),
    b"x-auto-reply-from": (),
    b"x-auto-reply": (),
    b"x-vacation": (),
    b"x-vacationmessage": (),
    b"precedence": ("auto_reply", "auto-reply", "autoreply"),
    b"x-precedence": ("auto_reply", "auto-reply", "autoreply"),
    b"x-post-messageclass": ("autoresponder",),
    b"delivered-to": ("autoresponder",),
    b"x-jira-autoreply": (),
    b"x-auto-replied": (),
    b"x-auto-response": (),
    b"x-amazon-auto-reply": (),
    b"x-apple-action": ("vacation",),
    b"preference": ("auto_reply",),
}
AUTO_GENERATED_FIELDS: Final = (
    b"x-autogenerated",
    b"x-auto-generated",
    b"x-cron-env",
    b"x-fc-machinegenerated",
    b"x-github-reason",
    b"x-jira-fingerprint",
)
